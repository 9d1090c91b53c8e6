"""What is good and what is missing on this system, said in whole sentences."""

from __future__ import annotations

import platform
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from importlib.metadata import version

from yt_videos_api.cage import landlock, seccomp
from yt_videos_api.cage.base import ToolRunner
from yt_videos_api.domain.errors import DownloadFailure
from yt_videos_api.media.tools import Tools
from yt_videos_api.media.versions import judge, versions

YTDLP_FLOOR = (2026, 7, 4)  # older ones can be made to write files of an attacker's choice (CVE-2026-55404)
YTDLP_STALE_DAYS = 60  # YouTube changes faster than that
LANDLOCK_NETWORK_ABI = 4


class Severity(StrEnum):
    """How bad a finding is."""

    OK = "ok"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    area: str
    severity: Severity
    message: str
    advice: str = ""


def examine_engine(today: datetime | None = None) -> list[Finding]:
    """yt-dlp itself."""
    text = version("yt-dlp")
    year, month, day = (int(part) for part in text.split(".")[:3])
    number = (year, month, day)
    age = ((today or datetime.now(UTC)) - datetime(year, month, day, tzinfo=UTC)).days
    if number < YTDLP_FLOOR:
        finding = Finding("yt-dlp", Severity.ERROR, f"yt-dlp {text} has known security holes.", "Upgrade yt-dlp.")
    elif age > YTDLP_STALE_DAYS:
        finding = Finding("yt-dlp", Severity.WARNING, f"yt-dlp {text} is {age} days old.", "Upgrade yt-dlp.")
    else:
        finding = Finding("yt-dlp", Severity.OK, f"yt-dlp {text}.")
    return [finding]


def examine_media(tools: Tools, runner: ToolRunner) -> list[Finding]:
    """ffmpeg and ffprobe."""
    try:
        found = versions(tools, runner)
    except DownloadFailure as failure:
        return [Finding("ffmpeg", Severity.ERROR, f"{tools.ffmpeg} does not work: {failure.detail}.", "Reinstall it.")]
    findings = []
    for tool in found:
        known = judge(tool)
        findings += [Finding(tool.tool, Severity(entry.severity), f"{entry.message}.", entry.advice) for entry in known]
        if not known:
            findings.append(Finding(tool.tool, Severity.OK, f"{tool.tool} {tool.text} ({tools.source})."))
    return findings


def examine_cage() -> list[Finding]:
    """Which walls stand around yt-dlp and ffmpeg on this system."""
    return [
        Finding("cage: gate", Severity.OK, "All traffic goes through the egress gate; private addresses are refused."),
        Finding("cage: limits", Severity.OK, "File size, memory and time of every run are bounded by the kernel."),
        Finding("cage: groups", Severity.OK, "Every run is a process group of its own that dies with its worker."),
        _examine_seccomp(),
        _examine_landlock(),
    ]


def _examine_seccomp() -> Finding:
    if seccomp.available():
        return Finding("cage: seccomp", Severity.OK, "No process of a run can leave its group.")
    message = "No seccomp filter here: processes that leave their group are hunted down when the run ends."
    return Finding("cage: seccomp", Severity.WARNING, message, "Use Linux on x86-64 or aarch64.")


def _examine_landlock() -> Finding:
    abi = landlock.abi()
    if abi == 0:
        message = f"This kernel ({platform.release()}) has no Landlock: a broken yt-dlp could read this user's files."
        return Finding("cage: landlock", Severity.WARNING, message, "Use Linux 5.13 or newer with Landlock enabled.")
    if abi < LANDLOCK_NETWORK_ABI:
        message = f"Landlock ABI {abi} guards files, but not the network; the gate can be gone around by native code."
        return Finding("cage: landlock", Severity.WARNING, message, "Use Linux 6.7 or newer.")
    return Finding("cage: landlock", Severity.OK, f"Landlock ABI {abi} guards files and the network.")


def examine_python() -> Finding:
    """The interpreter."""
    number = ".".join(str(part) for part in sys.version_info[:3])
    return Finding("python", Severity.OK, f"Python {number}.")
