"""How much memory the product holds while nothing is asked of it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

import psutil

from bench.ours import SETTINGS
from tests.origin import Origin, Video, two_megabytes
from tests.product import Product

IDLE_SECONDS = 2.0  # stands for the five minutes of the default setting


@dataclass(frozen=True)
class IdleMemory:
    """PSS of the whole process tree: shared pages are counted once."""

    warm_bytes: int  # the forkserver is ready
    rested_bytes: int  # the forkserver has been stopped


def idle_memory(origin: Origin, folder: Path) -> IdleMemory:
    """Archive a few videos, then look twice."""
    folder.mkdir()
    product = Product(folder, origin, {**SETTINGS, "YT_VIDEOS_ENGINE_IDLE_SECONDS": "3600"})
    with product.serving() as server:
        for number in range(8):
            video = origin.add(Video(f"memory{number:05}", recipe=two_megabytes(number)))
            server.archive(video.id)
        warm = _tree(server.process.pid)
    product.settings["YT_VIDEOS_ENGINE_IDLE_SECONDS"] = str(IDLE_SECONDS)
    with product.serving() as server:
        for number in range(8, 16):
            video = origin.add(Video(f"memory{number:05}", recipe=two_megabytes(number)))
            server.archive(video.id)
        time.sleep(IDLE_SECONDS + 8)
        return IdleMemory(warm, _tree(server.process.pid))


def _tree(pid: int) -> int:
    root = psutil.Process(pid)
    return sum(process.memory_full_info().pss for process in (root, *root.children(recursive=True)))
