"""Which streams are chosen, asked of the real yt-dlp: its own order, its own selectors, and what we add to them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest
from yt_dlp import YoutubeDL

from yt_videos_api.domain.choices import Hdr, Selection, VideoCodec
from yt_videos_api.domain.errors import DownloadFailure
from yt_videos_api.domain.offers import MediaRequest
from yt_videos_api.domain.policy import ContainerPolicy
from yt_videos_api.engine.selecting import selector_of
from yt_videos_api.engine.wishes import format_sort, format_spec

URL = "https://example.org/"
MEGABYTE = 10**6


def picture(name: str, height: int, codec: str = "vp9", *, size: int | None = None, **more: Any) -> dict[str, Any]:
    """A stream without sound."""
    return {"format_id": name, "height": height, "vcodec": codec, "acodec": "none", "filesize": size, **more}


def sound(name: str, codec: str = "opus", *, size: int | None = None, **more: Any) -> dict[str, Any]:
    """A stream without picture."""
    return {"format_id": name, "vcodec": "none", "acodec": codec, "filesize": size, **more}


def both(name: str, height: int, *, size: int | None = None, **more: Any) -> dict[str, Any]:
    """Picture and sound in one file."""
    return {"format_id": name, "height": height, "vcodec": "avc1", "acodec": "mp4a.40.2", "filesize": size, **more}


def chosen(formats: list[dict[str, Any]], policy: ContainerPolicy = ContainerPolicy.MKV, **selection: Any) -> list[str]:
    """The ids of what is chosen; none when nothing is."""
    media = MediaRequest(URL, policy, Selection(**selection))
    options = {
        "quiet": True,
        "allowed_extractors": ["generic"],
        "format": format_spec(policy, media.selection),
        "format_sort": format_sort(policy, media.selection),
        "ignore_no_formats_error": True,
        "logger": Silence(),
    }
    with YoutubeDL(options) as ydl:
        ydl.format_selector = selector_of(media, ydl.build_format_selector)
        listed = [{"url": f"https://media.example/{each['format_id']}", "ext": "mp4", **each} for each in formats]
        info = {"id": "a", "title": "a", "extractor": "generic", "extractor_key": "Generic", "formats": listed}
        found = ydl.process_ie_result({**info, "duration": 10}, download=False)
    parts = found.get("requested_formats") or ([found] if found.get("format_id") else [])
    return [part["format_id"] for part in parts]


class Silence:
    """A logger."""

    def debug(self, _: str) -> None: ...

    warning = error = info = debug


@pytest.fixture(scope="module")
def ydl() -> Iterator[YoutubeDL]:
    with YoutubeDL({"quiet": True, "allowed_extractors": ["generic"]}) as ydl:
        yield ydl


def test_yt_dlp_understands_every_combination(ydl: YoutubeDL) -> None:
    nothing = {"formats": [], "has_merged_format": False, "incomplete_formats": False}
    for policy, hdr, language, fps in product(ContainerPolicy, Hdr, (None, "pt-br"), (None, 30)):
        selection = Selection(max_fps=fps, hdr=hdr, audio_language=language)
        assert not list(ydl.build_format_selector(format_spec(policy, selection))(nothing))


@pytest.mark.parametrize("codec", [None, *VideoCodec])
@pytest.mark.parametrize("height", [None, 720])
def test_a_preferred_codec_wins_within_the_wanted_size_only(codec: VideoCodec | None, height: int | None) -> None:
    names = {"h264": "avc1", "h265": "hev1", "vp9": "vp9", "av1": "av01"}
    formats = [picture(f"{ours}-{lines}", lines, theirs) for ours, theirs in names.items() for lines in (360, 720)]
    formats += [picture("higher", 1080, "theora"), sound("s")]
    wanted = chosen(formats, video_codec=codec, max_height=height)[0]
    assert wanted == ("higher" if height is None else f"{codec or 'av1'}-720")


def test_frames_are_bounded_where_possible() -> None:
    formats = [picture("60", 1080, fps=60), picture("30", 720, fps=29.97), sound("s")]
    assert chosen(formats) == ["60", "s"]
    assert chosen(formats, max_fps=30) == ["30", "s"]
    assert chosen([formats[0], sound("s")], max_fps=30) == ["60", "s"]


def test_high_dynamic_range_is_had_or_not_as_demanded() -> None:
    formats = [picture("hdr", 1080, "vp9.2", dynamic_range="HDR10"), picture("sdr", 1080), sound("s")]
    assert chosen(formats, hdr=Hdr.ANY) == ["hdr", "s"]
    assert chosen(formats, hdr=Hdr.NEVER) == ["sdr", "s"]
    assert chosen(formats, hdr=Hdr.ONLY) == ["hdr", "s"]
    for offered, wish in ((formats[1:], Hdr.ONLY), ([formats[0], formats[2]], Hdr.NEVER)):
        with pytest.raises(DownloadFailure, match="selection_unmet"):
            chosen(offered, hdr=wish)


def test_a_site_with_nothing_that_can_be_fetched_is_not_the_fault_of_the_choices() -> None:
    formats = [both("rtmp", 1080, protocol="rtmp")]
    assert chosen(formats) == chosen(formats, hdr=Hdr.ONLY, max_size_bytes=1) == []
    assert chosen([], format_selector="b") == []


def test_the_wanted_language_wins_over_better_sound_and_its_next_of_kin_over_others() -> None:
    formats = [picture("v", 1080), sound("en", abr=200, language="en"), sound("de", abr=50, language="de-AT")]
    assert chosen(formats) == ["v", "en"]
    assert chosen(formats, audio_language="de") == ["v", "de"]
    assert chosen(formats, audio_language="de-ch") == ["v", "de"]
    assert chosen(formats, audio_language="d") == ["v", "en"]
    assert chosen(formats, audio_language="fr") == ["v", "en"]


def test_a_picture_that_brings_its_own_sound_does_not_hide_the_wanted_language() -> None:
    formats = [both("en", 1080, language="en"), picture("v", 720), sound("de", language="de")]
    assert chosen(formats, audio_language="de") == ["v", "de"]
    assert chosen([both("en", 1080, language="en"), both("de", 720, language="de")], audio_language="de") == ["de"]


class TestLimit:
    FORMATS = (
        picture("v1080", 1080, size=80 * MEGABYTE),
        picture("v720", 720, size=40 * MEGABYTE),
        both("b360", 360, size=10 * MEGABYTE),
        sound("good", abr=160, size=15 * MEGABYTE),
        sound("poor", abr=48, size=5 * MEGABYTE),
    )

    @pytest.mark.parametrize(
        ("limit", "streams"),
        [
            (100, ["v1080", "good"]),
            (94, ["v1080", "poor"]),
            (60, ["v720", "good"]),
            (46, ["v720", "poor"]),
            (40, ["b360"]),
            (10, ["b360"]),
        ],
    )
    def test_all_streams_together_are_not_larger(self, limit: int, streams: list[str]) -> None:
        assert chosen(list(self.FORMATS), max_size_bytes=limit * MEGABYTE) == streams

    def test_nothing_that_is_small_enough_is_told_as_such(self) -> None:
        with pytest.raises(DownloadFailure, match="selection_unmet"):
            chosen(list(self.FORMATS), max_size_bytes=9 * MEGABYTE)

    def test_a_rate_times_the_length_stands_for_a_size(self) -> None:
        formats = [picture("fast", 1080, tbr=80_000), picture("slow", 720, tbr=800), sound("s", size=1)]
        assert chosen(formats, max_size_bytes=50 * MEGABYTE) == ["slow", "s"]

    def test_an_unknown_size_is_taken_only_when_nothing_else_is_there(self) -> None:
        unknown = both("unknown", 1080)
        assert chosen([unknown, *self.FORMATS], max_size_bytes=60 * MEGABYTE) == ["v720", "good"]
        assert chosen([unknown, *self.FORMATS], max_size_bytes=9 * MEGABYTE) == ["unknown"]

    def test_other_wishes_still_hold(self) -> None:
        limit = 60 * MEGABYTE
        assert chosen(list(self.FORMATS), max_size_bytes=limit, max_height=360) == ["b360"]
        assert chosen(list(self.FORMATS), ContainerPolicy.OPUS, max_size_bytes=limit) == ["good"]
        assert chosen(list(self.FORMATS), ContainerPolicy.OPUS, max_size_bytes=6 * MEGABYTE) == ["poor"]


class TestExpert:
    FORMATS = (picture("v", 720), sound("a"), both("b", 360), both("rtmp", 1080, protocol="rtmp"))

    @pytest.mark.parametrize(
        ("selector", "streams"),
        [
            ("bv+ba", ["v", "a"]),
            ("b", ["b"]),
            ("v+a/b", ["v", "a"]),
            ("bv[height>1000]+ba/b[height<400]", ["b"]),
            ("ba", ["a"]),
            ("(rtmp/b)[height>=1]", ["b"]),
            ("mergeall", ["v", "a"]),
        ],
    )
    def test_a_selector_is_yt_dlps_own(self, selector: str, streams: list[str]) -> None:
        assert chosen(list(self.FORMATS), format_selector=selector) == streams

    @pytest.mark.parametrize(
        "selector", ["rtmp", "all", "bv,ba", "b,b", "bv+ba,b", "bv[", "+", "b[height]", "b[a~='(']"]
    )
    def test_what_is_not_there_more_than_one_video_and_nonsense_are_refused(self, selector: str) -> None:
        with pytest.raises(DownloadFailure, match="selection_unmet"):
            chosen(list(self.FORMATS), format_selector=selector)


class TestSoundAlone:
    @pytest.mark.parametrize(
        ("policy", "stream"),
        [
            (ContainerPolicy.OPUS, "opus"),
            (ContainerPolicy.M4A, "aac"),
            (ContainerPolicy.MP3, "mp3"),
            (ContainerPolicy.FLAC, "flac"),
        ],
    )
    def test_what_needs_no_encoding_wins(self, policy: ContainerPolicy, stream: str) -> None:
        formats = [
            sound("an-opus", abr=160),
            sound("an-aac", "mp4a.40.2", abr=128),
            sound("an-mp3", "mp3", abr=320),
            sound("an-flac", "flac", abr=900),
            picture("v", 1080),
        ]
        assert chosen(formats, policy) == [f"an-{stream}"]

    def test_the_best_is_taken_where_none_fits(self) -> None:
        assert chosen([sound("poor", abr=48), sound("good", abr=160)], ContainerPolicy.FLAC) == ["good"]

    def test_a_file_with_a_picture_serves_where_there_is_no_other_and_not_the_largest(self) -> None:
        formats = [both("b2160", 2160), both("b480", 480), both("b144", 144)]
        assert chosen(formats, ContainerPolicy.MP3) == ["b480"]
        assert chosen(formats[:1], ContainerPolicy.MP3) == ["b2160"]

    def test_the_wanted_language_wins_over_the_codec_that_fits(self) -> None:
        formats = [sound("en", language="en"), sound("de", "mp4a.40.2", language="de")]
        assert chosen(formats, ContainerPolicy.OPUS, audio_language="de") == ["de"]
