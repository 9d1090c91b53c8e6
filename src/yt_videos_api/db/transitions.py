"""The one helper that changes the state of a download."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CursorResult, update
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
