"""Extraction with the real yt-dlp: what is asked, what is chosen, and how refusals are told apart."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.integration.engine.conftest import VIDEO, OpenRun
from tests.origin import Answer, Origin, faults
from tests.origin.lists import Channel
from yt_videos_api.cage.runs import RunLimits
from yt_videos_api.domain.choices import Selection
from yt_videos_api.domain.errors import DownloadFailure
from yt_videos_api.domain.policy import ContainerPolicy
from yt_videos_api.engine.facts import generic_video_id

SITE = "http://site.example"


def refusal(open_run: OpenRun, url: str, rung: str = "default", **fields: object) -> str:
    """The code with which an extraction fails."""
    with pytest.raises(DownloadFailure) as caught:
        open_run(url, **fields).extract(rung)
    return caught.value.code


@pytest.mark.parametrize("client", ["android", "tv", "ios", "mweb"])
def test_a_rung_sends_one_player_request_as_that_client(open_run: OpenRun, origin: Origin, client: str) -> None:
    before = len(origin.requests(kind="player"))
    assert open_run().extract(client).rung == client
    assert [request.client for request in origin.requests(kind="player")[before:]] == [client]


def test_a_client_without_token_offers_the_premerged_file_and_tv_separate_streams(open_run: OpenRun) -> None:
    run = open_run()
    inferior, full = run.extract("android"), run.extract("tv")
    assert (inferior.separate, inferior.height, inferior.streams[0].kind) == (False, 360, "both")
    assert (full.separate, full.height) == (True, 1080)


@pytest.mark.parametrize(
    ("policy", "codecs"),
    [
        (ContainerPolicy.WEBM, ("vp9", "opus")),
        (ContainerPolicy.MP4, ("h264", "aac")),
        (ContainerPolicy.MKV, ("vp9", "opus")),
    ],
)
def test_streams_fit_the_container(open_run: OpenRun, policy: ContainerPolicy, codecs: tuple[str, str]) -> None:
    video, audio = open_run(policy=policy).extract("default").streams
    assert (video.video_codec, audio.audio_codec) == codecs
    assert video.height == 1080
    assert video.size_bytes is not None


@pytest.mark.parametrize(("wanted", "height"), [(720, 720), (800, 720), (100, 360)])
def test_a_height_is_kept_to_where_possible(open_run: OpenRun, wanted: int, height: int) -> None:
    assert open_run(selection=Selection(max_height=wanted)).extract("default").height == height


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (Answer.BOT_CHECK, "bot_check"),
        (Answer.RATE_LIMITED, "rate_limited"),
        (Answer.PRIVATE, "private_video"),
        (Answer.REMOVED, "video_unavailable"),
        (Answer.AGE, "age_restricted"),
        (Answer.LOGIN, "login_required"),
        (Answer.MEMBERS, "login_required"),
        (Answer.GEO, "geo_blocked"),
        (Answer.DRM, "drm_protected"),
        (Answer.LIVE, "not_yet_available"),
        (Answer.PREMIERE, "not_yet_available"),
        (Answer.SABR, "no_formats"),
        (Answer.NOTHING, "no_formats"),
    ],
)
@pytest.mark.parametrize("rung", ["android", "default"])
def test_refusals_of_youtube_have_codes(
    open_run: OpenRun, origin: Origin, answer: Answer, code: str, rung: str
) -> None:
    origin.inject("player", answer)
    assert refusal(open_run, f"https://www.youtube.com/watch?v={VIDEO.id}", rung) == code


@pytest.mark.parametrize(
    ("status", "code"), [(429, "rate_limited"), (403, "forbidden"), (500, "network"), (404, "network")]
)
def test_statuses_of_the_player_have_codes(open_run: OpenRun, origin: Origin, status: int, code: str) -> None:
    origin.inject("player", faults.Status(status))
    assert refusal(open_run, f"https://www.youtube.com/watch?v={VIDEO.id}", "android") == code


def test_another_rung_succeeds_in_the_same_run_after_a_bot_check(open_run: OpenRun, origin: Origin) -> None:
    origin.inject("player", Answer.BOT_CHECK, client="android")
    run = open_run()
    with pytest.raises(DownloadFailure, match="bot_check"):
        run.extract("android")
    assert run.extract("tv").separate


@pytest.mark.parametrize(
    ("path", "kinds", "protocol"),
    [
        ("/media/x.mp4", ["both"], "http"),
        ("/media/x.m4a", ["audio"], "http"),
        ("/page/x", ["both"], "http"),
        ("/redirect?to=/media/x.mp4", ["both"], "http"),
        ("/hls/x/master.m3u8", ["both"], "m3u8_native"),
        ("/hls-fmp4/x/master.m3u8", ["both"], "m3u8_native"),
        ("/dash/x.mpd", ["video", "audio"], "http_dash_segments"),
    ],
)
def test_pages_and_files_of_other_sites_are_offered(
    open_run: OpenRun, path: str, kinds: list[str], protocol: str
) -> None:
    offer = open_run(SITE + path).extract("default")
    assert [stream.kind for stream in offer.streams] == kinds
    assert {stream.protocol for stream in offer.streams} == {protocol}
    assert (offer.facts.extractor, offer.facts.video_id) == ("generic", generic_video_id(SITE + path))


@pytest.mark.parametrize(
    ("url", "code"),
    [
        (SITE + "/nothing", "not_found"),
        ("file:///etc/passwd", "unsupported_url"),
        ("ytsearch:cats", "unsupported_url"),
        ("https://www.youtube.com/playlist?list=PLaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "list_unavailable"),
    ],
)
def test_addresses_without_a_video_have_codes(open_run: OpenRun, url: str, code: str) -> None:
    assert refusal(open_run, url) == code


def test_a_channel_is_no_video(open_run: OpenRun, origin: Origin) -> None:
    origin.add_channel(Channel("@standin", videos=(VIDEO.id,)))
    assert refusal(open_run, "https://www.youtube.com/@standin/videos") == "not_a_video"


def test_a_page_that_stops_coming_ends_within_the_stall_time(open_run: OpenRun, origin: Origin) -> None:
    origin.inject("page", faults.Throttle(20))
    assert refusal(open_run, SITE + "/page/x", limits=RunLimits(stall_seconds=0.6)) == "stalled"


def test_texts_of_a_site_arrive_clean(open_run: OpenRun, origin: Origin) -> None:
    origin.add(replace(VIDEO, title="A\x00\x1b[31m title ü", description="one\ntwo\x07"))
    facts = open_run().extract("tv").facts
    assert facts.title == "A[31m title ü"
    assert facts.description == "one\ntwo"
