"""Our side: `yt-videos serve` as anybody starts it, driven over HTTP."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx2

from tests.origin import Origin
from tests.product import Product, Server

SETTINGS = {"YT_VIDEOS_PLAYER_CLIENTS": "default", "YT_VIDEOS_CONTAINER_POLICY": "mp4"}
LOOK_SECONDS = 0.02  # asking without pause would take the very processor that works


class Ours:
    """A running product with an empty library."""

    def __init__(self, server: Server) -> None:
        self._client = httpx2.Client(base_url=server.url, timeout=120, trust_env=False)

    @classmethod
    @contextmanager
    def started(cls, origin: Origin, folder: Path) -> Iterator[Ours]:
        """Start it; it ends with the block."""
        folder.mkdir()
        with Product(folder, origin, dict(SETTINGS)).serving() as server:
            ours = cls(server)
            try:
                yield ours
            finally:
                ours._client.close()

    def archive(self, video_ids: Sequence[str]) -> float:
        """Seconds from the first POST to the moment the last job is DONE."""
        started = time.perf_counter()
        jobs = [self._submit(video_id) for video_id in video_ids]
        while jobs:
            job = self._client.get(f"/jobs/{jobs[0]}").json()
            if job["state"] == "DONE":
                jobs.pop(0)
            elif job["state"] in ("PENDING", "IN_PROGRESS"):
                time.sleep(LOOK_SECONDS)
            else:
                raise RuntimeError(f"{job['state']}: {job['error']}")
        return time.perf_counter() - started

    def _submit(self, video_id: str) -> str:
        answer = self._client.post("/jobs", json={"entity_type": "video", "entity_id": video_id})
        answer.raise_for_status()
        job_id: str = answer.json()["id"]
        return job_id
