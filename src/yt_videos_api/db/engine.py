"""The one way to the database: transactions that write, and readings that do not, on SQLite and on PostgreSQL."""

from __future__ import annotations

import hashlib
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, TypeVar

import structlog
from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolExhausted
from sqlalchemy.orm import Session

from yt_videos_api.domain.errors import Misconfigured, Unavailable

SCHEMA = "yt_videos"
BUSY_SECONDS = 10  # how long a transaction waits for the locks of others before it raises Unavailable

# A worker that is frozen in the middle of a transaction must not hold its locks for ever, nor a network that swallows
# packets hold us: the server ends such sessions, and both sides probe silent connections.
_POSTGRES_OPTIONS = (
    f"-c lock_timeout={BUSY_SECONDS}s -c idle_in_transaction_session_timeout=30s"
    " -c tcp_keepalives_idle=10 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3"
)
_POSTGRES_CONNECTION = {
    "connect_timeout": 5,
    "application_name": "yt-videos-api",
    "client_encoding": "utf8",  # also where the database was made without any (SQL_ASCII)
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
    "options": _POSTGRES_OPTIONS,
}

_ADVISORY_KEY_HOLDERS = text(
    "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 1"
    " AND (classid::bigint << 32 | objid::bigint) = :key"
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)

log = structlog.get_logger()
T = TypeVar("T")


class Database:
    """A pool of connections to one database. Safe to share between threads, not across fork."""

    def __init__(self, url: str, *, pool_size: int = 10) -> None:
        self._engine = _build_engine(url, pool_size)
        self.is_sqlite = self._engine.dialect.name == "sqlite"
        # Deferred transactions that read and then write fail at once with SQLITE_BUSY_SNAPSHOT when another writer was
        # faster (measured: 1,444 of 2,000). BEGIN IMMEDIATE waits its turn instead.
        self._writer = self._engine.execution_options(sqlite_begin="IMMEDIATE") if self.is_sqlite else self._engine
        self._impatient = threading.Event()

    @property
    def engine(self) -> Engine:
        """For migrations and the progress table; everybody else uses `transaction` and `reading`."""
        return self._engine

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """A transaction that may write; committed at the end, rolled back by any exception.

        Raises Unavailable when the database cannot be reached or stays locked. When that happens at the commit the
        outcome is unknown: read again before repeating anything.
        """
        with _translated(), Session(self._writer, expire_on_commit=False) as session, session.begin():
            yield session

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A consistent look without write locks. Raises Unavailable."""
        with _translated(), Session(self._engine, expire_on_commit=False) as session:
            yield session

    def retrying(
        self, work: Callable[[Session], T], *, patience_seconds: float, committed: Callable[[], None] = lambda: None
    ) -> T:
        """Run `work` in a transaction, again and again while the database is away, for `patience_seconds`.

        `work` must be safe to repeat even when an earlier commit of it did go through; tests let `committed`, which is
        called after each commit, raise Unavailable to prove that.
        """
        deadline = time.monotonic() + patience_seconds
        pause = 0.1
        while True:
            try:
                with self.transaction() as session:
                    result = work(session)
                committed()
            except Unavailable as error:
                if time.monotonic() + pause > deadline or self._impatient.is_set():
                    raise
                log.warning("database_unavailable", detail=str(error), next_try_seconds=pause)
                self._impatient.wait(pause)
                pause = min(pause * 2, 5.0)
            else:
                return result

    def stop_waiting(self) -> None:
        """This process is about to end: from now on `retrying` gives up at the first refusal."""
        self._impatient.set()

    @contextmanager
    def connected(self) -> Iterator[Connection]:
        """A bare connection in which no schema is put before table names, for migrations. Raises Unavailable."""
        with _translated(), self._engine.execution_options(schema_translate_map=None).connect() as connection:
            yield connection

    @contextmanager
    def advisory_lock(self, name: str, *, patience_seconds: float = 5.0) -> Iterator[None]:
        """Hold the lock `name` against all other processes; PostgreSQL lets go of it when this process dies.

        Only who holds the lease asks for it. So whoever still has it after `patience_seconds` has lost that lease and
        sleeps: its session is ended, and the epoch stops it when it wakes up. SQLite needs no lock: all its processes
        are on one host, where the staging lock keeps them apart. Raises Unavailable.
        """
        if self.is_sqlite:
            yield
            return
        key = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], signed=True)
        with _translated(), self._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            if not _try_advisory_lock(connection, key, patience_seconds):
                log.warning("lock_holder_ended", lock=name)
                connection.execute(_ADVISORY_KEY_HOLDERS, {"key": key})
                if not _try_advisory_lock(connection, key, patience_seconds):
                    raise Unavailable(f"another process holds the lock {name}")
            try:
                yield
            finally:
                with suppress(DBAPIError):
                    connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": key})

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()


def _try_advisory_lock(connection: Connection, key: int, patience_seconds: float) -> bool:
    deadline = time.monotonic() + patience_seconds
    while not connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": key}):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (OperationalError, InterfaceError) as error:
        raise Unavailable(f"the database does not answer: {_first_line(error)}") from error
    except PoolExhausted as error:
        raise Unavailable("all connections to the database are in use") from error
    except DBAPIError as error:
        if error.connection_invalidated:
            raise Unavailable(f"the database connection broke: {_first_line(error)}") from error
        if type(error.orig) is sqlite3.DatabaseError:  # not one of its kinds: SQLITE_NOTADB, SQLITE_CORRUPT
            raise Unavailable(f"the database file is damaged, restore a backup: {_first_line(error)}") from error
        raise


def _first_line(error: DBAPIError) -> str:
    """The line that says what happened; PostgreSQL's second one only asks back."""
    return str(error.orig).partition("\n")[0]


def normalise_url(url: str) -> str:
    """Accept the addresses people write (postgresql://, postgres://) and name our driver."""
    for prefix in ("postgresql://", "postgres://"):
        if url.startswith(prefix):
            return "postgresql+psycopg://" + url.removeprefix(prefix)
    if url.startswith(("postgresql+psycopg://", "sqlite:///")):
        return url
    raise Misconfigured("YT_VIDEOS_DATABASE_URL must begin with sqlite:/// or postgresql://")


def _build_engine(url: str, pool_size: int) -> Engine:
    try:
        parsed = make_url(normalise_url(url))
    except (ArgumentError, ValueError):
        # Its own words are not repeated: they may hold the password.
        raise Misconfigured(
            "YT_VIDEOS_DATABASE_URL is not of the form postgresql://user:password@host:port/database"
        ) from None
    if parsed.get_backend_name() == "sqlite":
        engine = create_engine(parsed, pool_size=pool_size, max_overflow=10, connect_args={"check_same_thread": False})
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    return create_engine(
        parsed,
        pool_size=pool_size,
        max_overflow=10,
        pool_pre_ping=True,
        connect_args=_POSTGRES_CONNECTION,
        execution_options={"schema_translate_map": {None: SCHEMA}},
    )


def _prepare_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    connection.isolation_level = None  # we begin transactions ourselves, see _begin_sqlite
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {BUSY_SECONDS * 1000}")
    cursor.execute("PRAGMA journal_mode = WAL")
    # NORMAL loses committed rows at a power cut (measured: 200 of 200); FULL loses none.
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    mode = connection.get_execution_options().get("sqlite_begin", "DEFERRED")
    connection.exec_driver_sql(f"BEGIN {mode}")
