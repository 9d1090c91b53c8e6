"""Alembic's entry: where the database is and how to reach it.

`alembic -x dbUrl=...` names it on the command line; `yt-videos migrate` and the tests hand over a connection.
"""

from __future__ import annotations

from typing import Any

from alembic import context
from sqlalchemy import Connection, text

from yt_videos_api.db.engine import SCHEMA, Database
from yt_videos_api.db.tables import Base

_MIGRATION_LOCK = 7_905_411_227  # any number that nobody else uses for pg_advisory_lock


def _run(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": _MIGRATION_LOCK})
        connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}"))
        connection.execute(text(f"SET search_path TO {SCHEMA}"))
        connection.commit()
        # Alembic compares without schema names: our schema has to look like the default one.
        connection.dialect.default_schema_name = SCHEMA
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=True,
        include_object=_is_ours,
        transaction_per_migration=True,
        user_module_prefix="",
    )
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()


def _is_ours(_thing: Any, name: str | None, kind: str, _reflected: bool, _compare_to: Any) -> bool:
    # Live progress on PostgreSQL is UNLOGGED and belongs to the events layer.
    return not (kind == "table" and name == "progress")


def main() -> None:
    """Run the migrations on the connection handed over, or on the database named with -x dbUrl=..."""
    connection: Connection | None = context.config.attributes.get("connection")
    if connection is not None:
        _run(connection)
        return
    url = context.get_x_argument(as_dictionary=True).get("dbUrl")
    if not url:
        raise SystemExit('Name the database: alembic -x dbUrl="postgresql://user:pass@localhost/db" upgrade head')
    database = Database(url)
    with database.engine.execution_options(schema_translate_map=None).connect() as own:
        _run(own)
    database.close()


main()
