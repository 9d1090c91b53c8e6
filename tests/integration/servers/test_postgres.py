"""The PostgreSQL that tests run against."""

from __future__ import annotations

import os
from pathlib import Path

import psycopg
import pytest

from tests.servers import postgres


def version(url: str) -> int:
    with psycopg.connect(url) as connection:
        return connection.info.server_version


def test_each_test_gets_an_empty_database_of_its_own(postgres_server_url: str) -> None:
    with postgres.fresh_database(postgres_server_url) as one, postgres.fresh_database(postgres_server_url) as other:
        with psycopg.connect(one) as connection:
            connection.execute("CREATE TABLE only_here (id int)")
        with psycopg.connect(other) as connection, pytest.raises(psycopg.errors.UndefinedTable):
            connection.execute("SELECT * FROM only_here")


def test_database_is_dropped_although_somebody_is_connected(postgres_server_url: str) -> None:
    with postgres.fresh_database(postgres_server_url) as url:
        forgotten = psycopg.connect(url)
    with pytest.raises(psycopg.OperationalError, match="does not exist"):
        psycopg.connect(url)
    forgotten.close()


def test_wheel_serves_where_the_system_has_no_postgresql(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv(postgres.URL_VARIABLE, raising=False)
    monkeypatch.setattr(postgres, "SYSTEM_BINARIES", tmp_path)
    with postgres.postgres_server() as url:
        assert version(url) >= 180000
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(url, connect_timeout=2)


def test_server_named_by_the_environment_is_used_as_it_is(
    monkeypatch: pytest.MonkeyPatch, postgres_server_url: str
) -> None:
    monkeypatch.setitem(os.environ, postgres.URL_VARIABLE, postgres_server_url)
    with postgres.postgres_server() as url:
        assert url == postgres_server_url
    assert version(postgres_server_url) > 0
