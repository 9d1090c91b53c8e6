"""What runs inside a cage, seen from outside: a tool is started, watched, bounded and killed as a group."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Completed:
    """How a tool ended."""

    returncode: int  # negative: killed by that signal
    stdout: bytes  # at most 64 MiB
    stderr: bytes  # the last 16 KiB


class ToolRunner(Protocol):
    """Runs ffmpeg and ffprobe where they can do no harm: in the group, the folder and the limits of one run."""

    def run(self, argv: Sequence[str], *, folder: Path, timeout_seconds: float) -> Completed:
        """Run `argv` (no shell) with `folder` as its working directory and wait.

        Raises DownloadFailure("time_limit") when it takes longer than `timeout_seconds` (it is killed), and
        DownloadFailure("engine_crashed") when the cage itself dies.
        """
