"""Services on both databases, without processes: the parts a use case needs, real ones."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.servers.postgres import fresh_database
from yt_videos_api.cage.machine import this_machine
from yt_videos_api.db import migrate
from yt_videos_api.db.engine import Database
from yt_videos_api.dispatch.local import LocalAnnouncer
from yt_videos_api.domain.policy import ContainerPolicy
from yt_videos_api.domain.targets import EntityType
from yt_videos_api.events.memory import MemoryProgressBoard
from yt_videos_api.services.downloads import LostFiles
from yt_videos_api.services.faults import FaultPlan
from yt_videos_api.services.installation import LibraryGuard
from yt_videos_api.services.jobs import Jobs
from yt_videos_api.services.leases import Leases
from yt_videos_api.services.submit import JobRequest, Submission, UrlRules
from yt_videos_api.services.trash import Trash
from yt_videos_api.storage.local import LocalLibrary

LIBRARY_UUID = "00000000-0000-4000-8000-000000000000"


def _migrate(url: str) -> None:
    with closing(Database(url)) as database:
        migrate.upgrade(database)


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated database to be copied: to migrate one for each test would take longer than most tests."""
    path = tmp_path_factory.mktemp("migrated") / "migrated.db"
    _migrate(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def migrated_postgres(postgres_server_url: str) -> Iterator[str]:
    """The name of the same on PostgreSQL."""
    with fresh_database(postgres_server_url) as url:
        _migrate(url)
        yield urlsplit(url).path.removeprefix("/")


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """An empty, migrated database; every test that takes it runs on both kinds."""
    with ExitStack() as stack:
        if request.param == "sqlite":
            url = f"sqlite:///{shutil.copy(request.getfixturevalue('migrated_sqlite'), tmp_path / 'test.db')}"
        else:
            server_url, template = (
                request.getfixturevalue(name) for name in ("postgres_server_url", "migrated_postgres")
            )
            url = stack.enter_context(fresh_database(server_url, template=template))
        yield stack.enter_context(closing(Database(url)))


@dataclass
class Clock:
    """Both clocks of the services, moved by hand."""

    moment: datetime = datetime(2026, 1, 1, tzinfo=UTC)
    seconds: float = 0.0

    def now(self) -> datetime:
        """The wall clock."""
        return self.moment

    def monotonic(self) -> float:
        """The clock of leases."""
        return self.seconds

    def advance(self, seconds: float) -> None:
        """Let time go by on both."""
        self.moment += timedelta(seconds=seconds)
        self.seconds += seconds


@dataclass
class Archive:
    """An installation without processes."""

    database: Database
    library: LocalLibrary
    clock: Clock
    board: MemoryProgressBoard = field(default_factory=MemoryProgressBoard)
    announcer: LocalAnnouncer = field(default_factory=LocalAnnouncer)

    @property
    def submission(self) -> Submission:
        """Accepts jobs."""
        return Submission(
            self.database,
            self.lost_files,
            self.announcer,
            url_rules=UrlRules(),
            faults=FaultPlan(),
            now=self.clock.now,
        )

    @property
    def guard(self) -> LibraryGuard:
        """Knows whether the library is the one of this database."""
        return LibraryGuard(self.library, LIBRARY_UUID)

    @property
    def trash(self) -> Trash:
        """What takes files out of the archive on purpose."""
        return Trash(
            self.database, self.library, LibraryGuard(self.library, LIBRARY_UUID), kept_seconds=3600, now=self.clock.now
        )

    @property
    def lost_files(self) -> LostFiles:
        """Notices archived files that were deleted by hand."""
        return LostFiles(self.database, self.library, self.guard, now=self.clock.now)

    @property
    def jobs(self) -> Jobs:
        """Looks at jobs and cancels them."""
        return Jobs(self.database, self.board, self.announcer, now=self.clock.now)

    def leases(self, *, lease_seconds: float = 30.0) -> Leases:
        """The leases of one more worker, which is registered."""
        leases = Leases(
            self.database,
            this_machine(),
            lease_seconds=lease_seconds,
            now=self.clock.now,
            monotonic=self.clock.monotonic,
        )
        leases.register(threads=1)
        return leases

    def submit(self, entity_id: str = "aaaaaaaaaaa", *, key: str | None = None, **choices: Any) -> str:
        """Accept a job for a YouTube video, or for any other address; its id."""
        kind = EntityType.URL if "://" in entity_id else EntityType.VIDEO
        request = JobRequest(kind, entity_id, ContainerPolicy.WEBM, **choices)
        return self.submission.submit(request, idempotency_key=key).job_id


@pytest.fixture
def archive(database: Database, tmp_path: Path) -> Archive:
    """An empty archive."""
    root = tmp_path / "library"
    root.mkdir()
    library = LocalLibrary(root)
    library.write_marker(LIBRARY_UUID)
    return Archive(database, library, Clock())
