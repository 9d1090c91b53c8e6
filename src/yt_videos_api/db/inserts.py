"""INSERT ... ON CONFLICT DO NOTHING, which both databases know and SQLAlchemy spells per dialect."""

from __future__ import annotations

from typing import Any

from sqlalchemy import CursorResult
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from yt_videos_api.db.tables import Base


def insert_unless_exists(session: Session, table: type[Base], **values: Any) -> bool:
    """Insert a row; False when a unique index already holds one like it. The transaction goes on either way."""
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    result = session.execute(insert(table).values(**values).on_conflict_do_nothing())
    assert isinstance(result, CursorResult)
    return result.rowcount == 1
