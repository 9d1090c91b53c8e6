"""P7 to P9: intent, publication, commit. A kill between any two lines is finished by whoever claims next.

P7 reserves the names and writes down size and hash of every file before the first one becomes visible, so that neither
"file without row" nor "row without file" can ever be a riddle.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import uuid4

import structlog
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from yt_videos_api.db import queries
from yt_videos_api.db.engine import Database
from yt_videos_api.db.tables import File
from yt_videos_api.db.transitions import move
from yt_videos_api.domain.choices import Extras
from yt_videos_api.domain.errors import CancelRequested, DownloadFailure, LeaseLost, NotFound
from yt_videos_api.domain.name_template import DEFAULT_TEMPLATE, NameTemplate
from yt_videos_api.domain.names import collision_key, name_candidates, sidecar_name
from yt_videos_api.domain.offers import VideoFacts
from yt_videos_api.domain.policy import Container
from yt_videos_api.domain.states import DownloadState
from yt_videos_api.services import settle
from yt_videos_api.services.attempts import AttemptLog
from yt_videos_api.services.clock import Now, utc_now
from yt_videos_api.services.faults import FaultPlan
from yt_videos_api.services.patience import PUBLICATION_SECONDS
from yt_videos_api.services.settle import Held, Lease
from yt_videos_api.storage.base import Library, NameTaken
from yt_videos_api.storage.hashing import sha256_of

log = structlog.get_logger()

_MOST_NAMES = 5


@dataclass(frozen=True, slots=True)
class StagedFile:
    """A verified file in staging."""

    kind: str  # media | cover | thumbnail | subtitle | info_json | nfo
    name: str  # inside the staging folder
    size_bytes: int
    sha256: str
    suffix: str = ""  # of a sidecar: what its name ends with instead of the media's extension, e.g. ".en.vtt"
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Publication:
    """Everything P7 writes down."""

    files: tuple[StagedFile, ...]
    facts: VideoFacts
    identity_hash: str
    container: Container
    policy_met: bool
    cover: str
    height: int | None
    duration_seconds: float | None
    delivered: Extras
    video_codec: str | None = None
    audio_codec: str | None = None
    transcoded_from: str | None = None
    made_from: str | None = None
    notes: tuple[str, ...] = ()
    selection: str | None = None  # of what was made, where it is not what was asked for; None: it is


@dataclass(frozen=True, slots=True)
class Published:
    """A file that this run has put into the library."""

    key: str
    sha256: str


class Publisher:
    """Takes verified files into the library."""

    def __init__(
        self,
        database: Database,
        library: Library,
        faults: FaultPlan,
        *,
        names: NameTemplate = DEFAULT_TEMPLATE,
        now: Now = utc_now,
    ) -> None:
        self._database = database
        self._library = library
        self._faults = faults
        self._template = names
        self._now = now

    def publish(self, lease: Lease, folder: Path, publication: Publication, attempts: AttemptLog) -> None:
        """P7 to P9 for a run that has just verified its files.

        Raises DownloadFailure, LeaseLost, CancelRequested, Unavailable.
        """
        self._require_lease(lease)
        with self._database.advisory_lock(publication.identity_hash):
            with self._faults.around("worker.P7"):
                try:
                    self._reserve_all(lease, publication, attempts)
                except IntegrityError:
                    # Another rendition of the video took the name of our sidecar at the same moment; now it is seen.
                    self._reserve_all(lease, publication, attempts)
            self._publish_and_commit(lease, folder)

    def complete(self, lease: Lease, folder: Path, identity_hash: str) -> None:
        """Finish what a run that died after P7 had begun: forward when its files are there, else back to queued."""
        self._require_lease(lease)
        with self._database.advisory_lock(identity_hash):
            if self._can_complete(lease, folder):
                self._publish_and_commit(lease, folder)
            else:
                self._roll_back(lease)

    def abandon(self, lease: Lease, failure: DownloadFailure) -> None:
        """The library will never take these files (too large for its file system): fail, and leave nothing behind."""
        self._take_back(lease, lambda session, held, now: self._fail(session, lease, held, failure, now))

    def _require_lease(self, lease: Lease) -> None:
        """Wait for a database that is away, and do not ask for a lock that only the owner of the lease may have."""

        def look(session: Session) -> None:
            settle.hold(session, lease)

        self._database.retrying(look, patience_seconds=PUBLICATION_SECONDS)

    def _reserve_all(self, lease: Lease, publication: Publication, attempts: AttemptLog) -> None:
        self._database.retrying(
            lambda session: self._intend(session, lease, publication, attempts),
            patience_seconds=PUBLICATION_SECONDS,
            committed=lambda: self._faults.reach("worker.P7.commit"),
        )

    def _intend(self, session: Session, lease: Lease, publication: Publication, attempts: AttemptLog) -> None:
        held = settle.hold(session, lease)
        if held.download.state == DownloadState.PUBLISHING:
            return  # an earlier commit of this very step went through although its answer was lost
        if held.download.cancel_requested and not settle.wanted(session, lease.download_id):
            raise CancelRequested(lease.download_id)
        now = self._now()
        attempts.flush(session, lease)
        self._reserve(session, lease.download_id, publication, now)
        move(
            session,
            held.download,
            DownloadState.PUBLISHING,
            now=now,
            container=publication.container.value,
            policy_met=publication.policy_met,
            cover=publication.cover,
            height=publication.height,
            duration_seconds=publication.duration_seconds,
            delivered=publication.delivered.to_json(),
            video_codec=publication.video_codec,
            audio_codec=publication.audio_codec,
            transcoded_from=publication.transcoded_from,
            made_from=publication.made_from,
            notes=list(publication.notes),
            selection=held.download.selection if publication.selection is None else publication.selection,
        )

    def _reserve(self, session: Session, download_id: str, publication: Publication, now: datetime) -> None:
        media = next(file for file in publication.files if file.kind == "media")
        sidecars = [file for file in publication.files if file.kind != "media"]
        for name in _names(publication, self._template):
            keys = {media: name} | {sidecar: sidecar_name(name, sidecar.suffix) for sidecar in sidecars}
            if all(self._is_free(session, key) for key in keys.values()):
                break
        for file, key in keys.items():
            session.add(intended(download_id, file, key, now))
        session.flush()

    def _is_free(self, session: Session, key: str) -> bool:
        known = session.scalar(select(File.id).where(File.collision_key == collision_key(key)))
        return known is None and self._library.stat(key) is None

    def _publish_and_commit(self, lease: Lease, folder: Path) -> None:
        published: list[Published] = []
        try:
            with self._faults.around("worker.P8"):
                for file in self._files(lease):
                    published.append(self.put(lease, folder, file))
                    self._faults.reach(f"worker.P8.{file.kind}")
            with self._faults.around("worker.P9"):
                self._database.retrying(
                    lambda session: self._commit(session, lease),
                    patience_seconds=PUBLICATION_SECONDS,
                    committed=lambda: self._faults.reach("worker.P9.commit"),
                )
        except LeaseLost:
            self.retract(published)
            raise
        except NotFound as error:
            log.warning("staged_file_vanished", download_id=lease.download_id, detail=str(error))
            self._roll_back(lease)

    def _files(self, lease: Lease) -> Sequence[File]:
        """The files as they stand, read under the lease: a worker that slept too long stops here."""
        with self._database.transaction() as session:
            settle.hold(session, lease)
            return queries.files_of(session, lease.download_id)

    def put(self, lease: Lease, folder: Path, file: File) -> Published:
        """Publish one file of an intent, under another name when its own was taken since. Raises DownloadFailure."""
        key = file.path
        for _ in range(_MOST_NAMES):
            try:
                self._library.publish(folder / file.staged_name, key, file.sha256, synced=True)
            except NameTaken:
                # Something that is not ours came there after P7. A new name is reserved before it is used.
                key = self._database.retrying(
                    lambda session: self._rename(session, lease, file.id), patience_seconds=PUBLICATION_SECONDS
                )
            else:
                return Published(key, file.sha256)
        raise DownloadFailure("library_unavailable", f"no free name for {file.path}")

    def _rename(self, session: Session, lease: Lease, file_id: str) -> str:
        settle.hold(session, lease)
        file = session.get_one(File, file_id)
        stem, dot, extension = file.path.rpartition(".")
        file.path = f"{stem} {uuid4().hex[:8]}{dot}{extension}"
        file.collision_key = collision_key(file.path)
        return file.path

    def _commit(self, session: Session, lease: Lease) -> None:
        now = self._now()
        if settle.outcome_of(session, lease) == "finalized":
            return
        held = settle.hold(session, lease)
        files = queries.files_of(session, lease.download_id)
        for file in files:
            file.state = "published"
        settle.finalize(session, held.download, now)
        settle.end_run(session, lease, "finalized", now)
        log.info("archived", download_id=lease.download_id, files=[file.path for file in files])

    def _can_complete(self, lease: Lease, folder: Path) -> bool:
        return all(self.is_ours(file) or _is_staged(folder, file) for file in self._files(lease))

    def _roll_back(self, lease: Lease) -> None:
        """The staged files are gone (another disk, a fresh folder): take back what is published and start anew."""
        log.warning("publication_rolled_back", download_id=lease.download_id)

        def write(session: Session, held: Held, now: datetime) -> None:
            move(session, held.download, DownloadState.QUEUED, now=now)
            held.work.crash_count = 0  # crashes of the publication are no sign against the transfer that begins anew
            settle.requeue(session, held, due_at=now, now=now)
            settle.end_run(session, lease, "queued", now)

        self._take_back(lease, write)

    def _fail(self, session: Session, lease: Lease, held: Held, failure: DownloadFailure, now: datetime) -> None:
        settle.fail(session, held.download, failure, now)
        settle.end_run(session, lease, "failed", now)

    def _take_back(self, lease: Lease, write: Callable[[Session, Held, datetime], None]) -> None:
        """Remove what is published of an intent, and its rows; `write` then says what becomes of the download.

        The files go before the commit: should it fail, rows without files are left, and whoever claims next takes those
        back again. After it, dying in between would leave files that no row tells of.
        """
        ours = {file.id for file in self._files(lease) if self.is_ours(file)}  # reads whole files: not under a lock

        def take_back(session: Session) -> None:
            held = settle.hold(session, lease)
            for file in queries.files_of(session, lease.download_id):
                if file.id in ours:
                    self._library.remove(file.path)  # under the lease: no later run can have put its file there
                session.delete(file)
            session.flush()
            write(session, held, self._now())

        self._database.retrying(take_back, patience_seconds=PUBLICATION_SECONDS)

    def is_ours(self, file: File) -> bool:
        """Whether the very file that the row tells of lies in the library."""
        stored = self._library.stat(file.path)
        return stored is not None and stored.size_bytes == file.size_bytes and self._sha256(file.path) == file.sha256

    def _sha256(self, key: str) -> str | None:
        try:
            return self._library.sha256(key)
        except NotFound:
            return None

    def retract(self, published: Sequence[Published]) -> None:
        """This run slept through its lease. What it published stays only where a row of somebody else names it."""
        for file in published:
            with self._database.transaction() as session:
                row = session.scalars(select(File).where(File.path == file.key)).one_or_none()
                if (row is None or row.sha256 != file.sha256) and self._sha256(file.key) == file.sha256:
                    log.warning("publication_retracted", path=file.key)
                    self._library.remove(file.key)


def intended(download_id: str, file: StagedFile, key: str, now: datetime) -> File:
    """The row that reserves `key` for a staged file."""
    return File(
        id=uuid4().hex,
        download_id=download_id,
        kind=file.kind,
        language=file.language,
        path=key,
        collision_key=collision_key(key),
        staged_name=file.name,
        size_bytes=file.size_bytes,
        sha256=file.sha256,
        state="intended",
        created_at=now,
    )


def _is_staged(folder: Path, file: File) -> bool:
    """Whether that very file lies in `folder`: a run that had to use another folder may have left others there.

    One that is no regular file, or has gained a second name (a backup by hard links), is not trusted any more; it never
    will be again, so that is no reason to wait.
    """
    staged = folder / file.staged_name
    try:
        return staged.is_file() and sha256_of(staged) == (file.sha256, file.size_bytes)
    except DownloadFailure as failure:
        if failure.code != "not_media":
            raise
        return False


def _names(publication: Publication, template: NameTemplate) -> Iterator[str]:
    def candidates(identity_hash: str) -> tuple[str, ...]:
        extension = publication.container.value
        return name_candidates(publication.facts, extension, publication.height, identity_hash, template=template)

    yield from candidates(publication.identity_hash)
    while True:  # all taken by files that are not ours
        yield candidates(uuid4().hex)[-1]
