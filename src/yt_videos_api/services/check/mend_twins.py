"""Repair of identities that have several live downloads: one stays, the items of the others wait for it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from yt_videos_api.db import queries
from yt_videos_api.db.engine import Database
from yt_videos_api.db.tables import Download
from yt_videos_api.domain.states import LIVE_STATES, DownloadState
from yt_videos_api.services import settle
from yt_videos_api.services.check.mend_files import set_aside_and_retire, told
from yt_videos_api.services.check.report import MENDED_MEANWHILE
from yt_videos_api.services.clock import Now
from yt_videos_api.services.installation import LibraryGuard
from yt_videos_api.storage.base import Library

_S = DownloadState
_BEST_FIRST = (_S.FINALIZED, _S.PUBLISHING, _S.RUNNING, _S.WAITING, _S.QUEUED, _S.REMOVING)


class TwinMends:
    """What can be done about twins."""

    def __init__(self, database: Database, library: Library, guard: LibraryGuard, *, now: Now) -> None:
        self._database = database
        self._library = library
        self._guard = guard
        self._now = now

    def keep_one(self, identity: tuple[str, ...]) -> str | None:
        """Keep the download that has come furthest. None while others are at work: they have to end first."""
        with self._database.transaction() as session:
            twins = _lock_all(session, identity)
            if len(twins) < 2:
                return MENDED_MEANWHILE
            if self._guard.problem():
                return None
            kept, *others = twins
            now = self._now()
            places = []
            for download in others:
                places += self._end(session, download, kept, now)
            left = [download for download in others if download.state in LIVE_STATES]
        return None if left else f"Download {kept.id} stays.{told(places)}"

    def _end(self, session: Session, download: Download, kept: Download, now: datetime) -> list[str]:
        if download.state in (_S.QUEUED, _S.WAITING):
            settle.move_items(session, download.id, kept, now)
            settle.cancel(session, download, now)
        if download.state == _S.FINALIZED:
            settle.move_items(session, download.id, kept, now)
            return set_aside_and_retire(session, self._library, download, now)
        return []


def _lock_all(session: Session, identity: tuple[str, ...]) -> list[Download]:
    ids = session.scalars(queries.select_live(identity).with_only_columns(Download.id)).all()
    queries.lock_work_of(session, ids)
    return sorted(
        queries.lock_downloads(session, ids),
        key=lambda download: (_BEST_FIRST.index(DownloadState(download.state)), download.created_at),
    )
