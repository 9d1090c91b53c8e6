"""Whatever selector we accept, the real yt-dlp understands, and it means one file at most."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from yt_dlp import YoutubeDL

from yt_videos_api.domain.selectors import parse_selector

VIDEO = {"acodec": "none", "fps": 30, "protocol": "https", "container": "mp4_dash", "language": None}
SOUND = {"vcodec": "none", "abr": 128, "protocol": "https", "language": "en"}
OFFERED: list[dict[str, Any]] = [
    {"format_id": "sb0", "ext": "mhtml", "vcodec": "none", "acodec": "none"},
    {"format_id": "140", "ext": "m4a", "acodec": "mp4a.40.2", "filesize": 300_000, **SOUND},
    {"format_id": "251", "ext": "webm", "acodec": "opus", "filesize": None, **SOUND},
    {"format_id": "18", "ext": "mp4", "vcodec": "avc1", "acodec": "mp4a.40.2", "height": 360, "protocol": "https"},
    {"format_id": "137", "ext": "mp4", "vcodec": "avc1.640028", "height": 1080, "filesize": 9_000_000, **VIDEO},
    {"format_id": "hls-720p_v2", "ext": "mp4", "vcodec": "avc1", "height": 720, **VIDEO},
]

either = st.sampled_from
ids = either(["137", "140", "251", "18", "sb0", "hls-720p_v2", "not-there", "0_1", "1e5", "if", "mp4", "m4a", "webm"])
ranks = either(["", "", ".1", ".2", ".12"])
numbers = st.builds(
    "[{}{}{}{}]".format,
    either(["height", "width", "fps", "tbr", "abr", "vbr", "asr", "filesize", "filesize_approx"]),
    either(["<", "<=", ">", ">=", "=", "!="]),
    either(["", "?"]),
    either(["1", "720", "29.97", "50M", "1.5g", "128k", "123456789012"]),
)
texts = st.builds(
    "[{}{}{}{}]".format,
    either(["ext", "vcodec", "acodec", "container", "protocol", "language", "format_id", "dynamic_range"]),
    either(["=", "!=", "^=", "$=", "*=", "!^=", "! *="]),
    either(["", "?"]),
    either(["mp4", "137", "1.5", "'a ]b'", '"x/[(y"', "'#,+{}'", "avc1.64", "-x-"]),
)
filters = st.lists(numbers | texts, max_size=3).map("".join)


def names(words: list[str]) -> st.SearchStrategy[str]:
    named = st.builds("{}{}{}".format, either(words), either(["", "*"]), ranks) | ids
    return st.builds("{}{}".format, named, filters)


videos, sounds = names(["bv", "wv", "bestvideo", "worstvideo"]), names(["ba", "wa", "bestaudio", "worstaudio"])
wholes = names(["b", "w", "best", "worst"]) | filters.filter(bool)


def group(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    choices = st.lists(inner, min_size=1, max_size=3).map("/".join)
    return inner | st.builds("({}){}".format, choices, filters)


pairs = st.builds("{}{}{}".format, group(videos), either(["+", " + "]), group(sounds))
selectors = st.lists(group(wholes | pairs | videos | sounds), min_size=1, max_size=3).map("/".join)


@given(selectors.filter(lambda text: len(text) <= 250))
def test_every_selector_we_accept_means_one_file_at_most_to_yt_dlp(text: str) -> None:
    canonical = parse_selector(text)
    select = DOWNLOADER.build_format_selector(canonical)
    chosen = list(select({"formats": OFFERED, "has_merged_format": True, "incomplete_formats": False}))
    assert len(chosen) <= 1
    for choice in chosen:
        assert len(choice.get("requested_formats", (choice,))) <= 2


def test_a_number_in_a_filter_of_texts_is_compared_as_text() -> None:
    select = DOWNLOADER.build_format_selector(parse_selector("bv[format_id=137]"))
    chosen = list(select({"formats": OFFERED, "has_merged_format": True, "incomplete_formats": False}))
    assert [choice["format_id"] for choice in chosen] == ["137"]


DOWNLOADER = YoutubeDL({"quiet": True})
