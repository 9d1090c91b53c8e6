"""One installation under attack: what is asked of it, what it wrote down, and what lies in its library."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from sqlalchemy import select

from tests.crash.streams import stream_hashes
from tests.origin import Origin, Recipe, Video
from tests.origin.media import folder_of
from tests.product import Product, Server
from tests.servers.postgres import fresh_database
from yt_videos_api.db.engine import Database
from yt_videos_api.db.tables import Download, JobVideo, Run, Work

SMALL = Recipe(pattern=0, seconds=1, heights=(144, 240))
_SETTINGS = {
    "YT_VIDEOS_TESTING": "true",
    "YT_VIDEOS_WORKERS": "1",
    "YT_VIDEOS_PLAYER_CLIENTS": "default",
    "YT_VIDEOS_POLL_SECONDS": "0.1",
    "YT_VIDEOS_LOG_FORMAT": "json",
}
_numbers = count()


@dataclass(frozen=True)
class Rows:
    """What the database says of one download, at one moment."""

    download: Download
    work: Work | None
    runs: list[Run]

    @property
    def outcomes(self) -> list[str | None]:
        """How its runs ended, in order; None for one that has not."""
        return [run.outcome for run in self.runs]


@dataclass
class Installation:
    """A product, its API, its database and the sites around it."""

    product: Product
    api: Server
    database: Database
    origin: Origin
    on_postgres: bool
    jobs: list[str] = field(default_factory=list)

    def publish(self, recipe: Recipe = SMALL) -> str:
        """A new video on YouTube; its id."""
        video_id = f"crash{os.getpid() % 1000:03}{next(_numbers):03}"
        self.origin.add(Video(video_id, recipe=recipe))
        return video_id

    def submit(self, video_id: str, **choices: Any) -> str:
        """A job for it; its id."""
        job_id: str = self.api.submit(video_id, **choices)["id"]
        self.jobs.append(job_id)
        return job_id

    def rows(self, job_id: str) -> Rows:
        """What is written down of the job's only download."""
        with self.database.reading() as session:
            item = session.scalars(select(JobVideo).where(JobVideo.job_id == job_id)).one()
            download = session.get_one(Download, item.download_id)
            work = session.scalars(select(Work).where(Work.download_id == download.id)).one_or_none()
            runs = session.scalars(select(Run).where(Run.download_id == download.id).order_by(Run.epoch)).all()
        return Rows(download, work, list(runs))

    def recover(self) -> None:
        """Let a healthy worker finish everything that was ever submitted."""
        with self.product.worker(YT_VIDEOS_WORKERS="2") as worker:
            for job_id in self.jobs:
                try:
                    self.api.wait_until_ended(job_id)
                except AssertionError as error:
                    raise AssertionError(f"{error}\n{worker.output()}") from None

    def files_of(self, video_id: str) -> list[Path]:
        """What is visible in the library of a video."""
        return [path for path in self.product.media_files() if f"[{video_id}]" in path.name]

    def assert_archived_once(
        self,
        job_id: str,
        video_id: str,
        *,
        recipe: Recipe = SMALL,
        streams: Sequence[str] = ("vp9-240.webm", "opus.webm"),
    ) -> None:
        """The job is done, and the library has one media file with the very packets the site has (and its cover)."""
        job = self.api.job(job_id)
        assert job["state"] == "DONE", job
        media = self.product.library / job["file"]["path"]
        sidecars = [self.product.library / sidecar["path"] for sidecar in job["file"]["sidecars"]]
        assert sorted(self.files_of(video_id)) == sorted([media, *sidecars]), job
        assert hashlib.sha256(media.read_bytes()).hexdigest() == job["file"]["sha256"]
        source = folder_of(recipe)
        assert stream_hashes(media) >= set().union(*(stream_hashes(source / name) for name in streams))


@contextmanager
def installed(folder: Path, origin: Origin, postgres_server_url: str | None) -> Iterator[Installation]:
    """An installation with its API running; on SQLite unless a PostgreSQL server is named."""
    if postgres_server_url is None:
        with _running(Product(folder, origin, dict(_SETTINGS)), origin, on_postgres=False) as running:
            yield running
        return
    with fresh_database(postgres_server_url) as url, installed_on(url, folder, origin) as running:
        yield running


@contextmanager
def installed_on(database_url: str, folder: Path, origin: Origin) -> Iterator[Installation]:
    """An installation on an empty PostgreSQL database."""
    product = Product(folder, origin, {**_SETTINGS, "YT_VIDEOS_DATABASE_URL": database_url})
    migrated = product.command("migrate")
    assert migrated.returncode == 0, migrated.stderr
    with _running(product, origin, on_postgres=True) as running:
        yield running


@contextmanager
def _running(product: Product, origin: Origin, *, on_postgres: bool) -> Iterator[Installation]:
    with product.api() as api:
        url = product.settings.get("YT_VIDEOS_DATABASE_URL", f"sqlite:///{product.state / 'yt-videos.db'}")
        database = Database(url, pool_size=2)
        try:
            yield Installation(product, api, database, origin, on_postgres)
        finally:
            database.close()


def wait_until(condition: Callable[[], bool], what: str, timeout_seconds: float = 30) -> None:
    """Wait until `condition` holds."""
    deadline = time.monotonic() + timeout_seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {timeout_seconds} s: {what}"
        time.sleep(0.02)
