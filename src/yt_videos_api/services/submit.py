"""P0 and P1: accept a job. Validate, write it down, commit, answer; the network is never waited for."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from datetime import datetime
from uuid import uuid4

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from yt_videos_api.db import queries
from yt_videos_api.db.engine import Database
from yt_videos_api.db.inserts import insert_unless_exists
from yt_videos_api.db.tables import Download, IdempotencyKey, Job, JobVideo, VideoAlias, Work
from yt_videos_api.db.transitions import move
from yt_videos_api.dispatch.base import Announcer
from yt_videos_api.domain.errors import IdempotencyMismatch, InvalidInput
from yt_videos_api.domain.identity import DownloadIdentity, VideoIdentity
from yt_videos_api.domain.offers import Selection
from yt_videos_api.domain.policy import ContainerPolicy
from yt_videos_api.domain.states import DownloadState
from yt_videos_api.domain.targets import EntityType, Target, resolve_target
from yt_videos_api.domain.urls import ALLOWED_PORTS
from yt_videos_api.services import settle
from yt_videos_api.services.clock import Now, utc_now
from yt_videos_api.services.faults import FaultPlan
from yt_videos_api.storage.base import Library

_LONGEST_KEY = 255


@dataclass(frozen=True, slots=True)
class JobRequest:
    """What a user asks for; all choices are resolved to explicit values."""

    entity_type: EntityType
    entity_id: str
    container_policy: ContainerPolicy
    selection: Selection = field(default_factory=Selection)
    embed_metadata: bool = True
    embed_cover_art: bool = True

    def fingerprint(self) -> str:
        """The same for the same request; what an Idempotency-Key is tied to."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class UrlRules:
    """Which addresses this installation may be sent to."""

    allowed_ports: frozenset[int] = ALLOWED_PORTS
    exceptions: frozenset[tuple[str, int]] = frozenset()


@dataclass(frozen=True, slots=True)
class Accepted:
    """The job a request led to; `replayed` when an Idempotency-Key had been answered before."""

    job_id: str
    replayed: bool


class Submission:
    """Accepts jobs."""

    def __init__(
        self,
        database: Database,
        library: Library,
        announcer: Announcer,
        *,
        url_rules: UrlRules,
        faults: FaultPlan,
        now: Now = utc_now,
    ) -> None:
        self._database = database
        self._library = library
        self._announcer = announcer
        self._url_rules = url_rules
        self._faults = faults
        self._now = now

    def submit(
        self, request: JobRequest, *, idempotency_key: str | None = None, owner_id: str | None = None
    ) -> Accepted:
        """Accept `request`: once this returns, the job survives anything.

        Raises InvalidInput, IdempotencyMismatch, Unavailable.
        """
        target = self.require_usable(request)
        _check_key(idempotency_key)
        self._faults.reach("api.P0.before")
        try:
            accepted = self._commit(request, target, idempotency_key, owner_id)
        except IntegrityError:
            # The same Idempotency-Key twice at once: the other request won, this one is its replay.
            accepted = self._commit(request, target, idempotency_key, owner_id)
        self._faults.reach("api.P0.after")
        self._announcer.announce()
        self._faults.reach("api.P1.after")
        return accepted

    def require_usable(self, request: JobRequest) -> Target:
        """What `request` is about, as far as that can be told without asking anybody. Raises InvalidInput."""
        return resolve_target(
            request.entity_type,
            request.entity_id,
            allowed_ports=self._url_rules.allowed_ports,
            exceptions=self._url_rules.exceptions,
        )

    def _commit(self, request: JobRequest, target: Target, key: str | None, owner_id: str | None) -> Accepted:
        with self._database.transaction() as session:
            accepted = _replay(session, request, key, owner_id)
            if accepted is None:
                accepted = Accepted(self._accept(session, request, target, owner_id), replayed=False)
                _remember(session, request, accepted, key, owner_id, self._now())
        return accepted

    def _accept(self, session: Session, request: JobRequest, target: Target, owner_id: str | None) -> str:
        now = self._now()
        download = self._download_for(session, request, target, now)
        item_state = settle.item_state_for(DownloadState(download.state))
        job = Job(
            id=uuid4().hex,
            owner_id=owner_id,
            entity_type=request.entity_type.value,
            entity_id=request.entity_id,
            container_policy=request.container_policy.value,
            options={"embed_metadata": request.embed_metadata, "embed_cover_art": request.embed_cover_art}
            | asdict(request.selection),
            state="PENDING",
            revision=0,
            created_at=now,
            updated_at=now,
        )
        item = JobVideo(
            id=uuid4().hex,
            job_id=job.id,
            position=0,
            download_id=download.id,
            state=item_state.value,
            finished_at=now if item_state.terminal else None,
        )
        session.add(job)
        session.flush()
        session.add(item)
        session.flush()
        settle.refresh_job(session, job, now)
        return job.id

    def _download_for(self, session: Session, request: JobRequest, target: Target, now: datetime) -> Download:
        identity = DownloadIdentity(
            _known_identity(session, target), request.container_policy.value, request.selection.key()
        )
        while True:
            existing = queries.lock_live_download(session, identity)
            if existing is not None and not self._lost_its_files(session, existing):
                _join(existing, request)
                return existing
            if existing is not None:
                self._retire(session, existing, now)
            created = _create(session, identity, request, target, now)
            if created is not None:
                return created
            # Somebody created it between our look and our insert; on PostgreSQL it can be seen now.

    def _lost_its_files(self, session: Session, download: Download) -> bool:
        """Whether an archived file was deleted by hand: whoever asks for it again wants it back."""
        if download.state != DownloadState.FINALIZED or self._library.marker() is None:
            return False
        media = [file for file in queries.files_of(session, download.id) if file.kind == "media"]
        return any(self._library.stat(file.path) is None for file in media)

    def _retire(self, session: Session, download: Download, now: datetime) -> None:
        for file in queries.files_of(session, download.id):
            self._library.remove(file.path)  # what is left of it: sidecars
            session.delete(file)
        move(session, download, DownloadState.REMOVING, now=now)
        move(session, download, DownloadState.REMOVED, now=now)


