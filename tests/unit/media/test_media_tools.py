"""Finding ffmpeg and ffprobe."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from yt_videos_api.domain.errors import Misconfigured
from yt_videos_api.media.tools import find_tools


def program(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def no_wheels(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "imageio_ffmpeg", None)


@pytest.fixture
def on_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is the whole of PATH."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


def test_settings_win_over_path(tmp_path: Path, on_path: Path) -> None:
    program(on_path / "ffmpeg"), program(on_path / "ffprobe")
    ffmpeg, ffprobe = program(tmp_path / "own" / "ffmpeg"), program(tmp_path / "own" / "ffprobe")
    found = find_tools(str(ffmpeg), str(ffprobe))
    assert (found.ffmpeg, found.ffprobe, found.source) == (ffmpeg, ffprobe, "setting")


def test_a_setting_may_be_a_name_on_path(on_path: Path) -> None:
    program(on_path / "ffmpeg7"), program(on_path / "ffprobe7")
    found = find_tools("ffmpeg7", "ffprobe7")
    assert (found.ffmpeg, found.ffprobe) == (on_path / "ffmpeg7", on_path / "ffprobe7")


def test_one_setting_is_completed_from_path(tmp_path: Path, on_path: Path) -> None:
    program(on_path / "ffmpeg"), program(on_path / "ffprobe")
    ffmpeg = program(tmp_path / "own" / "ffmpeg")
    found = find_tools(str(ffmpeg), None)
    assert (found.ffmpeg, found.ffprobe, found.source) == (ffmpeg, on_path / "ffprobe", "setting")


def test_a_setting_that_names_nothing_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="YT_VIDEOS_FFPROBE"):
        find_tools(None, str(tmp_path / "missing"))


def test_a_setting_that_cannot_be_run_is_refused(tmp_path: Path) -> None:
    (tmp_path / "ffmpeg").write_text("text")
    with pytest.raises(Misconfigured, match="YT_VIDEOS_FFMPEG"):
        find_tools(str(tmp_path / "ffmpeg"), None)


def test_the_pair_on_path_comes_before_the_wheels(on_path: Path) -> None:
    program(on_path / "ffmpeg"), program(on_path / "ffprobe")
    assert find_tools(None, None).source == "path"


def test_half_a_pair_on_path_is_passed_over(on_path: Path) -> None:
    program(on_path / "ffmpeg")
    found = find_tools(None, None)
    assert found.source == "wheel"
    assert on_path not in found.ffmpeg.parents


@pytest.mark.usefixtures("on_path", "no_wheels")
def test_without_any_the_answer_says_what_to_install() -> None:
    with pytest.raises(Misconfigured, match=r"install ffmpeg.*yt-videos-api\[full\].*YT_VIDEOS_FFMPEG"):
        find_tools(None, None)
