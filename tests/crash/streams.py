"""What is in a media file, whatever container it is in: a hash over the packets of each of its streams."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.origin.ffmpeg import executable


def stream_hashes(path: Path) -> set[str]:
    """One hash for each sound and each picture stream."""
    packets = ("-map", "0:v?", "-map", "0:a?", "-c", "copy", "-f", "streamhash", "-")
    argv = [executable(), "-v", "error", "-nostdin", "-i", str(path), *packets]
    told = subprocess.run(argv, capture_output=True, text=True, check=True, timeout=60).stdout
    return {line.rpartition("=")[2] for line in told.splitlines()}
