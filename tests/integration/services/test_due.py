"""Which work may be claimed now, and what it costs to find out that there is none."""

from __future__ import annotations

import sqlite3
from collections import Counter
from datetime import timedelta
from itertools import count, product
from uuid import uuid4

import pytest
from sqlalchemy import insert, select, update

from tests.integration.services.conftest import Archive
from yt_videos_api.db.inserts import column_values
from yt_videos_api.db.tables import Download, Work
from yt_videos_api.domain.states import DownloadState, WorkKind
from yt_videos_api.services.due import due, is_any_due

AWAY_SECONDS = (-60, 60, 1_000_000)


def test_whether_anything_is_due_and_what_is_due_agree_in_every_case(archive: Archive) -> None:
    archive.submit("aaaaaaaaaaa")
    now, seen = archive.clock.now(), Counter[bool]()
    states = (DownloadState.QUEUED, DownloadState.WAITING, DownloadState.FINALIZED)
    cases = product(WorkKind, states, AWAY_SECONDS, (0, 1), (None, "a worker"))
    for kind, state, seconds, tries, owner in cases:
        with archive.database.transaction() as session:
            session.execute(update(Download).values(state=state.value))
            due_at = now + timedelta(seconds=seconds)
            session.execute(update(Work).values(kind=kind.value, due_at=due_at, retry_count=tries, owner=owner))
            for listings in (True, False):
                found = session.scalar(due(now, listings=listings).limit(1)) is not None
                assert session.scalar(is_any_due(now, listings=listings)) is found, (kind, state, seconds, tries, owner)
                assert not (found and owner), "it is under way"
                assert not (found and kind is WorkKind.EXPAND and not listings)
                seen[found] += 1
    assert min(seen[True], seen[False]) > 30


def put_off(archive: Archive, many: int) -> None:
    """So many downloads wait for their next try."""
    archive.submit("aaaaaaaaaaa")
    with archive.database.transaction() as session:
        session.execute(update(Download).values(state=DownloadState.WAITING.value))
        session.execute(update(Work).values(due_at=archive.clock.now() + timedelta(minutes=5), retry_count=1))
        download = column_values(session.scalars(select(Download)).one())
        work = column_values(session.scalars(select(Work)).one())
        ids = [uuid4().hex for _ in range(many - 1)]
        session.execute(insert(Download), [download | {"id": each, "video_id": each} for each in ids])
        session.execute(insert(Work), [work | {"id": each, "download_id": each} for each in ids])


def steps_of_looking(archive: Archive) -> int:
    """How many steps SQLite's machine takes to find that nothing is due."""
    taken = count()
    with archive.database.reading() as session:
        connection = session.connection().connection.dbapi_connection
        assert isinstance(connection, sqlite3.Connection)
        connection.set_progress_handler(lambda: next(taken) < 0, 1)
        assert not session.scalar(is_any_due(archive.clock.now(), listings=True))
        connection.set_progress_handler(None, 1)
    return next(taken)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_looking_for_work_reads_nothing_that_waits(archive: Archive) -> None:
    put_off(archive, 1_000)
    assert 0 < steps_of_looking(archive) < 1_000
