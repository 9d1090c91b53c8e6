"""What a site offers at an address: asked by people, found out by a worker (services/probe.py), kept for a while."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any
from uuid import uuid4

from pydantic import Field
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from yt_videos_api.db.engine import Database
from yt_videos_api.db.inserts import insert_unless_exists
from yt_videos_api.db.tables import Probe
from yt_videos_api.dispatch.base import Announcer
from yt_videos_api.domain.errors import InvalidInput
from yt_videos_api.domain.failures import FAILURES
from yt_videos_api.domain.identity import url_key
from yt_videos_api.domain.offers import Look, Stream
from yt_videos_api.domain.states import WorkKind
from yt_videos_api.domain.targets import EntityType, Target, resolve_target
from yt_videos_api.domain.urls import youtube_video_id
from yt_videos_api.services import settle
from yt_videos_api.services.clock import Now, utc_now
from yt_videos_api.services.submit import UrlRules
from yt_videos_api.services.views import ErrorView, error_view

PRIORITY = 10  # before all downloads: a person waits for it
_FAILED_SECONDS = 30.0  # what may pass is asked for again sooner


@dataclass(frozen=True, slots=True)
class ProbedVideo:
    """What a site says of the video."""

    extractor: str
    video_id: str
    title: str
    webpage_url: str
    channel: str | None
    upload_date: str | None  # YYYYMMDD
    duration_seconds: float | None
    live_status: str | None  # is_live, is_upcoming, was_live, post_live, not_live


@dataclass(frozen=True, slots=True)
class ProbeView:
    """What is offered at an address; empty until the state is `done`."""

    state: Annotated[str, Field(description="`queued`, `done`, `failed`.")]
    url: str
    asked_at: datetime
    answered_at: datetime | None
    video: ProbedVideo | None = None
    formats: Annotated[tuple[Stream, ...], Field(description="The best first.")] = ()
    subtitles: Annotated[tuple[str, ...], Field(description="Languages.")] = ()
    automatic_subtitles: Annotated[
        tuple[str, ...], Field(description="Languages of the site's own recognition and translation.")
    ] = ()
    error: ErrorView | None = None


class Probes:
    """Questions and answers. Answers are kept for `cache_seconds`."""

    def __init__(
        self,
        database: Database,
        announcer: Announcer,
        *,
        url_rules: UrlRules,
        cache_seconds: float,
        now: Now = utc_now,
    ) -> None:
        self._database = database
        self._announcer = announcer
        self._url_rules = url_rules
        self._cache_seconds = cache_seconds
        self._now = now

    def ask(self, address: str) -> ProbeView:
        """The answer where it is known, else the question is put to the workers. Never waits for the network.

        `address` is that of one video, or a YouTube id. Raises InvalidInput for the field `url`, Unavailable.
        """
        target = self._target(address)
        with self._database.reading() as session:
            known = session.scalars(_select(target)).one_or_none()
        if known is not None and self._holds(known, self._now()):
            return probe_view(known)
        with self._database.transaction() as session:
            view = self._put(session, target)
        self._announcer.announce()
        return view

    def _target(self, address: str) -> Target:
        text = address.strip(" ")
        kind = EntityType.VIDEO if youtube_video_id(text) else EntityType.URL
        try:
            target = resolve_target(
                kind, text, allowed_ports=self._url_rules.allowed_ports, exceptions=self._url_rules.exceptions
            )
        except InvalidInput as error:
            raise InvalidInput("url", error.problem, code=error.code) from None
        if not isinstance(target, Target):
            raise InvalidInput("url", "leads to a playlist or channel; ask for one of its videos.", code="url.list")
        return target

    def _put(self, session: Session, target: Target) -> ProbeView:
        """Ask, or ask again. Somebody else may have done so meanwhile."""
        now = self._now()
        asked = {"state": "queued", "result": None, "error_code": None, "created_at": now, "finished_at": None}
        key = url_key(target.source_url)
        new = insert_unless_exists(session, Probe, id=uuid4().hex, url_key=key, source_url=target.source_url, **asked)
        probe = session.scalars(_select(target).with_for_update()).one()
        if not new:
            if self._holds(probe, now):
                return probe_view(probe)
            for column, value in asked.items():
                setattr(probe, column, value)
        session.add(settle.new_work(WorkKind.PROBE, now, probe_id=probe.id, priority=PRIORITY))
        return probe_view(probe)

    def _holds(self, probe: Probe, now: datetime) -> bool:
        """Whether the answer is fresh, or on its way."""
        if probe.finished_at is None:
            return True
        passing = probe.error_code is not None and FAILURES[probe.error_code].retryable
        seconds = min(self._cache_seconds, _FAILED_SECONDS) if passing else self._cache_seconds
        return probe.finished_at <= now < probe.finished_at + timedelta(seconds=seconds)


def probe_view(probe: Probe) -> ProbeView:
    """A question and its answer as the outside sees them."""
    told: Mapping[str, Any] = probe.result or {}
    return ProbeView(
        state=probe.state,
        url=probe.source_url,
        asked_at=probe.created_at,
        answered_at=probe.finished_at,
        video=ProbedVideo(**told["video"]) if told else None,
        formats=tuple(Stream(**stream) for stream in told.get("formats", ())),
        subtitles=tuple(told.get("subtitles", ())),
        automatic_subtitles=tuple(told.get("automatic_subtitles", ())),
        error=error_view(probe.error_code) if probe.error_code else None,
    )


def to_result(look: Look) -> dict[str, Any]:
    """What was seen, as plain values for the database."""
    facts = look.facts
    video = ProbedVideo(
        extractor=facts.extractor,
        video_id=facts.video_id,
        title=facts.title,
        webpage_url=facts.webpage_url,
        channel=facts.channel,
        upload_date=facts.upload_date,
        duration_seconds=facts.duration_seconds,
        live_status=facts.live_status,
    )
    return {
        "video": asdict(video),
        "formats": [asdict(stream) for stream in look.formats],
        "subtitles": list(look.subtitle_languages),
        "automatic_subtitles": list(look.automatic_languages),
    }


def _select(target: Target) -> Select[Probe]:
    return select(Probe).where(Probe.url_key == url_key(target.source_url))
