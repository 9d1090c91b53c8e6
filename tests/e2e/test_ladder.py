"""The client ladder: whoever answers, the archive holds the best there is, and the attempts tell the story."""

from __future__ import annotations

from typing import Any

import pytest

from tests.origin import Answer, Origin, Video, faults
from tests.product import Product, Server

pytestmark = pytest.mark.timeout(90)

CLIENTS = ("android", "tv_embedded", "web", "default")
# What yt-dlp asks as "default" (its own choice), beside web.
DEFAULTS = ("tv", "tv_samsung", "visionos")


def story(job: dict[str, Any]) -> dict[str, tuple[str, str | None, int | None]]:
    """What became of every client that was asked; each was asked once."""
    told = {each["client"]: (each["outcome"], each["error_code"], each["height"]) for each in job["attempts"]}
    assert len(told) == len(job["attempts"])
    return told


def only(answer: Answer, *clients: str) -> dict[str, Answer]:
    return dict.fromkeys(clients, answer)


def test_the_best_answer_is_taken_and_the_attempts_tell_of_all(origin: Origin, empty_product: Product) -> None:
    answers = {"android": Answer.PREMERGED, "web": Answer.BOT_CHECK, **only(Answer.FULL, *DEFAULTS)}
    origin.add(Video("ladderBest1", answers=answers))
    with empty_product.serving() as server:
        job = server.archive("ladderBest1")
    assert [attempt["client"] for attempt in job["attempts"]] == list(CLIENTS)
    assert story(job) == {
        "android": ("inferior", None, 360),
        "tv_embedded": ("skipped", None, None),
        "web": ("failed", "bot_check", None),
        "default": ("satisfied", None, 1080),
    }
    assert job["file"]["height"] == 1080
    empty_product.assert_clean()


def test_the_poor_offer_of_one_client_is_better_than_nothing(origin: Origin, server: Server) -> None:
    origin.add(Video("ladderPoor1", answer=Answer.BOT_CHECK, answers={"android": Answer.PREMERGED}))
    job = server.archive("ladderPoor1")
    assert job["file"]["height"] == 360
    outcomes = [(attempt["client"], attempt["outcome"]) for attempt in job["attempts"]]
    assert ("android", "inferior") in outcomes
    assert outcomes[-1] == ("android", "satisfied")
    assert ("default", "failed") in outcomes


def test_a_certain_failure_does_not_spoil_an_offer_in_hand(origin: Origin, empty_product: Product) -> None:
    origin.add(Video("ladderHand1", answer=Answer.REMOVED, answers={"android": Answer.PREMERGED}))
    with empty_product.serving() as server:
        assert server.archive("ladderHand1")["file"]["height"] == 360


def test_when_all_clients_fail_the_job_says_why_and_what_to_do(origin: Origin, server: Server) -> None:
    origin.add(Video("ladderNone1", answer=Answer.BOT_CHECK))
    job = server.wait_until_ended(server.submit("ladderNone1")["id"])
    assert (job["state"], job["error"]["code"]) == ("FAILED", "bot_check")
    assert job["error"]["message"] == "YouTube asks to confirm that this is not a bot."
    assert "YT_VIDEOS_UPSTREAM_PROXY" in job["error"]["advice"]
    assert job["file"] is None
    told = story(job)
    assert told.keys() == set(CLIENTS)
    assert told["tv_embedded"][0] == "skipped"
    assert {told[client] for client in ("android", "web", "default")} == {("failed", "bot_check", None)}


def test_media_that_is_refused_to_one_client_is_fetched_as_the_next(origin: Origin, empty_product: Product) -> None:
    origin.add(Video("ladder40301"))
    origin.inject("media", faults.Status(403), video="ladder40301", client="tv")
    with empty_product.serving(YT_VIDEOS_PLAYER_CLIENTS="tv,default") as server:
        job = server.archive("ladder40301")
    assert story(job) == {"tv": ("failed", "forbidden", 1080), "default": ("satisfied", None, 1080)}


