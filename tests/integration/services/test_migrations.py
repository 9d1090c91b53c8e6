"""How a database stands to this program is told without Alembic, and as Alembic would."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import text

from yt_videos_api.db import migrate
from yt_videos_api.db.engine import SCHEMA, Database
from yt_videos_api.db.migrate import Version
from yt_videos_api.domain.errors import Misconfigured


def pretend(database: Database, revision: str) -> None:
    """The database has come to this migration."""
    table = "alembic_version" if database.is_sqlite else f"{SCHEMA}.alembic_version"
    with database.connected() as connection:
        connection.execute(text(f"UPDATE {table} SET version_num = :revision"), {"revision": revision})
        connection.commit()


def test_a_database_is_current_behind_or_ahead(database: Database, tmp_path: Path) -> None:
    assert migrate.compare(database) is Version.CURRENT
    pretend(database, "9999")
    assert migrate.compare(database) is Version.AHEAD
    migrate.prepare(database, tmp_path)
    pretend(database, migrate.known_revisions()[0])
    assert migrate.compare(database) is Version.BEHIND
    if not database.is_sqlite:
        with pytest.raises(Misconfigured, match="yt-videos migrate"):
            migrate.prepare(database, tmp_path)


def test_an_empty_database_is_behind_and_sqlite_migrates_itself(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'empty.db'}")
    try:
        assert migrate.compare(database) is Version.BEHIND
        migrate.prepare(database, tmp_path)
        assert migrate.compare(database) is Version.CURRENT
    finally:
        database.close()


def test_the_names_of_files_tell_what_alembic_would() -> None:
    script = ScriptDirectory(Path(migrate.__file__).parent / "migrations")
    assert migrate.known_revisions() == [entry.revision for entry in script.walk_revisions()][::-1]


def test_starting_takes_neither_alembic_nor_a_web_framework_where_none_is_needed() -> None:
    code = (
        "import sys, yt_videos_api.cli; print(sorted({'alembic', 'fastapi', 'uvicorn', 'yt_dlp'} & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == "[]\n"
