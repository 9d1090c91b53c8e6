"""A stamp tells whether what lies in staging is part of what is wanted."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from yt_videos_api.engine.stamp import find_stamp, remove_part, stamp_of


def part(url: str, **fields: Any) -> dict[str, Any]:
    return {"extractor_key": "Youtube", "id": "aaaaaaaaaaa", "format_id": "248", "url": url, **fields}


GOOGLE = "https://rr1---sn-a.googlevideo.com/videoplayback?itag=248&clen=5&lmt=7&expire=1&sig=a"


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        (part(GOOGLE), part("https://rr9---sn-b.googlevideo.com/videoplayback?sig=b&itag=248&clen=5&lmt=7"), True),
        (part(GOOGLE), part(GOOGLE.replace("lmt=7", "lmt=8")), False),
        (part(GOOGLE), part(GOOGLE, format_id="247"), False),
        (part(GOOGLE), part(GOOGLE, id="bbbbbbbbbbb"), False),
        (part(GOOGLE, filesize=5), part(GOOGLE, filesize=6), False),
        (
            part("https://a.example/v.mp4?token=1", filesize=5),
            part("https://b.example/v.mp4?token=2", filesize=5),
            True,
        ),
        (part("https://a.example/get?file=1"), part("https://a.example/get?file=2"), False),
        (part("https://a.example/1.mp4"), part("https://a.example/2.mp4"), False),
    ],
)
def test_parts_are_the_same_when_all_that_is_known_agrees(
    first: dict[str, Any], second: dict[str, Any], same: bool
) -> None:
    assert stamp_of(first).same_source(stamp_of(second)) is same


def test_a_stamp_is_read_as_it_was_saved(tmp_path: Path) -> None:
    stamp = replace(stamp_of(part(GOOGLE, filesize=5)), validator='"etag"', fragments=9, fragment_index=2)
    stamp.save(tmp_path / "248.webm.stamp")
    assert find_stamp(tmp_path / "248.webm.stamp") == stamp


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"{}", b'{"format_id": 1}', b"\xff", b"[" * 50_000])
def test_a_broken_stamp_is_none(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.stamp"
    path.write_bytes(content)
    assert find_stamp(path) is None


def test_removing_a_part_takes_what_belongs_to_it_and_nothing_else(tmp_path: Path) -> None:
    own = ["248.webm", "248.webm.part", "248.webm.stamp", "248.webm.ytdl", "248.webm.part-Frag3.part"]
    others = ["248.webm2", "1248.webm", "251.webm.part", "engine.log"]
    for name in (*own, *others):
        (tmp_path / name).touch()
    remove_part(tmp_path / "248.webm")
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(others)
