"""What the stand-in origin can offer of a video besides the usual, as the real yt-dlp reads and fetches it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.origin import Offered, Origin, Recipe, Video
from tests.origin.ytdlp import Ask, asking

VIDEO_ID = "formatsTest"
WATCH_URL = f"https://www.youtube.com/watch?v={VIDEO_ID}"
RECIPE = Recipe(seconds=1, heights=(144, 720), codecs=("h264", "vp9", "av1"))


@pytest.fixture(scope="module")
def origin() -> Iterator[Origin]:
    with Origin.start() as origin:
        yield origin


@pytest.fixture
def ask(origin: Origin, tmp_path: Path) -> Iterator[Ask]:
    with asking(origin, outtmpl=str(tmp_path / "%(format_id)s.%(ext)s")) as ask:
        yield ask


def formats_of(info: dict[str, Any], name: str) -> dict[str, Any]:
    """One field of each format, by its id."""
    return {each["format_id"]: each.get(name) for each in info["formats"]}


def size_of(info: dict[str, Any]) -> int:
    """The bytes of what was downloaded."""
    (download,) = info["requested_downloads"]
    return Path(download["filepath"]).stat().st_size


def test_smooth_and_hdr_twins_and_av1_are_offered_and_as_large_as_told(origin: Origin, ask: Ask) -> None:
    origin.add(Video(VIDEO_ID, recipe=RECIPE, offered=Offered(smooth=True, hdr=True)))

    info = ask(WATCH_URL, download=True, format="334")

    assert size_of(info) == formats_of(info, "filesize")["334"]
    assert {name: fps for name, fps in formats_of(info, "fps").items() if fps == 60} == {"298": 60, "302": 60}
    ranges = formats_of(info, "dynamic_range")
    assert [name for name, value in ranges.items() if value == "HDR10"] == ["334"]
    codecs = formats_of(info, "vcodec")
    assert (codecs["398"], codecs["302"], codecs["298"]) == ("av01.0.05M.08", "vp9", "avc1.42c01f")
    for twin in ("298", "302", "398"):
        assert size_of(ask(WATCH_URL, download=True, format=twin)) > 0, twin


def test_only_what_is_offered_is_offered(origin: Origin, ask: Ask) -> None:
    offered = Offered(heights=(144,), codecs=("vp9",), audio_codecs=("opus",), sizes=False)
    origin.add(Video(VIDEO_ID, recipe=RECIPE, offered=offered))

    sizes = formats_of(ask(WATCH_URL), "filesize")

    assert set(sizes) == {"18", "278", "251"}
    assert (sizes["278"], sizes["251"]) == (None, None)


def test_sound_comes_in_several_languages_and_each_is_another(origin: Origin, ask: Ask) -> None:
    origin.add(Video(VIDEO_ID, recipe=RECIPE, offered=Offered(audio_languages=("en", "de"))))

    fetched = {}
    for language in ("en", "de"):
        info = ask(WATCH_URL, download=True, format=f"bestaudio[ext=webm][language={language}]")
        (download,) = info["requested_downloads"]
        fetched[language] = Path(download["filepath"]).read_bytes()

    assert fetched["en"] != fetched["de"]
    preferences = {(each["language"], each["language_preference"]) for each in info["formats"] if each.get("language")}
    assert preferences == {("en", 10), ("de", -1)}
    assert "English original (default)" in {each["format_note"].partition(",")[0] for each in info["formats"]}
