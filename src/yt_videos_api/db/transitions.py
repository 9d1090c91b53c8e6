"""The helpers that change the state of downloads: one, or a set of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, CursorResult, update
from sqlalchemy.orm import Session

from yt_videos_api.db.tables import Download
from yt_videos_api.domain.states import DownloadState, sources_of


def move(session: Session, download: Download, new: DownloadState, *, now: datetime, **values: Any) -> None:
    """Take `download` to `new` in one UPDATE that holds only if it still is where it was read.

    The caller holds the row's lock (`queries.lock_download`), so anything but one changed row is a bug.
    """
    if DownloadState(download.state) not in sources_of(new):
        raise AssertionError(f"illegal move of download {download.id}: {download.state} -> {new}")
    statement = (
        update(Download)
        .where(Download.id == download.id, Download.state == download.state)
        .values(state=new.value, updated_at=now, **values)
        .execution_options(synchronize_session=False)
    )
    result = session.execute(statement)
    assert isinstance(result, CursorResult)
    if result.rowcount != 1:
        raise AssertionError(f"download {download.id} changed under its lock")
    session.refresh(download)


def move_all(
    session: Session,
    old: Sequence[DownloadState],
    new: DownloadState,
    *,
    where: Sequence[ColumnElement[bool]],
    now: datetime,
    **values: Any,
) -> Sequence[str]:
    """Take the locked downloads that are in one of `old` and match `where` to `new`; their ids."""
    if not set(old) <= sources_of(new):
        raise AssertionError(f"illegal move of downloads: {old} -> {new}")
    statement = (
        update(Download)
        .where(Download.state.in_([state.value for state in old]), *where)
        .values(state=new.value, updated_at=now, **values)
        .returning(Download.id)
        .execution_options(synchronize_session=False)
    )
    return session.scalars(statement).all()
