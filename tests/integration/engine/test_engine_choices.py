"""Choices of people, made of what YouTube offers, and of what other sites do."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.engine.conftest import OpenRun
from tests.origin import Origin, Recipe, Video
from tests.origin.video import Offered
from yt_videos_api.domain.choices import Hdr, Selection, VideoCodec
from yt_videos_api.domain.errors import DownloadFailure
from yt_videos_api.domain.offers import Offer
from yt_videos_api.domain.policy import ContainerPolicy

# Little, so that its many forms are soon made.
RECIPE = Recipe(seconds=1, heights=(360, 720))
RICH = Video("richchoices", recipe=RECIPE, offered=Offered(smooth=True, hdr=True, audio_languages=("en", "de")))
URL = f"https://www.youtube.com/watch?v={RICH.id}"
SITE = "http://site.example"


@pytest.fixture
def ask(open_run: OpenRun, origin: Origin) -> Any:
    """What is offered under a selection."""
    origin.add(RICH)

    def extract(policy: ContainerPolicy = ContainerPolicy.MKV, url: str = URL, **selection: Any) -> Offer:
        return open_run(url, policy=policy, selection=Selection(**selection)).extract("default")

    return extract


def test_frames_colours_codec_and_language_are_what_was_asked_for(ask: Any) -> None:
    best, bounded = ask().streams[0], ask(max_fps=30).streams[0]
    assert (best.height, best.fps, best.hdr) == (720, 60, False)  # a smooth picture counts more than its colours
    assert bounded.fps <= 30
    assert bounded.hdr
    assert not ask(hdr=Hdr.NEVER).streams[0].hdr
    assert ask(hdr=Hdr.ONLY).streams[0].hdr
    assert ask(video_codec=VideoCodec.H264).streams[0].video_codec == "h264"
    assert ask(audio_language="de").streams[1].language == "de"
    assert ask().streams[1].language == "en"


def test_a_limit_holds_for_all_streams_together(ask: Any) -> None:
    sizes = [stream.size_bytes for stream in ask(max_height=360, hdr=Hdr.NEVER).streams]
    limit = sum(sizes) + 1000
    offer = ask(max_size_bytes=limit)
    assert sum(stream.size_bytes for stream in offer.streams) <= limit
    assert offer.full
    with pytest.raises(DownloadFailure, match="selection_unmet"):
        ask(max_size_bytes=1000)


def test_an_expert_gets_what_the_selector_says_and_never_two_videos(ask: Any) -> None:
    assert [stream.format_id for stream in ask(format_selector="18").streams] == ["18"]
    assert ask(format_selector="bv[height<=360]+ba").height == 360
    with pytest.raises(DownloadFailure, match="selection_unmet"):
        ask(format_selector="all")


@pytest.mark.parametrize(
    ("policy", "codec"), [(ContainerPolicy.OPUS, "opus"), (ContainerPolicy.M4A, "aac"), (ContainerPolicy.MP3, "opus")]
)
def test_sound_alone_is_one_stream(ask: Any, policy: ContainerPolicy, codec: str) -> None:
    offer = ask(policy)
    assert [(stream.kind, stream.audio_codec) for stream in offer.streams] == [("audio", codec)]
    assert offer.separate
    german = ask(policy, audio_language="de")
    assert german.streams[0].language == "de"


def test_sites_with_one_file_give_it_whatever_was_asked_for(ask: Any) -> None:
    for policy in (ContainerPolicy.MP3, ContainerPolicy.WEBM):
        offer = ask(policy, f"{SITE}/media/x.mp4", max_size_bytes=10**9, audio_language="de", max_fps=30)
        assert [stream.kind for stream in offer.streams] == ["both"]
    assert [stream.kind for stream in ask(ContainerPolicy.OPUS, f"{SITE}/dash/x.mpd").streams] == ["audio"]


def test_manifests_without_sizes_are_judged_by_their_rates(ask: Any) -> None:
    whole = ask(url=f"{SITE}/hls/x/master.m3u8")
    small = ask(url=f"{SITE}/hls/x/master.m3u8", max_size_bytes=600_000)
    assert 0 < small.height < whole.height


def test_a_client_that_offers_little_is_known_by_it(open_run: OpenRun, origin: Origin) -> None:
    origin.add(RICH)
    run = open_run(URL, policy=ContainerPolicy.MP3)
    poor, rich = run.extract("android"), run.extract("tv")
    assert (poor.separate, poor.full) == (False, False)
    assert (rich.separate, rich.full) == (True, True)
