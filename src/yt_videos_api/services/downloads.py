"""The download of an identity: found or made, joined, and taken out of the archive when its file was lost."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import uuid4

import structlog
from sqlalchemy import select, tuple_, update
from sqlalchemy.orm import Session

from yt_videos_api.db import queries
from yt_videos_api.db.engine import Database
from yt_videos_api.db.inserts import column_values, insert_unless_exists
from yt_videos_api.db.tables import Download, File, Run, Work
from yt_videos_api.db.transitions import move
from yt_videos_api.domain.choices import AccessWish, Extras
from yt_videos_api.domain.errors import DownloadFailure, NotFound
from yt_videos_api.domain.identity import DownloadIdentity, VideoIdentity
from yt_videos_api.domain.states import DownloadState, ItemState, WorkKind
from yt_videos_api.domain.targets import own_address
from yt_videos_api.services import in_vain, settle
from yt_videos_api.services.clock import Now, utc_now
from yt_videos_api.services.installation import LibraryGuard
from yt_videos_api.storage.base import Library

log = structlog.get_logger()

# How long after its upload a video may still be given subtitles by its site.
_COMES_WITHIN = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants of a download beyond its identity. Address and place count only when the download is made."""

    source_url: str  # where to ask for the video
    extras: Extras
    access: AccessWish = field(default_factory=AccessWish)
    entry_index: int | None = None
    priority: int = settle.PRIORITY
    place: int = 0  # how many others of its list come first


class LostFiles:
    """Notices archived files that were deleted or cut short by hand: whoever asks for such a video wants it back.

    Only size is looked at, which costs nothing; `check --deep` reads the bytes.
    """

    def __init__(self, database: Database, library: Library, guard: LibraryGuard, *, now: Now = utc_now) -> None:
        self._database = database
        self._library = library
        self._guard = guard
        self._now = now

    def retire_all(self, identities: Collection[DownloadIdentity], *, patience_seconds: float = 0.0) -> None:
        """`retire` each of them. A page of a list has a hundred, so the database is asked about all of them at once."""
        for identity in self._lost_among({identity.parts: identity for identity in identities}):
            self.retire(identity, patience_seconds=patience_seconds)

    def retire(self, identity: DownloadIdentity, *, patience_seconds: float = 0.0) -> None:
        """Take the archived download of `identity` out of the archive if its media is lost; else do nothing.

        A file counts as lost only in the library that this database knows. What is left of the download is taken away
        after the commit: its sidecars are removed, a changed file is set aside. Raises Unavailable when the database is
        away for longer than `patience_seconds`.
        """
        leftovers: list[File] = []

        with self._database.reading() as session:
            seen = queries.find_live_download(session, identity)
            if seen is None or not self._has_lost_media(session, seen):
                return

        def write(session: Session) -> None:
            queries.lock_work_of(session, [seen.id])
            download = queries.lock_download(session, seen.id)
            if self._has_lost_media(session, download):
                leftovers.extend(retire(session, download, self._now()))

        self._database.retrying(write, patience_seconds=patience_seconds)
        self._take_away(leftovers)

    def _lost_among(self, identities: Mapping[tuple[str, ...], DownloadIdentity]) -> list[DownloadIdentity]:
        """Those whose file does not look as it should."""
        videos = {parts[:2] for parts in identities}
        query = (
            select(File, *queries.IDENTITY)
            .join(Download, File.download_id == Download.id)
            .where(
                tuple_(Download.extractor, Download.video_id).in_(videos),
                Download.state == DownloadState.FINALIZED.value,
                File.kind == "media",
            )
        )
        with self._database.reading() as session:
            found = [(row[0], identities.get(tuple(row[1:]))) for row in session.execute(query)]
        try:
            return [identity for file, identity in found if identity is not None and self._is_lost(file)]
        except DownloadFailure:
            return []  # the library is away: nothing counts as lost

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
        _hurry(session, identity, wish)
        existing = queries.lock_live_download(session, identity)
        if existing is not None:
            join(session, existing, wish, now)
            return existing
        created = _create(session, identity, wish, now)
        if created is not None:
            return created
        # Somebody created it between our look and our insert; on PostgreSQL it can be seen now.


def _hurry(session: Session, identity: DownloadIdentity, wish: Wish) -> None:
    """What somebody asks for by itself goes before entries of lists. Work is locked before downloads are."""
    known = queries.find_live_download(session, identity)
    if known is not None:
        session.execute(
            update(Work)
            .where(Work.download_id == known.id, Work.owner.is_(None), Work.priority > wish.priority)
            .values(priority=wish.priority)
        )


