"""Removing archived videos on purpose: their files move to the trash of the library, and are deleted after a while.

A kill between any two lines leaves a download that is `removing`; whoever tidies next goes on with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import structlog
from sqlalchemy import exists, select
from sqlalchemy.orm import Session, aliased

from yt_videos_api.db import queries
from yt_videos_api.db.engine import Database
from yt_videos_api.db.tables import Download, JobListing, JobVideo, PlaylistItem
from yt_videos_api.db.transitions import move
from yt_videos_api.domain.errors import NotFound
from yt_videos_api.domain.states import DownloadState, ItemState
from yt_videos_api.services import settle
from yt_videos_api.services.clock import Now, utc_now
from yt_videos_api.services.installation import LibraryGuard
from yt_videos_api.storage.base import Library

log = structlog.get_logger()

_AT_ONCE = 100


class Trash:
    """The trash of this library."""

    def __init__(
        self, database: Database, library: Library, guard: LibraryGuard, *, kept_seconds: float, now: Now = utc_now
    ) -> None:
        self._database = database
        self._library = library
        self._guard = guard
        self._kept_seconds = kept_seconds
        self._now = now

    def discard(self, download_ids: Sequence[str]) -> int:
        """Take archived downloads out of the archive, files and all; how many there were to take.

        Those that something is still being fetched for are left alone. Safe to repeat. Raises DownloadFailure and
        Unavailable.
        """
        return sum(self._discard(download_id) for download_id in download_ids)

    def tidy(self) -> None:
        """Go on with what was interrupted, and delete for good what has been in the trash for long enough."""
        if self._guard.problem():
            return  # not the library of this database, or its disk is not mounted
        with self._database.reading() as session:
            interrupted = session.scalars(select(Download.id).where(Download.state == DownloadState.REMOVING.value))
            ids = list(interrupted)
        for download_id in ids:
            self._put_away(download_id)
        emptied = self._library.empty_trash(before=self._now() - timedelta(seconds=self._kept_seconds))
        if emptied:
            log.info("trash_emptied", files=emptied)

    def _discard(self, download_id: str) -> bool:
        with self._database.transaction() as session:
            download = queries.lock_download(session, download_id)
            if settle.item_state_for(session, download) is not ItemState.DONE:
                return False
            move(session, download, DownloadState.REMOVING, now=self._now())
        self._put_away(download_id)
        return True

    def _put_away(self, download_id: str) -> None:
        """Files first, sidecars before the media; then the rows that told of them."""
        with self._database.reading() as session:
            files = queries.files_of(session, download_id)
        now = self._now()
        for file in files:
            try:
                place = self._library.discard(file.path, at=now)
                log.info("discarded", path=file.path, to=place)
            except NotFound:
                continue  # an earlier round was interrupted after it
        with self._database.transaction() as session:
            download = queries.lock_download(session, download_id)
            if download.state == DownloadState.REMOVING:
                for row in queries.files_of(session, download_id):
                    session.delete(row)
                session.flush()
                move(session, download, DownloadState.REMOVED, now=now)


def removed_from(session: Session, playlist_id: str, *, after: str = "") -> Sequence[str]:
    """Archived downloads of what is no longer in a playlist, and that no other job wants: the next, in id order."""
    other, elsewhere = aliased(JobVideo), aliased(JobListing)
    wanted_elsewhere = exists().where(
        other.download_id == Download.id,
        other.state != ItemState.CANCELLED.value,
        ~exists().where(elsewhere.job_id == other.job_id, elsewhere.playlist_id == playlist_id),
    )
    still_listed = exists().where(
        PlaylistItem.playlist_id == playlist_id,
        PlaylistItem.entry_key == JobVideo.entry_key,
        PlaylistItem.removed_at.is_(None),
    )
    was_listed = (
        select(JobVideo.download_id)
        .join(JobListing, JobListing.job_id == JobVideo.job_id)
        .where(JobListing.playlist_id == playlist_id, ~still_listed)
    )
    query = select(Download.id).where(
        Download.id.in_(was_listed),
        Download.id > after,
        Download.state == DownloadState.FINALIZED.value,
        ~wanted_elsewhere,
    )
    return session.scalars(query.order_by(Download.id).limit(_AT_ONCE)).all()
