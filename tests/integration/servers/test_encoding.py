"""A database that was made without an encoding, as `initdb` does on a bare system, serves all the same."""

from __future__ import annotations

import psycopg

from yt_videos_api.db import migrate
from yt_videos_api.db.engine import Database
from yt_videos_api.db.tables import Installation
from yt_videos_api.services.clock import utc_now


def test_a_database_without_an_encoding_keeps_every_character(postgres_server_url: str) -> None:
    with psycopg.connect(postgres_server_url, autocommit=True) as admin:
        admin.execute("CREATE DATABASE bare TEMPLATE template0 ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C'")
    database = Database(postgres_server_url.rpartition("/")[0] + "/bare")
    try:
        migrate.upgrade(database)
        with database.transaction() as session:
            session.add(Installation(id=1, library_uuid="u", library_location="/ü/日本", created_at=utc_now()))
        with database.reading() as session:
            assert session.get_one(Installation, 1).library_location == "/ü/日本"
    finally:
        database.close()
        with psycopg.connect(postgres_server_url, autocommit=True) as admin:
            admin.execute("DROP DATABASE bare")