def join(session: Session, download: Download, wish: Wish, now: datetime) -> None:
    """One more item wants this locked download: a cancellation that has not been carried out yet is off.

    What is wanted beside the media of an archived one becomes work of its own.
    """
    if download.state == DownloadState.REMOVING:
        _want_anew(download, wish)
        return
    download.cancel_requested = False
    add_extras(download, wish.extras)
    if download.state in (DownloadState.QUEUED, DownloadState.WAITING, DownloadState.RUNNING):
        _share_visit(download, wish)
    if download.state != DownloadState.FINALIZED:
        return
    if _may_have_come(session, download, wish, now):
        in_vain.look_again(download, wish.extras)
    if lacks_extras(download, wish.extras):
        # Whoever asks now says how the site is to be asked.
        download.access = wish.access.carried(wish.source_url, download.source_url).to_json()
        work = settle.new_work(WorkKind.ENRICH, now, download_id=download.id, priority=wish.priority)
        insert_unless_exists(session, Work, **column_values(work))


def _want_anew(download: Download, wish: Wish) -> None:
    """It is on its way to the trash: what is wanted is its successor, which is made when it is gone (see trash.py)."""
    if download.access is None:  # the first to ask for that: what was once wanted of this one counts no more
        download.source_url, download.entry_index = wish.source_url, wish.entry_index
        download.access, download.extras = wish.access.to_json(), wish.extras.to_json()
    else:
        theirs = wish.access.carried(wish.source_url, download.source_url)
        download.access = AccessWish.from_json(download.access).joined(theirs).to_json()
        add_extras(download, wish.extras)


def _may_have_come(session: Session, download: Download, wish: Wish, now: datetime) -> bool:
    """Whether a site is worth asking again for what it did not have.

    A list that is archived anew each night does not ask again for all that its old videos never had.
    """
    if wish.priority <= settle.PRIORITY:
        return True
    video = queries.find_video(session, VideoIdentity(download.extractor, download.video_id))
    return bool(video and video.upload_date and video.upload_date >= f"{now - _COMES_WITHIN:%Y%m%d}")


def _share_visit(download: Download, wish: Wish) -> None:
    """One visit serves everybody. A page may show another video by now, so the video's own address is preferred."""
    own = own_address(VideoIdentity(download.extractor, download.video_id))
    may_change = download.state != DownloadState.RUNNING
    address = wish.source_url if may_change and wish.source_url == own else download.source_url
    known = AccessWish.from_json(download.access or {}).carried(download.source_url, address)
    download.access = known.joined(wish.access.carried(wish.source_url, address)).to_json()
    download.source_url = address


def add_extras(download: Download, extras: Extras) -> None:
    """Somebody wants `extras` with it, too."""
    merged = settle.extras_of(download).merged(extras)
    download.extras = merged.to_json()
    download.embed_metadata, download.embed_cover_art = merged.embed_metadata, merged.embed_cover_art


def lacks_extras(download: Download, extras: Extras) -> bool:
    """Whether an archived download lacks something of `extras` that can still be given to it."""
    return extras.missing_in(Extras.from_json(download.delivered or {}))


def retire(session: Session, download: Download, now: datetime) -> Sequence[File]:
    """Take a finalized download out of the archive; the files whose rows went with it are still there.

    The caller holds its work and itself. What was to be fetched beside it is not, any more.
    """
    files = queries.files_of(session, download.id)
    for file in files:
        session.delete(file)
    open_runs = update(Run).where(Run.download_id == download.id, Run.ended_at.is_(None))
    session.execute(open_runs.values(ended_at=now, outcome="lost"))
    settle.end_work(session, download.id)
    move(session, download, DownloadState.REMOVING, now=now)
    move(session, download, DownloadState.REMOVED, now=now)
    settle.settle_items(session, download.id, ItemState.DONE, now=now)
    return files


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
        entry_index=wish.entry_index,
        extras=wish.extras.to_json(),
        access=wish.access.to_json(),
        embed_metadata=wish.extras.embed_metadata,
        embed_cover_art=wish.extras.embed_cover_art,
        cancel_requested=False,
        created_at=now,
        updated_at=now,
    )
    if not created:
        return None
    session.add(settle.new_work(WorkKind.ARCHIVE, now, download_id=download_id, priority=wish.priority))
    session.flush()
    return session.get_one(Download, download_id)
