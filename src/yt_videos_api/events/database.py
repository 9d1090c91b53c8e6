"""Progress that other processes can see: a small SQLite file beside the truth, or an UNLOGGED table of PostgreSQL.

Neither costs an fsync. Both may be empty after a crash.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy import BigInteger, Column, Double, Engine, MetaData, Table, Text, create_engine, delete, event, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.schema import CreateTable

from yt_videos_api.domain.progress import Progress, Stage

log = structlog.get_logger()

_metadata = MetaData()
_progress = Table(
    "progress",
    _metadata,
    Column("download_id", Text, primary_key=True),
    Column("stage", Text, nullable=False),
    Column("percentage", Double, nullable=False),
    Column("done_bytes", BigInteger, nullable=False),
    Column("total_bytes", BigInteger),
    Column("bytes_per_second", Double),
    Column("eta_seconds", Double),
)


class DatabaseProgressBoard:
    """See ProgressBoard. `engine` stays the caller's when it is shared with the truth (`owned=False`)."""

    def __init__(self, engine: Engine, *, owned: bool) -> None:
        self._engine = engine
        self._owned = owned
        insert = postgresql.insert if engine.dialect.name == "postgresql" else sqlite.insert
        statement = insert(_progress)
        changed = {c.name: statement.excluded[c.name] for c in _progress.columns if c.name != "download_id"}
        self._upsert = statement.on_conflict_do_update(index_elements=["download_id"], set_=changed)

    def put(self, download_id: str, progress: Progress) -> None:
        """See ProgressBoard."""
        row = {name: getattr(progress, name) for name in Progress.__dataclass_fields__}
        row |= {"download_id": download_id, "stage": progress.stage.value}
        self._write(self._upsert.values(row))

    def get_many(self, download_ids: Collection[str]) -> dict[str, Progress]:
        """See ProgressBoard."""
        if not download_ids:
            return {}
        statement = select(_progress).where(_progress.c.download_id.in_(download_ids))
        try:
            with self._engine.connect() as connection:
                rows = [row._asdict() for row in connection.execute(statement)]
        except SQLAlchemyError as error:
            log.warning("progress_not_read", detail=str(error))
            return {}
        return {row.pop("download_id"): Progress(**{**row, "stage": Stage(row["stage"])}) for row in rows}

    def remove(self, download_id: str) -> None:
        """See ProgressBoard."""
        self._write(delete(_progress).where(_progress.c.download_id == download_id))

    def close(self) -> None:
        """See ProgressBoard."""
        if self._owned:
            self._engine.dispose()

    def _write(self, statement: Any) -> None:
        try:
            with self._engine.begin() as connection:
                connection.execute(statement)
        except SQLAlchemyError as error:
            log.warning("progress_not_written", detail=str(error))


def open_sqlite_board(path: Path) -> DatabaseProgressBoard:
    """The board of the embedded size: a file that is as fast as memory and may be lost."""
    engine = create_engine(f"sqlite:///{path}", connect_args={"check_same_thread": False})
    event.listen(engine, "connect", _prepare_sqlite)
    with engine.begin() as connection:
        connection.execute(CreateTable(_progress, if_not_exists=True))
    return DatabaseProgressBoard(engine, owned=True)


def _prepare_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA busy_timeout = 2000")
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = OFF")
    cursor.close()
