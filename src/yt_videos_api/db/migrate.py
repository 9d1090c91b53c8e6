"""Bringing a database to the version this program was written for."""

from __future__ import annotations

import fcntl
from enum import Enum
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from yt_videos_api.db.engine import SCHEMA, Database
from yt_videos_api.domain.errors import Misconfigured


class Version(Enum):
    """How the database stands to this program."""

    CURRENT = "current"
    BEHIND = "behind"
    AHEAD = "ahead"  # a newer program was here; migrations are such that older ones can go on


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", "yt_videos_api.db:migrations")
    return config


def compare(database: Database) -> Version:
    """Compare the database with the newest migration this program has."""
    script = ScriptDirectory.from_config(_config())
    with database.connected() as connection:
        options = {"version_table_schema": None if database.is_sqlite else SCHEMA}
        revision = MigrationContext.configure(connection, opts=options).get_current_revision()
    if revision == script.get_current_head():
        return Version.CURRENT
    known = {entry.revision for entry in script.walk_revisions()}
    return Version.BEHIND if revision is None or revision in known else Version.AHEAD


def upgrade(database: Database) -> None:
    """Run all migrations that are missing. Safe to run from several processes at once."""
    with database.connected() as connection:
        _upgrade_on(connection)


def _upgrade_on(connection: Connection) -> None:
    config = _config()
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