def test_a_poor_offer_is_taken_only_when_a_better_one_has_failed_for_good(origin: Origin, server: Server) -> None:
    origin.add(Video("ladderLess1", answers={"android": Answer.PREMERGED}))
    for client in DEFAULTS:
        origin.inject("media", faults.Status(403), video="ladderLess1", client=client)
    job = server.archive("ladderLess1")
    assert job["file"]["height"] == 360
    refused = [each for each in job["attempts"] if (each["client"], each["error_code"]) == ("default", "forbidden")]
    assert [each["height"] for each in refused] == [1080, 1080, 1080]


def test_a_client_that_keeps_failing_is_asked_last(origin: Origin, empty_product: Product) -> None:
    answers = {"web_embedded": Answer.BOT_CHECK}
    ids = [f"ladderLast{number}" for number in range(4)]
    for video_id in ids:
        origin.add(Video(video_id, answers=answers))
    with empty_product.serving(YT_VIDEOS_PLAYER_CLIENTS="web_embedded,default") as server:
        asked = [[attempt["client"] for attempt in server.archive(video_id)["attempts"]] for video_id in ids]
    assert asked == [["web_embedded", "default"]] * 3 + [["default"]]


def test_a_height_that_is_asked_for_ends_the_climb_early(origin: Origin, empty_product: Product) -> None:
    origin.add(Video("ladder360p1"))
    with empty_product.serving() as server:
        job = server.archive("ladder360p1", quality="360p", container_policy="mp4")
        again = server.archive("ladder360p1", quality="360p", container_policy="mp4")
        other = server.archive("ladder360p1", quality="720p", container_policy="mp4")
    assert story(job) == {"android": ("satisfied", None, 360)}
    assert again["file"] == job["file"]
    assert (job["file"]["height"], other["file"]["height"]) == (360, 720)
    assert job["file"]["path"] != other["file"]["path"]


def test_a_video_that_fits_no_asked_container_is_stored_as_it_is(origin: Origin, server: Server) -> None:
    origin.add(Video("ladderFits1", answer=Answer.BOT_CHECK, answers={"android": Answer.PREMERGED}))
    told = server.archive("ladderFits1", container_policy="webm")["file"]
    assert (told["container"], told["policy_met"]) == ("mp4", False)
    assert any("webm" in note and "mp4" in note for note in told["notes"])


@pytest.mark.parametrize(
    ("video_id", "answer", "code"),
    [
        ("cannotPriv1", Answer.PRIVATE, "private_video"),
        ("cannotGone1", Answer.REMOVED, "video_unavailable"),
        ("cannotAge01", Answer.AGE, "age_restricted"),
        ("cannotGeo01", Answer.GEO, "geo_blocked"),
        ("cannotLive1", Answer.LIVE, "not_yet_available"),
        ("cannotPrem1", Answer.PREMIERE, "not_yet_available"),
        ("cannotMemb1", Answer.MEMBERS, "login_required"),
        ("cannotLogin", Answer.LOGIN, "login_required"),
        ("cannotDrm01", Answer.DRM, "drm_protected"),
        ("cannotNone1", Answer.NOTHING, "no_formats"),
        ("cannotSabr1", Answer.SABR, "no_formats"),
    ],
)
def test_what_cannot_be_archived_says_so(
    origin: Origin, server: Server, video_id: str, answer: Answer, code: str
) -> None:
    origin.add(Video(video_id, answer=answer))
    job = server.wait_until_ended(server.submit(video_id)["id"])
    assert (job["state"], job["error"]["code"], job["error"]["retryable"]) == ("FAILED", code, False)
    assert job["error"]["message"].endswith(".")
    assert job["error"]["advice"].endswith(".")
    assert job["items"][0]["error"] == job["error"]
    assert not origin.requests(kind="media", video=video_id)


def test_what_failed_may_be_asked_for_again(origin: Origin, server: Server) -> None:
    origin.add(Video("cannotYet01", answer=Answer.PRIVATE))
    failed = server.wait_until_ended(server.submit("cannotYet01")["id"])
    origin.add(Video("cannotYet01"))
    assert server.archive("cannotYet01")["file"]
    assert server.job(failed["id"])["state"] == "FAILED"
