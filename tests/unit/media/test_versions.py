"""What doctor says of FFmpeg versions."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from yt_videos_api.cage.base import Completed
from yt_videos_api.domain.errors import DownloadFailure
from yt_videos_api.media.tools import Tools
from yt_videos_api.media.versions import ToolVersion, judge, versions

TOOLS = Tools(Path("/opt/ffmpeg"), Path("/opt/ffprobe"), "setting")


class Answering:
    """A runner whose tools answer with a given line."""

    def __init__(self, line: str, returncode: int = 0) -> None:
        self.line = line
        self.returncode = returncode

    def run(self, argv: Sequence[str], *, folder: Path, timeout_seconds: float) -> Completed:
        assert folder
        assert timeout_seconds > 0
        return Completed(self.returncode, self.line.format(tool=Path(argv[0]).name).encode(), b"")


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("5.1.9-0+deb12u1", (5, 1, 9)),
        ("n9.0.2-17-g2a571b6068-20260930", (9, 0, 2)),
        ("7.1", (7, 1)),
        ("8.1.2", (8, 1, 2)),
        ("N-118000-gabcdef0123", ()),
        ("git-2018-01-01-abcdef0", ()),
    ],
)
def test_the_version_is_read_from_the_first_line(text: str, number: tuple[int, ...]) -> None:
    ffmpeg, ffprobe = versions(TOOLS, Answering(f"{{tool}} version {text} Copyright (c) 2000-2026\nbuilt with gcc"))
    assert ffmpeg == ToolVersion("ffmpeg", text, number)
    assert ffprobe == ToolVersion("ffprobe", text, number)


@pytest.mark.parametrize("runner", [Answering("{tool} version 7.1", returncode=1), Answering("GNU coreutils 9.1")])
def test_a_program_that_is_something_else_is_refused(runner: Answering) -> None:
    with pytest.raises(DownloadFailure) as refused:
        versions(TOOLS, runner)
    assert refused.value.code == "media_tool_failed"


def named(number: tuple[int, ...]) -> str:
    version = ToolVersion("ffmpeg", ".".join(map(str, number)), number)
    return " ".join(finding.message for finding in judge(version))


@pytest.mark.parametrize("number", [(8, 1, 2), (8, 0, 3), (7, 1, 5), (9, 0), (9, 0, 2), (8, 2)])
def test_mended_versions_are_fine(number: tuple[int, ...]) -> None:
    assert named(number) == ""


@pytest.mark.parametrize("number", [(8, 1, 1), (8, 1), (8, 0, 2), (7, 1, 4), (7, 0, 9), (6, 1, 2), (5, 1, 9), (4, 4)])
def test_versions_before_the_fix_of_pixelsmash_are_named(number: tuple[int, ...]) -> None:
    assert "CVE-2026-8461" in named(number)


def test_the_lies_of_5_1_are_named_for_5_1_alone() -> None:
    assert "full disk" in named((5, 1, 9))
    assert "full disk" not in named((6, 0))


def test_older_than_anything_tried_is_an_error() -> None:
    assert next(finding.severity for finding in judge(ToolVersion("ffprobe", "4.4", (4, 4)))) == "error"


def test_a_build_without_a_number_is_mentioned() -> None:
    (finding,) = judge(ToolVersion("ffmpeg", "N-118000", ()))
    assert finding.severity == "warning"
