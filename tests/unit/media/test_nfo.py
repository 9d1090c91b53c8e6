"""The NFO file: read back by a parser, whatever the site said."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from yt_videos_api.domain.offers import VideoFacts
from yt_videos_api.media.nfo import nfo_text, write_nfo_file
from yt_videos_api.media.sidecars import find_sidecar_problem

FACTS = VideoFacts(
    extractor="youtube",
    video_id="abc_-123456",
    title='Less < & "more" 漢字',
    webpage_url="https://example.org/",
    channel="Channel",
    upload_date="20240506",
    duration_seconds=150,
    description="Line\nline ]]> <b>",
)


def told(text: str) -> dict[str, str | None]:
    return {element.tag: element.text for element in ET.fromstring(text)}


def test_everything_that_is_known_is_told() -> None:
    text = nfo_text(FACTS, thumbnail_name="a-thumb.jpg")
    assert told(text) == {
        "title": 'Less < & "more" 漢字',
        "originaltitle": 'Less < & "more" 漢字',
        "plot": "Line\nline ]]> <b>",
        "studio": "Channel",
        "premiered": "2024-05-06",
        "year": "2024",
        "runtime": "2",
        "thumb": "a-thumb.jpg",
        "uniqueid": "abc_-123456",
    }
    root = ET.fromstring(text)
    assert root.tag == "movie"
    assert root[-1].attrib == {"type": "youtube", "default": "true"}


def test_what_is_not_known_is_not_told() -> None:
    bare = VideoFacts("generic", "x", "Title", "https://example.org/", upload_date="soon")
    assert set(told(nfo_text(bare))) == {"title", "originaltitle", "uniqueid"}


@given(st.text())
def test_any_text_makes_well_formed_xml_without_what_xml_forbids(text: str) -> None:
    hostile = VideoFacts("generic", text, text, "https://example.org/", channel=text, description=text)
    found = told(nfo_text(hostile))
    kept = "".join(each for each in text if each in "\t\n\r" or " " <= each <= "\ufffd" or each > "\uffff")
    assert (found.get("plot") or "").replace("\r", "\n") == kept.replace("\r\n", "\n").replace("\r", "\n")


def test_the_file_stands_the_check(tmp_path: Path) -> None:
    assert find_sidecar_problem("nfo", tmp_path / write_nfo_file(tmp_path, FACTS)) is None
