"""Removing archived videos on purpose: their files move to the trash of the library, and are deleted after a while.

A kill between any two lines leaves a download that is `removing`; whoever tidies next goes on with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import Session, aliased

from yt_videos_api.db import queries
from yt_videos_api.db.engine import Database
from yt_videos_api.db.tables import Download, JobListing, JobVideo, PlaylistItem
from yt_videos_api.db.transitions import move
from yt_videos_api.domain.choices import AccessWish
from yt_videos_api.domain.errors import NotFound
from yt_videos_api.domain.states import DownloadState, ItemState
from yt_videos_api.services import settle
from yt_videos_api.services.clock import Now, utc_now
from yt_videos_api.services.downloads import Wish, find_or_create, identity_of
from yt_videos_api.services.installation import LibraryGuard
from yt_videos_api.storage.base import Library

log = structlog.get_logger()

_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class TakenOut:
    """What is archived of videos that are no longer in a list: in the rendition that one of its jobs wants of them.

    What another job for the list keeps in another rendition, and what anything else wants, is no part of it.
    """

    playlist_id: str
    container_policy: str
    selection: str  # Selection.key()


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

    def discard_removed(self, taken_out: TakenOut) -> int:
        """Take all of that out of the archive, files and all; how many there were to take.

        Those that something is still being fetched for are left alone. Safe to repeat. Raises DownloadFailure and
        Unavailable.
        """
        last, count = "", 0
        while True:
            with self._database.reading() as session:
                found = _removed_from(session, taken_out, after=last)
            if not found:
                return count
            count += sum(self._discard(download_id, taken_out) for download_id in found)
            last = found[-1]

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

    def _discard(self, download_id: str, taken_out: TakenOut) -> bool:
        with self._database.transaction() as session:
            download = queries.lock_download(session, download_id)
            # Whoever asks for it takes the same lock: asked since we looked, it stays.
            if not _is_removed(session, download, taken_out):
                return False
            if settle.item_state_for(session, download) is not ItemState.DONE:
                return False
            # What was wanted of it is told anew by whoever wants it back.
            move(session, download, DownloadState.REMOVING, now=self._now(), access=None)
        self._put_away(download_id)
        return True

    def _put_away(self, download_id: str) -> None:
        """Files first, sidecars before the media; then the rows that told of them. The next one is free to begin.

        All of it under the lock of the download: whoever goes on with this at the same moment, or much later, must not
        take the files of the next one for those of this one.
        """
        now = self._now()
        with self._database.transaction() as session:
            download = queries.lock_download(session, download_id)
            if download.state != DownloadState.REMOVING:
                return
            for file in queries.files_of(session, download_id):
                self._put_file_away(file.path, now)
                session.delete(file)
            session.flush()
            move(session, download, DownloadState.REMOVED, now=now)
            _fetch_again(session, download, now)

    def _put_file_away(self, path: str, now: datetime) -> None:
        try:
            place = self._library.discard(path, at=now)
            log.info("discarded", path=path, to=place)
        except NotFound:
            return  # an earlier round was interrupted after it


def _fetch_again(session: Session, removed: Download, now: datetime) -> None:
    """Somebody may have asked for it while it was removed: for them it is fetched anew."""
    items = queries.open_items(session, removed.id)
    if not items:
        return
    wish = Wish(
        removed.source_url,
        settle.extras_of(removed),
        AccessWish.from_json(removed.access or {}),
        removed.entry_index,
    )
    new = find_or_create(session, identity_of(removed), wish, now)
    for item in items:
        item.download_id = new.id
    session.flush()
    settle.settle_items(session, new.id, settle.item_state_for(session, new), now=now)


def _removed_from(session: Session, taken_out: TakenOut, *, after: str) -> Sequence[str]:
    """Which downloads that is: the next, in id order."""
    query = select(Download.id).where(Download.id > after, *_conditions(taken_out))
    return session.scalars(query.order_by(Download.id).limit(_AT_ONCE)).all()


def _is_removed(session: Session, download: Download, taken_out: TakenOut) -> bool:
    query = select(Download.id).where(Download.id == download.id, *_conditions(taken_out))
    return session.scalar(query) is not None


def _conditions(taken_out: TakenOut) -> tuple[ColumnElement[bool], ...]:
    """Of a download: it served an entry that was removed from the list, none that is still in it, and no other job.

    Judged by download, not by entry: one video may be listed under an address that is spelled in another way by now.
    """
    playlist_id = taken_out.playlist_id

    def served(*, removed: bool) -> ColumnElement[bool]:
        item, job, entry = aliased(JobVideo), aliased(JobListing), aliased(PlaylistItem)
        return exists().where(
            item.download_id == Download.id,
            item.job_id == job.job_id,
            job.playlist_id == playlist_id,
            entry.playlist_id == playlist_id,
            entry.entry_key == item.entry_key,
            entry.removed_at.is_not(None) if removed else entry.removed_at.is_(None),
        )

    other, elsewhere = aliased(JobVideo), aliased(JobListing)
    wanted_elsewhere = exists().where(
        other.download_id == Download.id,
        other.state != ItemState.CANCELLED.value,
        ~exists().where(elsewhere.job_id == other.job_id, elsewhere.playlist_id == playlist_id),
    )
    return (
        Download.state == DownloadState.FINALIZED.value,
        Download.container_policy == taken_out.container_policy,
        Download.selection == taken_out.selection,
        served(removed=True),
        ~served(removed=False),
        ~wanted_elsewhere,
    )
