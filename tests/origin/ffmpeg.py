"""The real ffmpeg, for making media; it takes no part in serving it."""

from __future__ import annotations

import functools
import shutil
import subprocess
from pathlib import Path

import imageio_ffmpeg


@functools.cache
def executable() -> str:
    """The ffmpeg of PATH, else the one of the wheel."""
    return shutil.which("ffmpeg") or str(imageio_ffmpeg.get_ffmpeg_exe())


@functools.cache
def version() -> str:
    """The first line ffmpeg says of itself: other builds make other bytes."""
    told = subprocess.run([executable(), "-version"], capture_output=True, text=True, check=True).stdout
    return told.splitlines()[0]


def run_ffmpeg(*arguments: str, folder: Path) -> None:
    """Run ffmpeg in `folder`. Raises RuntimeError with what it said when it fails."""
    argv = [executable(), "-v", "error", "-nostdin", "-y", *arguments]
    done = subprocess.run(argv, cwd=folder, capture_output=True, text=True, timeout=300, check=False)
    if done.returncode:
        raise RuntimeError(f"ffmpeg {' '.join(arguments)}: {done.stderr[-2000:]}")
