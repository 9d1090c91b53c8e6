"""The download of an identity: found or made, joined, and taken out of the archive when its file was lost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from yt_videos_api.db import queries
from yt_videos_api.db.engine import Database
from yt_videos_api.db.inserts import insert_unless_exists
from yt_videos_api.db.tables import Download, File, Work
from yt_videos_api.db.transitions import move
from yt_videos_api.domain.errors import DownloadFailure, NotFound
from yt_videos_api.domain.identity import DownloadIdentity, VideoIdentity
from yt_videos_api.domain.states import DownloadState
from yt_videos_api.domain.targets import own_address
from yt_videos_api.services.clock import Now, utc_now
from yt_videos_api.services.installation import LibraryGuard
from yt_videos_api.storage.base import Library

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants of a download beyond its identity."""

    source_url: str  # where to ask for the video; counts only when the download is made
    embed_metadata: bool
    embed_cover_art: bool


class LostFiles:
    """Notices archived files that were deleted or cut short by hand: whoever asks for such a video wants it back.

    Only size is looked at, which costs nothing; `check --deep` reads the bytes.
    """

    def __init__(self, database: Database, library: Library, guard: LibraryGuard, *, now: Now = utc_now) -> None:
        self._database = database
        self._library = library
        self._guard = guard
        self._now = now

    def retire(self, identity: DownloadIdentity, *, patience_seconds: float = 0.0) -> None:
        """Take the archived download of `identity` out of the archive if its media is lost; else do nothing.

        A file counts as lost only in the library that this database knows. What is left of the download is taken away
        after the commit: its sidecars are removed, a changed file is set aside. Raises Unavailable when the database is
        away for longer than `patience_seconds`.
        """
        leftovers: list[File] = []

        def write(session: Session) -> None:
            download = queries.lock_live_download(session, identity)
            if download is not None and self._has_lost_media(session, download):
                leftovers.extend(retire(session, download, self._now()))

        with self._database.reading() as session:
            download = queries.find_live_download(session, identity)
            if download is None or not self._has_lost_media(session, download):
                return
        self._database.retrying(write, patience_seconds=patience_seconds)
        self._take_away(leftovers)

    def _has_lost_media(self, session: Session, download: Download) -> bool:
        if download.state != DownloadState.FINALIZED or self._guard.problem():
            return False
        media = [file for file in queries.files_of(session, download.id) if file.kind == "media"]
        try:
            lost = any(self._is_lost(file) for file in media)
        except DownloadFailure:
            return False
        return lost and self._guard.problem() is None  # its disk may have been unmounted just before we looked

    def _is_lost(self, file: File) -> bool:
        stored = self._library.stat(file.path)
        return stored is None or stored.size_bytes != file.size_bytes

    def _take_away(self, leftovers: Sequence[File]) -> None:
        """Take away what was published by us and belongs to no row any more."""
        for file in leftovers:
            with self._database.reading() as session:
                owned = session.scalar(select(File.id).where(File.path == file.path)) is not None
            try:
                if owned:
                    continue
                if self._library.sha256(file.path) == file.sha256:
                    self._library.remove(file.path)
                elif file.kind == "media":
                    log.warning("changed_file_set_aside", path=file.path, to=self._library.set_aside(file.path))
            except NotFound:
                continue
            except DownloadFailure as failure:
                log.warning("leftover_not_removed", path=file.path, code=failure.code, detail=failure.detail)


def identity_of(download: Download, video: VideoIdentity | None = None) -> DownloadIdentity:
    """The identity of a download, with the video it turned out to be."""
    return DownloadIdentity(
        video or VideoIdentity(download.extractor, download.video_id),
        download.container_policy,
        download.selection,
        download.access_scope,
    )


def find_or_create(session: Session, identity: DownloadIdentity, wish: Wish, now: datetime) -> Download:
    """The live download of `identity`, locked and joined, or a new one that is queued."""
    while True:
        existing = queries.lock_live_download(session, identity)
        if existing is not None:
            join(existing, wish)
            return existing
        created = _create(session, identity, wish, now)
        if created is not None:
            return created
        # Somebody created it between our look and our insert; on PostgreSQL it can be seen now.


def join(download: Download, wish: Wish) -> None:
    """One more item wants this locked download: a cancellation that has not been carried out yet is off."""
    download.cancel_requested = False
    if download.state in (DownloadState.QUEUED, DownloadState.WAITING):
        download.embed_metadata = download.embed_metadata or wish.embed_metadata
        download.embed_cover_art = download.embed_cover_art or wish.embed_cover_art
        if wish.source_url == own_address(VideoIdentity(download.extractor, download.video_id)):
            download.source_url = wish.source_url  # instead of a page that may show another video by now


def retire(session: Session, download: Download, now: datetime) -> Sequence[File]:
    """Take a locked, finalized download out of the archive; the files whose rows went with it are still there."""
    files = queries.files_of(session, download.id)
    for file in files:
        session.delete(file)
    move(session, download, DownloadState.REMOVING, now=now)
    move(session, download, DownloadState.REMOVED, now=now)
    return files


def new_work(download_id: str, now: datetime, *, epoch: int = 0) -> Work:
    """Work that is due now. `epoch` is the highest that any run of the download ever had."""
    return Work(
        id=uuid4().hex,
        kind="archive",
        download_id=download_id,
        priority=100,
        due_at=now,
        epoch=epoch,
        beat=0,
        progress_bytes=0,
        crash_count=0,
        retry_count=0,
        outage_count=0,
        created_at=now,
    )


def _create(session: Session, identity: DownloadIdentity, wish: Wish, now: datetime) -> Download | None:
    download_id = uuid4().hex
    created = insert_unless_exists(
        session,
        Download,
        id=download_id,
        extractor=identity.video.extractor,
        video_id=identity.video.video_id,
        container_policy=identity.container_policy,
        selection=identity.selection,
        access_scope=identity.access_scope,
        state=DownloadState.QUEUED.value,
        source_url=wish.source_url,
        embed_metadata=wish.embed_metadata,
        embed_cover_art=wish.embed_cover_art,
        cancel_requested=False,
        created_at=now,
        updated_at=now,
    )
    if not created:
        return None
    session.add(new_work(download_id, now))
    session.flush()
    return session.get_one(Download, download_id)
