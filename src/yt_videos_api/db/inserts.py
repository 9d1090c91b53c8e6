"""INSERT ... ON CONFLICT DO NOTHING, which both databases know and SQLAlchemy spells per dialect."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import inspect
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from yt_videos_api.db.tables import Base


def insert_unless_exists(session: Session, table: type[Base], **values: Any) -> bool:
    """Insert a row; False when a unique index already holds one like it. The transaction goes on either way."""
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    # RETURNING, since the row count of such an insert is -1 with psycopg.
    key = inspect(table).primary_key[0]
    statement = insert(table).values(**values).on_conflict_do_nothing().returning(key)
    return session.execute(statement).first() is not None


def insert_missing(session: Session, table: type[Base], rows: Sequence[Mapping[str, Any]]) -> set[Any]:
    """Insert those of `rows` that no unique index holds already; the primary keys of the new ones.

    All rows name the same columns. Two transactions that insert some of the same rows do not deadlock when both hand
    them over in the order of that index.
    """
    if not rows:
        return set()
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    key = inspect(table).primary_key[0]
    # Not `.values(rows)`: that is compiled anew for every page of a list (measured: half of the time of a listing).
    statement = insert(table.metadata.tables[table.__tablename__]).on_conflict_do_nothing().returning(key)
    return set(session.scalars(statement, list(rows)))


def column_values(row: Base) -> dict[str, Any]:
    """The columns of a row that was not added to any session, as `insert_unless_exists` takes them."""
    return {column.key: getattr(row, column.key) for column in inspect(type(row)).column_attrs}
