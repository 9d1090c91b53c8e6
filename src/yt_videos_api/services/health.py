"""Whether this installation can do its work, and what stands in the way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from sqlalchemy import func, select

from yt_videos_api.db import queries
from yt_videos_api.db.engine import Database
from yt_videos_api.db.tables import Worker
from yt_videos_api.domain.errors import DownloadFailure, Unavailable
from yt_videos_api.services.clock import Now, utc_now
from yt_videos_api.services.installation import LibraryGuard
from yt_videos_api.services.quota import QuotaView
from yt_videos_api.storage.base import Library


class Status(StrEnum):
    """The whole in one word."""

    OK = "ok"
    DEGRADED = "degraded"  # jobs are accepted, and wait
    DOWN = "down"  # nothing can be accepted


@dataclass(frozen=True, slots=True)
class DiskSpace:
    """Room where files go."""

    path: str
    free_bytes: int
    reserve_bytes: int  # below this, jobs wait


@dataclass(frozen=True, slots=True)
class WorkersHealth:
    """Worker processes that gave a sign of life lately, and what waits for them."""

    alive: int
    queued: int


@dataclass(frozen=True, slots=True)
class Health:
    """The answer of GET /health. `problems` are whole sentences."""

    status: Status
    version: str
    database: str  # ok, or down
    library: DiskSpace | None
    staging: DiskSpace | None
    workers: WorkersHealth | None
    tools: dict[str, str]
    youtube_api: QuotaView | None  # None without a key
    problems: tuple[str, ...]


class HealthCheck:
    """Looks at the parts."""

    def __init__(
        self,
        database: Database,
        library: Library,
        guard: LibraryGuard,
        *,
        location: str,
        reserve_bytes: int,
        lease_seconds: float,
        version: str,
        tools: Callable[[], dict[str, str]],
        youtube_api: Callable[[], QuotaView] | None = None,
        now: Now = utc_now,
    ) -> None:
        self._database = database
        self._library = library
        self._guard = guard
        self._location = location
        self._reserve_bytes = reserve_bytes
        self._lease_seconds = lease_seconds
        self._version = version
        self._tools = tools
        self._youtube_api = youtube_api
        self._now = now

    def look(self) -> Health:
        """How things stand now."""
        problems: list[str] = []
        workers = self._look_at_workers(problems)
        space = self._look_at_library(problems)
        status = Status.DOWN if workers is None else Status.DEGRADED if problems else Status.OK
        return Health(
            status=status,
            version=self._version,
            database="down" if workers is None else "ok",
            library=space,
            # Staging lies inside the library folder, so that publishing is a rename.
            staging=DiskSpace(f"{space.path}/.staging", space.free_bytes, space.reserve_bytes) if space else None,
            workers=workers,
            tools=self._tools(),
            youtube_api=self._look_at_youtube_api() if workers else None,
            problems=tuple(problems),
        )

    def _look_at_workers(self, problems: list[str]) -> WorkersHealth | None:
        # Written every third of a lease; wall clocks of several hosts may differ a little.
        since = self._now() - timedelta(seconds=2 * self._lease_seconds + 5)
        try:
            with self._database.reading() as session:
                alive = session.scalar(select(func.count()).select_from(Worker).where(Worker.seen_at > since)) or 0
                queued = queries.count_unclaimed(session)
        except Unavailable as error:
            problems.append(f"The database does not answer: {error}.")
            return None
        if alive == 0:
            problems.append("No worker is alive: start one with `yt-videos worker`. Jobs are accepted and wait.")
        return WorkersHealth(alive, queued)

    def _look_at_youtube_api(self) -> QuotaView | None:
        """An empty quota is no problem: lists are read from the site then."""
        try:
            return self._youtube_api() if self._youtube_api else None
        except Unavailable:
            return None  # the database went away just now, which the next look will tell

    def _look_at_library(self, problems: list[str]) -> DiskSpace | None:
        try:
            problem = self._guard.problem()
            free = self._library.free_bytes()
        except DownloadFailure as failure:
            problems.append(failure.kind.message)
            return None
        if problem:
            problems.append(problem)
        elif unwritable := self._find_what_forbids_writing():
            problems.append(f"{unwritable.kind.message} {unwritable.kind.advice}")
        if free < self._reserve_bytes:
            problems.append(f"Only {free} bytes are free on the library's disk: jobs wait until there is more room.")
        return DiskSpace(self._location, free, self._reserve_bytes)

    def _find_what_forbids_writing(self) -> DownloadFailure | None:
        """Only asked of our own library: into the empty folder of an unmounted disk nothing is written."""
        try:
            self._library.probe()
        except DownloadFailure as failure:
            return failure
        return None
