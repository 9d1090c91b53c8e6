"""Counting what costs: system calls that wait for the disk, and starts of programs. Needs strace."""

from __future__ import annotations

import re
import shutil
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

from bench.ours import SETTINGS
from tests.origin import Origin, Video, two_megabytes
from tests.product import Product

VIDEOS = 10
# Where calls begin: with several threads a call that waits is told in two lines, and only the second has the result.
_SYNC = re.compile(rb"^\d+ +f(?:data)?sync\(", re.MULTILINE)
_EXEC = re.compile(rb'^\d+ +execve\("[^"]*/(ffmpeg|ffprobe)[^"/]*"', re.MULTILINE)


@dataclass(frozen=True)
class Counts:
    """Means per video."""

    syncs: float
    ffmpeg_starts: float
    ffprobe_starts: float


def count_calls(origin: Origin, folder: Path) -> Counts | None:
    """Archive some videos under strace; None where there is no strace."""
    if shutil.which("strace") is None:
        return None
    folder.mkdir()
    trace = folder / "trace"
    product = Product(folder, origin, dict(SETTINGS))
    with product.serving() as server:
        warm = origin.add(Video("countedWarm", recipe=two_megabytes(0)))
        server.archive(warm.id)
        argv = ["strace", "-f", "-qq", "-e", "trace=fsync,fdatasync,execve", "-o", str(trace)]
        with subprocess.Popen([*argv, "-p", str(server.process.pid)]) as tracer:
            forkserver = _forkserver_of(server.process.pid)
            with subprocess.Popen([*argv[:-1], f"{trace}.engine", "-p", str(forkserver)]) as engine_tracer:
                _wait_until_traced(server.process.pid, forkserver)
                for number in range(VIDEOS):
                    video = origin.add(Video(f"counted{number:04}", recipe=two_megabytes(number)))
                    server.archive(video.id)
                engine_tracer.terminate()
            tracer.terminate()
    lines = trace.read_bytes() + Path(f"{trace}.engine").read_bytes()
    starts = [match[1] for match in _EXEC.finditer(lines)]
    return Counts(
        len(_SYNC.findall(lines)) / VIDEOS,
        starts.count(b"ffmpeg") / VIDEOS,
        starts.count(b"ffprobe") / VIDEOS,
    )


def _forkserver_of(pid: int) -> int:
    return next(child.pid for child in psutil.Process(pid).children() if "forkserver" in " ".join(child.cmdline()))


def _wait_until_traced(*pids: int) -> None:
    while not all("TracerPid:\t0\n" not in Path(f"/proc/{pid}/status").read_text() for pid in pids):
        time.sleep(0.05)
