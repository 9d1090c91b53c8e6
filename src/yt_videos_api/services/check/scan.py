"""Reading whole tables in batches: neither memory nor locks grow with the archive."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from sqlalchemy import Row, Select
from sqlalchemy.orm import InstrumentedAttribute, Session

from yt_videos_api.db.engine import Database

BATCH = 500
T = TypeVar("T")


@contextmanager
def snapshot(database: Database) -> Iterator[Session]:
    """A look at one moment of all tables: SQLite's readings always are one, PostgreSQL's only on demand."""
    with database.reading() as session:
        if not database.is_sqlite:
            session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
        yield session


def batches(
    database: Database,
    statement: Select[*tuple[Any, ...]],
    key: InstrumentedAttribute[str],
    load: Callable[[Session, Sequence[Row[*tuple[Any, ...]]]], T],
) -> Iterator[T]:
    """What `load` makes of each BATCH rows of `statement`, in the order of `key`, which is the id of its first entity.

    `load` sees the rows and their neighbours at one moment; between batches nothing is held open.
    """
    last = ""
    while True:
        with snapshot(database) as session:
            rows = session.execute(statement.where(key > last).order_by(key).limit(BATCH)).all()
            loaded = load(session, rows)
        if not rows:
            return
        yield loaded
        last = rows[-1][0].id
