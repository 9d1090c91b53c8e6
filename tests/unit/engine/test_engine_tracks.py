"""Which subtitle tracks are fetched, and how each kind is read."""

from __future__ import annotations

import json
from typing import Any

import pytest

from yt_videos_api.domain.webvtt import Cue, NotSubtitles
from yt_videos_api.engine.subtitles import read_cues
from yt_videos_api.engine.tracks import MAX_TRACKS, wanted_tracks


def formats(*extensions: str, query: str = "") -> list[dict[str, str]]:
    """One track in several formats."""
    return [{"ext": each, "url": f"https://site.example/{each}?{query}"} for each in extensions]


# As yt-dlp tells of a video whose speech YouTube has recognised as English, and translates.
INFO = {
    "subtitles": {"de": formats("json3", "vtt"), "live_chat": formats("json"), "fr": formats("png")},
    "automatic_captions": {
        "en-orig": formats("json3", "vtt"),
        "en": formats("json3", "vtt"),
        "de": formats("vtt", query="tlang=de"),
        "pt-BR": formats("vtt", query="tlang=pt-BR"),
    },
}


def wanted(*patterns: str, automatic: bool = False, info: dict[str, Any] | None = None) -> list[tuple[str, bool]]:
    """Language and kind of what is fetched."""
    tracks = wanted_tracks(INFO if info is None else info, patterns, automatic=automatic)
    return [(track.language, track.automatic) for track in tracks]


def test_the_sites_own_tracks_come_first_and_automatic_ones_only_when_asked_for() -> None:
    assert wanted("en", "de") == [("de", False)]
    assert wanted("en", "de", automatic=True) == [("de", False), ("en", True)]


def test_everything_means_what_was_recognised_and_not_its_translations() -> None:
    assert wanted("*", automatic=True) == [("de", False), ("en", True)]
    assert wanted("*", "pt-*", automatic=True) == [("de", False), ("en", True), ("pt-BR", True)]


def test_where_nothing_is_marked_what_is_not_translated_was_recognised() -> None:
    captions = {"en": formats("vtt"), "de": formats("vtt", query="tlang=de")}
    assert wanted("*", automatic=True, info={"automatic_captions": captions}) == [("en", True)]


def test_the_original_is_fetched_and_not_its_translation_into_itself() -> None:
    captions = {"en-orig": formats("vtt", query="original"), "en": formats("vtt", query="tlang=en")}
    (track,) = wanted_tracks({"automatic_captions": captions}, ["en"], automatic=True)
    assert "original" in track.formats[0]["url"]


def test_web_vtt_is_preferred_but_for_what_rolls_word_by_word() -> None:
    own, automatic = wanted_tracks(INFO, ["*"], automatic=True)
    assert [form["ext"] for form in own.formats] == ["vtt", "json3"]
    assert [form["ext"] for form in automatic.formats] == ["json3", "vtt"]


def test_chats_pictures_and_nameless_tracks_are_no_tracks() -> None:
    tracks = {"": formats("vtt"), "x" * 100: formats("vtt"), "live_chat": formats("vtt"), "en": formats("ass")}
    assert wanted("*", info={"subtitles": tracks}) == []


def test_nobody_gets_more_than_a_hundred() -> None:
    many = {f"l{number}": formats("vtt") for number in range(500)}
    assert len(wanted("*", info={"subtitles": many})) == MAX_TRACKS


@pytest.mark.parametrize(
    ("ext", "content"),
    [
        ("vtt", "WEBVTT\n\n00:01.000 --> 00:02.000\n<b>Hi</b>\n"),
        ("srt", "1\n00:00:01,000 --> 00:00:02,000\n<b>Hi</b>\n"),
        ("json3", json.dumps({"events": [{"tStartMs": 1000, "dDurationMs": 1000, "segs": [{"utf8": "Hi"}]}]})),
        (
            "ttml",
            '<tt xmlns="http://www.w3.org/ns/ttml"><body><div>'
            '<p begin="00:00:01.000" end="00:00:02.000"><span tts:color="red" '
            'xmlns:tts="http://www.w3.org/ns/ttml#styling">Hi</span></p></div></body></tt>',
        ),
    ],
)
def test_all_kinds_are_read_alike(ext: str, content: str) -> None:
    assert read_cues(ext, content.encode()) == (Cue(1.0, 2.0, "Hi"),)


def test_lines_of_youtube_end_where_the_next_begins() -> None:
    events: list[dict[str, Any]] = [
        {"tStartMs": 0, "dDurationMs": 5000, "wpWinPosId": 1},
        {"tStartMs": 0, "dDurationMs": 5000, "segs": [{"utf8": "one"}, {"utf8": " two", "tOffsetMs": 300}]},
        {"tStartMs": 1990, "aAppend": 1, "segs": [{"utf8": "\n"}]},
        {"tStartMs": 2000, "dDurationMs": 1000, "segs": [{"utf8": "three"}]},
    ]
    found = read_cues("json3", json.dumps({"events": events}).encode())
    assert found == (Cue(0.0, 2.0, "one two"), Cue(2.0, 3.0, "three"))


@pytest.mark.parametrize(
    ("ext", "content"),
    [
        ("json3", b"[]"),
        ("json3", b"{"),
        ("json3", b'{"events": []}'),
        ("json3", b'{"events": [{"segs": [{"utf8": "x"}], "tStartMs": "soon"}]}'),
        ("json3", b'{"events": [{"segs": [{"utf8": "x"}], "tStartMs": Infinity}]}'),
        ("json3", b"[" * 100_000),
        ("vtt", b"<html><script>alert(1)</script></html>"),
        ("ttml", b"<tt"),
        ("ttml", b'<!DOCTYPE tt [<!ENTITY a "aaaa">]><tt xmlns="http://www.w3.org/ns/ttml"/>'),
        ("srt", b"\x00\xff\xfe"),
    ],
)
def test_what_is_no_text_track_is_refused(ext: str, content: bytes) -> None:
    with pytest.raises(NotSubtitles):
        read_cues(ext, content)
