"""INSERT ... ON CONFLICT DO NOTHING, which both databases know and SQLAlchemy spells per dialect."""

from __future__ import annotations

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
