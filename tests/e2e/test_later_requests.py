"""More of an archived video is asked for: only what is missing is fetched, and what is archived stays as it is."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.crash.streams import stream_hashes
from tests.e2e.collected import asked_after, cancel, wait_until
from tests.e2e.looks import chapters_of, media_path, pictures, probe, sidecars, tags
from tests.e2e.readers import language_of, read_cues, read_sound
from tests.origin import Answer, Caption, Origin, Recipe, Video, faults
from tests.product import Product, Server

pytestmark = pytest.mark.timeout(120)

RECIPE = Recipe(seconds=4, heights=(144, 240))
DESCRIPTION = "0:00 Beach\n0:01 Waves\n0:03 Home"
CHAPTERS = [(0.0, "Beach"), (1.0, "Waves"), (3.0, "Home")]
CAPTIONS = (Caption("en"), Caption("de"))
EXTRAS: dict[str, Any] = {
    "subtitles": {"languages": ["en"], "sidecar": ["vtt", "srt"]},
    "save_thumbnail": True,
    "save_info_json": True,
    "save_nfo": True,
}


def publish(origin: Origin, video_id: str) -> Video:
    return origin.add(Video(video_id, recipe=RECIPE, description=DESCRIPTION, captions=CAPTIONS))


@pytest.fixture
def fetched(origin: Origin) -> Any:
    """What the origin has been asked for since the test began, or since this was last called."""
    seen = len(origin.requests())

    def since(*kinds: str) -> list[str]:
        nonlocal seen
        found = [request.url for request in asked_after(origin, seen, *kinds)]
        seen = len(origin.requests())
        return found

    return since


def proof(path: Path) -> tuple[bytes, int, int]:
    """A file that was not touched has the same."""
    return path.read_bytes(), path.stat().st_ino, path.stat().st_mtime_ns


@pytest.mark.parametrize("container", ["webm", "mp4", "m4a"])
def test_what_lies_beside_an_archived_video_is_fetched_without_its_media(
    server: Server, origin: Origin, product: Product, fetched: Any, container: str
) -> None:
    video = publish(origin, f"laterMore{container[:2]}")
    path = media_path(product, server.archive(video.id, container_policy=container))
    before = proof(path)
    fetched()
    job = server.archive(video.id, container_policy=container, **EXTRAS)
    found = sidecars(product, job)
    assert found.keys() == {".en.vtt", ".en.srt", ".jpg", ".info.json", ".nfo"}
    assert {language_of(read_cues(found[name].read_text())) for name in (".en.vtt", ".en.srt")} == {"en"}
    assert fetched("media", "segment") == []
    assert proof(path) == before
    assert media_path(product, job) == path

    again = server.submit(video.id, container_policy=container, **EXTRAS)
    assert (again["state"], again["file"]) == ("DONE", job["file"])
    assert fetched() == []

    further = {"languages": ["en", "de"], "sidecar": ["vtt"]}
    more = sidecars(product, server.archive(video.id, container_policy=container, subtitles=further))
    assert more.keys() == found.keys() | {".de.vtt", ".de.srt"}  # once in two forms, all are
    (asked,) = {url.partition("lang=")[2].partition("&")[0] for url in fetched("media", "thumbnail", "caption")}
    assert asked == "de"
    assert proof(path) == before


@pytest.mark.parametrize("first", ["webm", "mkv"])
def test_another_container_is_made_of_the_archived_file_when_the_streams_fit(
    server: Server, origin: Origin, product: Product, fetched: Any, first: str
) -> None:
    video = publish(origin, f"laterRem{first[:3]}")
    path = media_path(product, server.archive(video.id, container_policy=first))
    before = proof(path)
    fetched()
    wanted = ["mkv" if first == "webm" else "webm", "mp4", "opus", "mp3", "flac"]
    jobs = {container: server.submit(video.id, container_policy=container)["id"] for container in wanted}
    made = {container: server.wait_until_ended(job_id) for container, job_id in jobs.items()}
    assert fetched() == []  # neither media nor anything else
    assert proof(path) == before
    for container, job in made.items():
        assert job["state"] == "DONE", job
        told = media_path(product, job)
        assert told.suffix == f".{container}"
        assert any("without a new transfer" in note for note in job["file"]["notes"])
        assert_same_streams(path, told)
        document = probe(told)
        if container in ("opus", "mp3", "flac"):
            sound = read_sound(told)
            assert (sound.texts[0], [title for _, title in sound.chapters]) == (
                video.shown_title,
                ["Beach", "Waves", "Home"],
            )
            assert len(sound.pictures) == 1
        else:
            assert (tags(document)["title"], chapters_of(document)) == (video.shown_title, CHAPTERS)
            assert bool(pictures(document)) is (job["file"]["cover"] == "embedded") is (container != "webm")


def assert_same_streams(archived: Path, made: Path) -> None:
    """Packet for packet; but for sound that its container wants re-encoded."""
    if made.suffix in (".mp3", ".flac"):
        assert not stream_hashes(made) & stream_hashes(archived)
        return
    same = stream_hashes(made) & stream_hashes(archived)
    assert len(same) == (1 if made.suffix == ".opus" else 2)


def test_what_the_archived_streams_do_not_fit_into_is_transferred(
    server: Server, origin: Origin, product: Product, fetched: Any
) -> None:
    video = publish(origin, "laterTransf")
    server.archive(video.id)
    fetched()
    sound = server.archive(video.id, container_policy="m4a")
    assert (sound["file"]["audio_codec"], [n for n in sound["file"]["notes"] if "re-encoded" in n]) == ("aac", [])
    assert ["itag=140" in url for url in fetched("media")] == [True]
    smaller = server.archive(video.id, quality="144p")
    assert probe(media_path(product, smaller))["streams"][0]["height"] == 144
    assert fetched("media") != []


def test_an_archived_file_that_was_damaged_is_no_source(
    server: Server, origin: Origin, product: Product, fetched: Any
) -> None:
    video = publish(origin, "laterDamage")
    path = media_path(product, server.archive(video.id))
    good = path.read_bytes()
    path.write_bytes(good[:5000] + b"rot" + good[5003:])
    fetched()
    job = server.archive(video.id, container_policy="mkv")
    assert len(fetched("media")) == 2
    assert probe(media_path(product, job))["format"]["format_name"].startswith("matroska")
    path.write_bytes(good)


def test_what_is_asked_for_while_the_video_is_on_its_way_comes_with_it(
    server: Server, origin: Origin, product: Product, fetched: Any
) -> None:
    video = publish(origin, "laterRuning")
    with origin.hold("media", video=video.id) as hold:
        first = server.submit(video.id)["id"]
        hold.wait_reached()
        later = [
            server.submit(video.id, **EXTRAS)["id"],
            server.submit(video.id, subtitles={"languages": ["de"]})["id"],
        ]
        hold.release()
    jobs = [server.wait_until_ended(job_id) for job_id in (first, *later)]
    assert [job["state"] for job in jobs] == ["DONE"] * 3
    assert len({job["file"]["sha256"] for job in jobs}) == 1
    assert len(fetched("media")) == 2
    told = sidecars(product, jobs[-1])
    assert told.keys() == {".en.vtt", ".en.srt", ".de.vtt", ".de.srt", ".jpg", ".info.json", ".nfo"}


def test_different_wishes_at_the_same_moment_are_all_fulfilled(
    server: Server, origin: Origin, product: Product, fetched: Any
) -> None:
    video = publish(origin, "laterAtOnce")
    server.archive(video.id)
    fetched()
    wishes: list[dict[str, Any]] = [
        {"save_nfo": True},
        {"subtitles": {"languages": ["de"]}},
        {"save_info_json": True},
        {"subtitles": {"languages": ["en"], "embed": True}},  # into the file it cannot be put any more
    ]
    accepted = [server.submit(video.id, **wish)["id"] for wish in wishes]
    jobs = [server.wait_until_ended(job_id) for job_id in accepted]
    assert [job["state"] for job in jobs] == ["DONE"] * 4
    assert sidecars(product, jobs[0]).keys() == {".jpg", ".nfo", ".de.vtt", ".en.vtt", ".info.json"}
    assert fetched("media") == []
    assert len(origin.requests(kind="caption", video=video.id)) == 2


def test_of_a_video_that_is_gone_the_archive_still_gives_what_it_has(
    server: Server, origin: Origin, product: Product, fetched: Any
) -> None:
    video = publish(origin, "laterGone00")
    path = media_path(product, server.archive(video.id))
    origin.add(replace(video, answer=Answer.REMOVED))
    beside = server.archive(video.id, save_nfo=True, subtitles={"languages": ["en"]})
    assert sidecars(product, beside).keys() == {".jpg"}
    assert any("does not exist any more" in note for note in beside["file"]["notes"])
    assert beside["items"][0]["video"]["removed_reason"] == "video_unavailable"
    remuxed = server.archive(video.id, container_policy="mkv", save_nfo=True, sponsorblock=["sponsor"])
    assert_same_streams(path, media_path(product, remuxed))
    assert any("does not exist any more" in note for note in remuxed["file"]["notes"])
    assert fetched("caption") == []

    origin.add(video)  # it is there again
    again = server.archive(video.id, save_nfo=True, subtitles={"languages": ["en"]})
    assert sidecars(product, again).keys() == {".jpg", ".nfo", ".en.vtt"}
    assert not any("does not exist any more" in note for note in again["file"]["notes"])
    assert again["items"][0]["video"]["removed_at_source"] is None


def test_subtitles_that_come_after_the_video_are_fetched_when_they_are_asked_for_again(
    server: Server, origin: Origin, product: Product, fetched: Any
) -> None:
    video = publish(origin, "laterSubtit")
    origin.add(replace(video, captions=CAPTIONS[:1]))
    wish = {"subtitles": {"languages": ["de", "en"]}}
    first = server.archive(video.id, **wish)
    assert sidecars(product, first).keys() == {".jpg", ".en.vtt"}
    assert [note for note in first["file"]["notes"] if "no subtitles for de;" in note] != []
    origin.add(video)
    fetched()
    again = server.archive(video.id, **wish)
    assert sidecars(product, again).keys() == {".jpg", ".en.vtt", ".de.vtt"}
    assert not any("no subtitles" in note for note in again["file"]["notes"])
    assert (fetched("media"), server.archive(video.id, **wish)["file"]) == ([], again["file"])


def test_a_site_that_stumbles_is_asked_again(server: Server, origin: Origin, product: Product) -> None:
    video = publish(origin, "laterStumbl")
    server.archive(video.id)
    origin.inject("caption", faults.Status(503), video=video.id, times=1)
    job = server.archive(video.id, subtitles={"languages": ["en"]})
    assert sidecars(product, job).keys() == {".jpg", ".en.vtt"}
    assert not any("could be fetched" in note for note in job["file"]["notes"])


def test_a_video_does_not_wait_for_subtitles_that_the_site_does_not_give(
    server: Server, origin: Origin, product: Product
) -> None:
    video = publish(origin, "laterPutOff")
    origin.inject("caption", faults.Status(503), video=video.id, times=1)
    job = server.submit(video.id, subtitles={"languages": ["en"]})
    done = server.wait_until_ended(job["id"])
    assert done["state"] == "DONE"
    assert "subtitles_put_off" in server.process.output()
    assert sidecars(product, done).keys() == {".jpg", ".en.vtt"}


def test_a_later_request_is_cancelled_and_the_archive_stays(
    server: Server, origin: Origin, product: Product, fetched: Any
) -> None:
    video = publish(origin, "laterCancel")
    path = media_path(product, server.archive(video.id))
    before = proof(path)
    with origin.hold("caption", video=video.id) as hold:
        job = server.submit(video.id, subtitles={"languages": ["en"]})
        hold.wait_reached()
        cancel(server, job)
        hold.release()
    assert proof(path) == before
    wait_until(lambda: server.archive(video.id)["state"] == "DONE", "the archived video")
    again = server.archive(video.id, subtitles={"languages": ["en"]})
    assert ".en.vtt" in sidecars(product, again)
    assert len(fetched("media")) == 2
