"""P0 and P1: accept a job. Validate, write it down, commit, answer; the network is never waited for."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from yt_videos_api.db.engine import Database
from yt_videos_api.db.tables import IdempotencyKey, Job, JobVideo, VideoAlias
from yt_videos_api.dispatch.base import Announcer
from yt_videos_api.domain.choices import AccessWish, Extras, Selection
from yt_videos_api.domain.errors import IdempotencyMismatch, InvalidInput
from yt_videos_api.domain.filters import CollectionFilter
from yt_videos_api.domain.identity import DownloadIdentity, VideoIdentity, scope_of
from yt_videos_api.domain.policy import ContainerPolicy
from yt_videos_api.domain.targets import EntityType, ListTarget, Target, resolve_target
from yt_videos_api.domain.urls import ALLOWED_PORTS
from yt_videos_api.services import listing, settle
from yt_videos_api.services.clock import Now, utc_now
from yt_videos_api.services.downloads import LostFiles, Wish, find_or_create
from yt_videos_api.services.faults import FaultPlan

_LONGEST_KEY = 255


@dataclass(frozen=True, slots=True)
class JobRequest:
    """What a user asks for; all choices are resolved to explicit values."""

    entity_type: EntityType
    entity_id: str
    container_policy: ContainerPolicy
    selection: Selection = field(default_factory=Selection)
    extras: Extras = field(default_factory=Extras)
    access: AccessWish = field(default_factory=AccessWish)
    filter: CollectionFilter = field(default_factory=CollectionFilter)
    preset: str | None = None  # where choices came from; it may be another one by now, or gone

    def fingerprint(self) -> str:
        """The same for the same request; what an Idempotency-Key is tied to."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True, default=str).encode()).hexdigest()

    def options(self) -> dict[str, Any]:
        """All choices but the container, as they are kept with the job; services/chosen.py shows them."""
        chosen = {**self.selection.to_json(), **self.extras.to_json(), **self.access.to_json(), "preset": self.preset}
        return chosen if self.entity_type is EntityType.VIDEO else chosen | self.filter.to_json()


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
    """Accepts jobs. `has_cookies(address, owner)` tells whether somebody uploaded cookies for a site."""

    def __init__(
        self,
        database: Database,
        lost_files: LostFiles,
        announcer: Announcer,
        *,
        url_rules: UrlRules,
        faults: FaultPlan,
        has_cookies: Callable[[str, str], bool] = lambda _address, _owner: False,
        now: Now = utc_now,
    ) -> None:
        self._database = database
        self._lost_files = lost_files
        self._announcer = announcer
        self._url_rules = url_rules
        self._faults = faults
        self._has_cookies = has_cookies
        self._now = now

    def submit(
        self, request: JobRequest, *, idempotency_key: str | None = None, owner_id: str | None = None
    ) -> Accepted:
        """Accept `request`: once this returns, the job survives anything.

        Raises InvalidInput, IdempotencyMismatch, Unavailable.
        """
        target = self.require_usable(request, owner_id)
        _check_key(idempotency_key)
        if isinstance(target, Target):
            with self._database.reading() as session:
                identity = _identity_of(session, request, target, owner_id)
            self._lost_files.retire(identity)
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

    def require_usable(self, request: JobRequest, owner_id: str | None = None) -> Target | ListTarget:
        """What `request` is about, as far as that can be told without asking anybody. Raises InvalidInput."""
        target = resolve_target(
            request.entity_type,
            request.entity_id,
            allowed_ports=self._url_rules.allowed_ports,
            exceptions=self._url_rules.exceptions,
        )
        if request.access.use_cookies and not self._has_cookies(target.source_url, owner_id or ""):
            raise InvalidInput(
                "use_cookies", "needs cookies for this site; upload them with PUT /cookies/SITE.", code="cookies.none"
            )
        return target

    def _commit(
        self, request: JobRequest, target: Target | ListTarget, key: str | None, owner_id: str | None
    ) -> Accepted:
        with self._database.transaction() as session:
            accepted = _replay(session, request, key, owner_id)
            if accepted is None:
                accepted = Accepted(self._accept(session, request, target, owner_id), replayed=False)
                _remember(session, request, accepted, key, owner_id, self._now())
        return accepted

    def _accept(self, session: Session, request: JobRequest, target: Target | ListTarget, owner_id: str | None) -> str:
        now = self._now()
        job = Job(
            id=uuid4().hex,
            owner_id=owner_id,
            entity_type=request.entity_type.value,
            entity_id=request.entity_id,
            container_policy=request.container_policy.value,
            options=request.options(),
            state="PENDING",
            revision=0,
            created_at=now,
            updated_at=now,
        )
        if isinstance(target, ListTarget):
            session.add(job)
            session.flush()
            listing.begin(session, job, target, access_scope=_scope(request, owner_id), now=now)
        else:
            self._add_item(session, job, request, target, now)
        settle.refresh_job(session, job, now)
        return job.id

    def _add_item(self, session: Session, job: Job, request: JobRequest, target: Target, now: datetime) -> None:
        wish = Wish(target.source_url, request.extras, request.access)
        download = find_or_create(session, _identity_of(session, request, target, job.owner_id), wish, now)
        state = settle.item_state_for(session, download)
        session.add(job)
        session.flush()
        session.add(
            JobVideo(
                id=uuid4().hex,
                job_id=job.id,
                position=0,
                download_id=download.id,
                state=state.value,
                finished_at=now if state.terminal else None,
            )
        )
        session.flush()


def _scope(request: JobRequest, owner_id: str | None) -> str:
    return scope_of(owner_id) if request.access.use_cookies else ""


def _identity_of(session: Session, request: JobRequest, target: Target, owner_id: str | None) -> DownloadIdentity:
    alias = session.get(VideoAlias, target.url_key) if target.url_key else None
    video = VideoIdentity(alias.extractor, alias.video_id) if alias else target.identity
    return DownloadIdentity(video, request.container_policy.value, request.selection.key(), _scope(request, owner_id))


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
