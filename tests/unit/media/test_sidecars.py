"""Files beside a video are what they say, or the check says why not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from yt_videos_api.domain.offers import FetchedSubtitle
from yt_videos_api.domain.webvtt import NotSubtitles
from yt_videos_api.media.jpeg import jpeg_size
from yt_videos_api.media.sidecars import find_sidecar_problem
from yt_videos_api.media.srt import write_srt_file


def jpeg(width: int, height: int) -> bytes:
    """The frame of a JPEG, enough to be told its size."""
    frame = b"\xff\xc0\x00\x0b\x08" + height.to_bytes(2, "big") + width.to_bytes(2, "big") + b"\x01\x01\x11\x00"
    return b"\xff\xd8\xff\xe0\x00\x04ab" + frame + b"\xff\xda\x00\x02data\xff\xd9"


VTT = b"WEBVTT\n\n00:00:01.000 --> 00:00:02.000\nHello\n"
SRT = b"1\n00:00:01,000 --> 00:00:02,000\nHello\n"
GOOD = {
    "a.jpg": ("cover", jpeg(1280, 720)),
    "b.jpg": ("thumbnail", jpeg(1, 1)),
    "a.en.vtt": ("subtitle", VTT),
    "a.en.srt": ("subtitle", SRT),
    "a.info.json": ("info_json", b'{"title": "x", "formats": [{"height": 1080}]}'),
    "a.nfo": ("nfo", b'<?xml version="1.0" encoding="UTF-8"?><movie><title>x</title></movie>'),
    "a.webm": ("media", b"judged elsewhere"),
}
BAD = {
    "svg": ("thumbnail", "a.jpg", b'<svg xmlns="http://www.w3.org/2000/svg"/>'),
    "page": ("cover", "a.jpg", b"<html>"),
    "cut picture": ("cover", "a.jpg", jpeg(100, 100)[:-2]),
    "picture without a frame": ("cover", "a.jpg", b"\xff\xd8\xff\xda\x00\x02\xff\xd9"),
    "bomb": ("cover", "a.jpg", jpeg(60000, 60000)),
    "text for subtitles": ("subtitle", "a.vtt", b"Hello"),
    "subrip called webvtt": ("subtitle", "a.vtt", SRT),
    "subtitles without cues": ("subtitle", "a.srt", b"1\n"),
    "subtitles of no known name": ("subtitle", "a.ass", VTT),
    "subtitles that are no text": ("subtitle", "a.vtt", b"WEBVTT\n\xff\xfe"),
    "no json": ("info_json", "a.json", b"{"),
    "json list": ("info_json", "a.json", b"[]"),
    "not a number": ("info_json", "a.json", b'{"duration": NaN}'),
    "deep json": ("info_json", "a.json", b'{"a":' * 40 + b"1" + b"}" * 40),
    "bottomless json": ("info_json", "a.json", b'{"a":' + b"[" * 100_000),
    "no xml": ("nfo", "a.nfo", b"<movie>"),
    "xml with entities": ("nfo", "a.nfo", b'<!DOCTYPE m [<!ENTITY e SYSTEM "file:///etc/passwd">]><m>&e;</m>'),
    "empty": ("nfo", "a.nfo", b""),
}


@pytest.mark.parametrize("name", GOOD)
def test_honest_files_pass(tmp_path: Path, name: str) -> None:
    kind, content = GOOD[name]
    (tmp_path / name).write_bytes(content)
    assert find_sidecar_problem(kind, tmp_path / name) is None


@pytest.mark.parametrize("what", BAD)
def test_others_do_not(tmp_path: Path, what: str) -> None:
    kind, name, content = BAD[what]
    (tmp_path / name).write_bytes(content)
    assert find_sidecar_problem(kind, tmp_path / name)


def test_what_is_too_large_is_not_even_read(tmp_path: Path) -> None:
    with (tmp_path / "a.json").open("wb") as file:
        file.truncate(2**35)
    assert "larger" in (find_sidecar_problem("info_json", tmp_path / "a.json") or "")


def test_json_of_some_depth_passes(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(json.dumps({"a": [{"b": [{"c": [1, 2, {"[": "{{{{"}]}]}]}))
    assert find_sidecar_problem("info_json", tmp_path / "a.json") is None


def test_the_size_of_a_picture_is_known_behind_filling_and_tables() -> None:
    assert jpeg_size(jpeg(640, 360)) == (640, 360)
    assert jpeg_size(b"\xff\xd8\xff\xff\xff\xc4\x00\x04ab" + jpeg(3, 4)[8:]) == (3, 4)
    assert [jpeg_size(jpeg(3, 4)[:length]) for length in range(16)] == [None] * 16


def test_subtitles_are_written_once_more_as_subrip(tmp_path: Path) -> None:
    (tmp_path / "subtitle.en.vtt").write_bytes(VTT)
    name = write_srt_file(tmp_path, FetchedSubtitle("en", automatic=False, path="subtitle.en.vtt"))
    assert (name, (tmp_path / name).read_bytes()) == ("subtitle.en.srt", SRT)
    (tmp_path / "page.vtt").write_text("<html>")
    with pytest.raises(NotSubtitles):
        write_srt_file(tmp_path, FetchedSubtitle("en", automatic=False, path="page.vtt"))