def _known_identity(session: Session, target: Target) -> VideoIdentity:
    alias = session.get(VideoAlias, target.url_key) if target.url_key else None
    return VideoIdentity(alias.extractor, alias.video_id) if alias else target.identity


def _join(download: Download, request: JobRequest) -> None:
    """One more item wants this download: a cancellation that has not been carried out yet is off."""
    download.cancel_requested = False
    if download.state in (DownloadState.QUEUED, DownloadState.WAITING):
        download.embed_metadata = download.embed_metadata or request.embed_metadata
        download.embed_cover_art = download.embed_cover_art or request.embed_cover_art


def _create(
    session: Session, identity: DownloadIdentity, request: JobRequest, target: Target, now: datetime
) -> Download | None:
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
        source_url=target.source_url,
        embed_metadata=request.embed_metadata,
        embed_cover_art=request.embed_cover_art,
        cancel_requested=False,
        created_at=now,
        updated_at=now,
    )
    if not created:
        return None
    session.add(
        Work(
            id=uuid4().hex,
            kind="archive",
            download_id=download_id,
            priority=100,
            due_at=now,
            epoch=0,
            beat=0,
            progress_bytes=0,
            crash_count=0,
            retry_count=0,
            created_at=now,
        )
    )
    session.flush()
    return session.get_one(Download, download_id)


def _check_key(key: str | None) -> None:
    if key is not None and not (0 < len(key) <= _LONGEST_KEY and key.isprintable()):
        raise InvalidInput(
            "Idempotency-Key", f"must be 1 to {_LONGEST_KEY} printable characters.", code="idempotency_key"
        )


def _replay(session: Session, request: JobRequest, key: str | None, owner_id: str | None) -> Accepted | None:
    known = session.get(IdempotencyKey, (owner_id or "", key)) if key else None
    if known is None:
        return None
    if known.request_hash != request.fingerprint():
        raise IdempotencyMismatch("This Idempotency-Key was used for another request; use a new one.")
    return Accepted(known.job_id, replayed=True)


def _remember(
    session: Session, request: JobRequest, accepted: Accepted, key: str | None, owner_id: str | None, now: datetime
) -> None:
    if key is not None:
        session.add(
            IdempotencyKey(
                owner_id=owner_id or "",
                key=key,
                request_hash=request.fingerprint(),
                job_id=accepted.job_id,
                created_at=now,
            )
        )
