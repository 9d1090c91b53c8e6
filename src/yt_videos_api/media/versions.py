"""What `doctor` says of the FFmpeg versions in use."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from yt_videos_api.cage.base import ToolRunner
from yt_videos_api.domain.errors import DownloadFailure
from yt_videos_api.media.tools import Tools

_FIRST_LINE = re.compile(r"^(?:ffmpeg|ffprobe) version (?P<text>\S+)")
# "8.1.2", "n9.0.2-17-g2a571b6068", "5.1.9-0+deb12u1"; a git build such as "N-118000-gabcdef" carries no number.
_NUMBER = re.compile(r"^n?(?P<number>\d+(?:\.\d+){1,2})(?=[-+~]|$)")
_START_SECONDS = 20.0

# CVE-2026-8461 "PixelSmash" (heap write in the MagicYUV decoder) is fixed from these on, per release line.
_PIXELSMASH_FIXED: dict[tuple[int, ...], tuple[int, ...]] = {(7, 1): (7, 1, 5), (8, 0): (8, 0, 3), (8, 1): (8, 1, 2)}


@dataclass(frozen=True, slots=True)
class ToolVersion:
    """What a tool says of itself. `number` is empty for builds from a git checkout."""

    tool: Literal["ffmpeg", "ffprobe"]
    text: str
    number: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing known to be wrong with a version."""

    severity: Literal["error", "warning"]
    message: str
    advice: str


def versions(tools: Tools, runner: ToolRunner) -> tuple[ToolVersion, ToolVersion]:
    """The versions of ffmpeg and of ffprobe, in this order.

    Raises DownloadFailure("media_tool_failed") when one does not start or is something else.
    """
    return _version("ffmpeg", tools.ffmpeg, runner), _version("ffprobe", tools.ffprobe, runner)


def _version(tool: Literal["ffmpeg", "ffprobe"], program: Path, runner: ToolRunner) -> ToolVersion:
    done = runner.run([str(program), "-version"], folder=program.parent, timeout_seconds=_START_SECONDS)
    line = _FIRST_LINE.match(done.stdout.decode("utf-8", "replace"))
    if done.returncode != 0 or line is None:
        raise DownloadFailure("media_tool_failed", f"{tool} -version ended with {done.returncode}")
    number = _NUMBER.match(line["text"])
    parts = tuple(int(part) for part in number["number"].split(".")) if number else ()
    return ToolVersion(tool, line["text"], parts)


def judge(version: ToolVersion) -> list[Finding]:
    """Everything known to be wrong with this version; nothing for an unknown one but that it is unknown."""
    if not version.number:
        return [Finding("warning", f"{version.tool} {version.text} tells no release number", "Use a release.")]
    name, findings = f"{version.tool} {version.text}", []
    if version.number < (5, 1):
        findings.append(Finding("error", f"{name} is older than 5.1, the oldest one tried", "Upgrade ffmpeg."))
    if version.number < _pixelsmash_fix(version.number):
        findings.append(
            Finding(
                "warning",
                f"{name} is older than the fix of CVE-2026-8461 (a crafted video runs code)",
                "Upgrade to 8.1.2, 8.0.3 or 7.1.5, unless your distribution says it has mended its own.",
            )
        )
    if version.number < (6,):
        findings.append(
            Finding(
                "warning",
                f"{name} can answer success on a full disk and follows playlists that pose as videos",
                "Both are guarded against here; upgrade when you can.",
            )
        )
    return findings


def _pixelsmash_fix(number: tuple[int, ...]) -> tuple[int, ...]:
    """The first mended release of the same line; a line without one is only safe when it is newer than all of them."""
    return _PIXELSMASH_FIXED.get(number[:2], max(_PIXELSMASH_FIXED.values()))
