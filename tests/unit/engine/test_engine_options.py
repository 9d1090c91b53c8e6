"""What yt-dlp is told, from what we were asked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from yt_videos_api.cage.runs import RunLimits
from yt_videos_api.domain.choices import Selection
from yt_videos_api.domain.offers import MediaRequest
from yt_videos_api.domain.policy import ContainerPolicy
from yt_videos_api.engine.options import EngineEnvironment, build_options, list_options, look_options
from yt_videos_api.engine.wishes import can_be_held

YOUTUBE = "https://www.youtube.com/watch?v=aaaaaaaaaaa"
ELSEWHERE = "https://example.org/video"
PICTURES = (ContainerPolicy.WEBM, ContainerPolicy.MP4, ContainerPolicy.MKV)


def environment(*, own_ca: bool = False) -> EngineEnvironment:
    """What every run has."""
    return EngineEnvironment(Path("/scratch"), "http://127.0.0.1:3128", own_ca=own_ca, limits=RunLimits())


def options(url: str = YOUTUBE, rung: str = "default", *, own_ca: bool = False, **request: Any) -> dict[str, Any]:
    """The parameters for a request."""
    media = MediaRequest(url, request.pop("policy", ContainerPolicy.WEBM), **request)
    return build_options(media, rung, environment(own_ca=own_ca))


def test_nothing_is_written_outside_of_scratch() -> None:
    told = options()
    assert told["cachedir"].startswith("/scratch/")
    assert set(told["paths"].values()) == {"/scratch"}


def test_everything_goes_through_the_gate_and_local_files_stay_closed() -> None:
    told = options()
    assert told["proxy"] == "http://127.0.0.1:3128"
    assert told["enable_file_urls"] is False


def test_a_hole_in_a_video_is_an_error() -> None:
    assert options()["skip_unavailable_fragments"] is False
    assert "ignoreerrors" not in options()


def test_a_rung_asks_that_client_alone() -> None:
    assert options(rung="tv")["extractor_args"] == {"youtube": {"player_client": ["tv"]}}
    assert options(rung="default")["extractor_args"] == {"youtube": {}}


def test_youtube_gets_its_own_extractors_and_other_sites_all() -> None:
    assert options()["allowed_extractors"] == ["youtube.*", "generic"]
    assert options(ELSEWHERE, rung="tv")["allowed_extractors"] == ["default"]
    assert "extractor_args" not in options(ELSEWHERE, rung="tv")


def test_an_own_ca_replaces_certifi() -> None:
    assert options(own_ca=True)["compat_opts"] == {"no-certifi"}
    assert options()["compat_opts"] == set()


def test_webm_prefers_free_formats_and_mp4_prefers_h264() -> None:
    webm, mp4, mkv = (options(policy=policy) for policy in PICTURES)
    assert webm["prefer_free_formats"] is True
    assert mp4["prefer_free_formats"] is mkv["prefer_free_formats"] is False
    assert "vcodec:h264" in mp4["format_sort"]
    assert "ext" not in mkv["format_sort"]


def test_size_of_the_picture_counts_before_codecs() -> None:
    for policy in PICTURES:
        sort = options(policy=policy)["format_sort"]
        assert sort[:5] == ["lang", "quality", "res", "fps", "hdr:12"]
    assert options(selection=Selection(max_height=720))["format_sort"][:3] == ["lang", "res:720", "quality"]


@pytest.mark.parametrize("protocol", ["rtmp", "mms", "websocket_frag", "mhtml", "rtsp", "ftp", "f4m", "niconico_live"])
def test_protocols_that_leave_the_cage_are_never_chosen(protocol: str) -> None:
    for policy in ContainerPolicy:
        assert protocol not in options(policy=policy, selection=Selection(audio_language="en"))["format"]
    assert not can_be_held({"protocol": protocol})


def test_a_limit_on_the_size_makes_manifests_tell_estimates() -> None:
    assert "manifest-filesize-approx" in options(selection=Selection(max_size_bytes=1))["compat_opts"]


def test_a_look_chooses_nothing_and_minds_nothing() -> None:
    told = look_options(YOUTUBE, environment())
    assert told["format"]({"formats": [{}]}) == []
    assert told["ignore_no_formats_error"] is True
    assert told["extractor_args"] == {"youtube": {}}


def test_a_list_never_ends_in_its_middle_and_a_channel_tells_its_tabs_by_their_addresses() -> None:
    told = list_options(YOUTUBE, environment())
    assert told["extractor_args"]["youtube"]["raise_incomplete_data"]
    assert (told["playlist_items"], told["noplaylist"]) == ("0", False)
    assert "ignoreerrors" not in told
    assert "extractor_args" not in list_options(ELSEWHERE, environment())
