"""Bringing a database to the version this program was written for."""

from __future__ import annotations

import fcntl
from enum import Enum
from pathlib import Path

from sqlalchemy import Connection, column, inspect, select, table

from yt_videos_api.db.engine import SCHEMA, Database
from yt_videos_api.domain.errors import Misconfigured

_VERSIONS = Path(__file__).parent / "migrations" / "versions"
_VERSION_TABLE = "alembic_version"


class Version(Enum):
    """How the database stands to this program."""

    CURRENT = "current"
    BEHIND = "behind"
    AHEAD = "ahead"  # a newer program was here; migrations are such that older ones can go on


def compare(database: Database) -> Version:
    """Compare the database with the newest migration this program has."""
    known = known_revisions()
    with database.connected() as connection:
        revision = _revision_of(connection, None if database.is_sqlite else SCHEMA)
    if revision == known[-1]:
        return Version.CURRENT
    return Version.BEHIND if revision is None or revision in known else Version.AHEAD


def known_revisions() -> list[str]:
    """The migrations this program has, oldest first; read from the names of their files.

    Alembic would tell the same, but importing it takes a sixth of a start, of which most find nothing to migrate.
    """
    return sorted(path.name.partition("_")[0] for path in _VERSIONS.glob("[0-9]*_*.py"))


def _revision_of(connection: Connection, schema: str | None) -> str | None:
    """Which migration a database has come to; None for an empty one."""
    if not inspect(connection).has_table(_VERSION_TABLE, schema=schema):
        return None
    return connection.scalar(select(column("version_num")).select_from(table(_VERSION_TABLE, schema=schema)))


def upgrade(database: Database) -> None:
    """Run all migrations that are missing. Safe to run from several processes at once."""
    with database.connected() as connection:
        _upgrade_on(connection)


def _upgrade_on(connection: Connection) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "yt_videos_api.db:migrations")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def prepare(database: Database, lock_folder: Path) -> None:
    """Make sure that the database can be used: SQLite migrates itself, PostgreSQL is never migrated behind your back.

    Raises Misconfigured with the command to run.
    """
    if database.is_sqlite:
        with (lock_folder / "migrate.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if compare(database) is Version.BEHIND:
                upgrade(database)
        return
    if compare(database) is Version.BEHIND:
        raise Misconfigured("The database is older than this program: run `yt-videos migrate` first.")
