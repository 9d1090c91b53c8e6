"""The text of an ffmetadata file. That ffmpeg reads it as meant is tested with ffmpeg, in tests/integration/media."""

from __future__ import annotations

import base64
import itertools
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from mutagen.flac import Picture

from yt_videos_api.domain.offers import Chapter, VideoFacts
from yt_videos_api.media.tags import ffmetadata


def facts(title: str = "Title", **more: object) -> VideoFacts:
    values: dict[str, object] = {"extractor": "youtube", "video_id": "x", "title": title, "webpage_url": "https://a/"}
    return VideoFacts(**(values | more))  # type: ignore[arg-type] # the keywords differ in type


def test_dates_are_written_the_iso_way_and_nonsense_is_left_out() -> None:
    assert "date=2024-05-06\n" in ffmetadata(facts(upload_date="20240506"))
    assert "date" not in ffmetadata(facts(upload_date="yesterday"))


def test_what_is_not_known_is_not_written() -> None:
    assert ffmetadata(facts()) == ";FFMETADATA1\ntitle=Title\ncomment=https://a/\npurl=https://a/\n"


def test_tags_and_chapters_can_each_be_left_out() -> None:
    told = facts(chapters=(Chapter("One", 0.0, 1.0),))
    assert ffmetadata(told, tags=False, chapters=False) == ";FFMETADATA1\n"
    assert ffmetadata(told, tags=False).splitlines()[1] == "[CHAPTER]"
    assert "[CHAPTER]" not in ffmetadata(told, chapters=False)


def test_a_picture_among_the_tags_is_described_as_flac_does_it() -> None:
    jpeg = b"\xff\xd8\xff\xc0\x00\x0b\x08\x01\x68\x02\x80\x01\x01\x11\x00\xff\xd9"
    line = next(line for line in ffmetadata(facts(), picture=jpeg).splitlines() if line.startswith("METADATA_BLOCK"))
    block = base64.b64decode(line.removeprefix("METADATA_BLOCK_PICTURE=").replace("\\=", "="))
    read: Any = Picture
    picture = read(block)
    assert (picture.type, picture.mime, picture.width, picture.height) == (3, "image/jpeg", 640, 360)
    assert picture.data == jpeg


def test_control_characters_are_dropped_and_line_ends_are_one_kind() -> None:
    assert "title=a\\\nb\\\nc[31md\te\n" in ffmetadata(facts("a\r\nb\rc\x1b[31m\x00d\te\x7f"))


@given(st.text())
def test_no_text_can_start_a_line_of_its_own(text: str) -> None:
    lines = ffmetadata(facts(text, description=text, channel=text)).split("\n")
    starts = [line for before, line in itertools.pairwise(lines) if not before.endswith("\\")]
    assert all(
        line == "" or line.split("=")[0] in {"title", "artist", "description", "comment", "purl"} for line in starts
    )


def test_chapters_can_stand_among_the_tags_to_the_thousandth_of_a_second() -> None:
    told = facts(chapters=(Chapter("One", 0.0, 1.5), Chapter("a = b", 3661.5, 4000.0)))
    lines = ffmetadata(told, tags=False, chapters_as_tags=True).splitlines()[1:]
    assert lines == [
        "CHAPTER000=00:00:00.000",
        "CHAPTER000NAME=One",
        "CHAPTER001=01:01:01.500",
        "CHAPTER001NAME=a \\= b",
    ]


def test_chapters_that_no_muxer_would_take_are_left_out() -> None:
    text = ffmetadata(
        facts(
            duration_seconds=10.0,
            chapters=(
                Chapter("last, too long", 8.0, 99.0),
                Chapter("first", 0.0, 4.0),
                Chapter("reversed", 6.0, 5.0),
                Chapter("empty", 6.0, 6.0),
                Chapter("negative", -1.0, 2.0),
                Chapter("behind the end", 11.0, 12.0),
            ),
        )
    )
    titles = [line for line in text.splitlines() if line.startswith("title=") and line != "title=Title"]
    assert titles == ["title=first", "title=last, too long"]
    assert "START=8000\nEND=10000\n" in text
