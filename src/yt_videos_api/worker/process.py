"""A process that works until it is told to stop."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from yt_videos_api.bootstrap import Container, build_container, build_worker
from yt_videos_api.cage.privacy import hide_process
from yt_videos_api.config import Settings
from yt_videos_api.log import configure_logging
from yt_videos_api.worker.loop import WorkerLoop


@contextmanager
def working(container: Container, *, threads: int) -> Iterator[WorkerLoop]:
    """Workers inside this process for as long as the context lasts; leaving it drains them."""
    hide_process()
    parts = build_worker(container)
    try:
        loop = WorkerLoop(container, parts, threads=threads)
        loop.start()
        try:
            yield loop
        finally:
            loop.drain(container.settings.drain_seconds)
    finally:
        parts.close()


def run_worker(settings: Settings) -> None:
    """`yt-videos worker` and `python -m yt_videos_api.worker`: work until SIGTERM or SIGINT; a second one hurries."""
    configure_logging(settings.log_level, as_json=settings.logs_json)
    stop = threading.Event()
    container = build_container(settings)
    loops: list[WorkerLoop] = []

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        if stop.is_set():
            for loop in loops:
                loop.hand_back_now()
        stop.set()

    signal.signal(signal.SIGTERM, on_signal)
    signal.signal(signal.SIGINT, on_signal)
    try:
        with working(container, threads=settings.workers) as loop:
            loops.append(loop)
            stop.wait()
    finally:
        container.close()
