"""Examples for the documentation. They are real values of the real types, so they cannot go out of date unseen."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any

from pydantic import TypeAdapter

from yt_videos_api.api.problems import MEDIA_TYPE
from yt_videos_api.api.schemas import Problem
from yt_videos_api.domain.policy import ContainerPolicy
from yt_videos_api.domain.states import ItemState, JobState
from yt_videos_api.domain.targets import EntityType
from yt_videos_api.services.chosen import chosen_options
from yt_videos_api.services.submit import JobRequest
from yt_videos_api.services.views import (
    AttemptView,
    FileView,
    ItemCounts,
    ItemView,
    JobView,
    ListingView,
    MediaFileView,
    ProblemView,
    VideoView,
    error_view,
)

_ACCEPTED_AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
_NAME = "jawed/2005-04-24 - Me at the zoo [jNQXAC9IVRw]"
_FILE = MediaFileView(
    kind="media",
    path=f"{_NAME}.webm",
    size_bytes=715_344,
    sha256="5f6b0c1f7a1b0e6dc9d1f2a3b4c5d6e7f8091a2b3c4d5e6f708192a3b4c5d6e7",
    url="/videos/0f6f2d9e6e9c4c0b9d0f7c1b2a3d4e5f/file?download=8c1d2e3f4a5b6c7d8e9f0a1b2c3d4e5f",
    container="webm",
    policy_met=True,
    cover="sidecar",
    height=240,
    duration_seconds=19.0,
    sidecars=(FileView("cover", f"{_NAME}.jpg", 9_120, "0a1b2c3d4e5f60718293a4b5c6d7e8f9" * 2),),
    notes=("A WebM file cannot carry a cover by the format's own rules; it lies beside the video as a JPEG.",),
)
_PENDING_ITEM = ItemView(
    id="4d3c2b1a0f9e8d7c6b5a4f3e2d1c0b9a",
    position=0,
    title=None,
    url="https://www.youtube.com/watch?v=jNQXAC9IVRw",
    state=ItemState.PENDING,
    percentage=0.0,
    stage=None,
    downloaded_bytes=None,
    total_bytes=None,
    speed_bytes_per_second=None,
    eta_seconds=None,
    retry_at=None,
    video=None,
    file=None,
    attempts=(),
    error=None,
)


def _options(request: JobRequest) -> dict[str, Any]:
    return chosen_options(request.entity_type, request.container_policy, request.options())


_PENDING = JobView(
    id="1a2b3c4d5e6f708192a3b4c5d6e7f809",
    entity_type="video",
    entity_id="jNQXAC9IVRw",
    container_policy="webm",
    options=_options(JobRequest(EntityType.VIDEO, "jNQXAC9IVRw", ContainerPolicy.WEBM)),
    state=JobState.PENDING,
    revision=1,
    created_at=_ACCEPTED_AT,
    updated_at=_ACCEPTED_AT,
    finished_at=None,
    items_url="/jobs/1a2b3c4d5e6f708192a3b4c5d6e7f809/items",
    counts=ItemCounts(total=1, pending=1, in_progress=0, done=0, failed=0, cancelled=0),
    listing=None,
    problems=(),
    percentage=0.0,
    speed_bytes_per_second=None,
    eta_seconds=None,
    file=None,
    attempts=(),
    error=None,
    items=(_PENDING_ITEM,),
)
_VIDEO = VideoView(
    id="0f6f2d9e6e9c4c0b9d0f7c1b2a3d4e5f",
    extractor="youtube",
    video_id="jNQXAC9IVRw",
    title="Me at the zoo",
    webpage_url="https://www.youtube.com/watch?v=jNQXAC9IVRw",
    channel="jawed",
    upload_date="20050424",
    duration_seconds=19.0,
)
_jobs = TypeAdapter(JobView)


def _attempt(client: str, outcome: Any, error_code: str | None = None, height: int | None = None) -> AttemptView:
    started_at = _ACCEPTED_AT + timedelta(seconds=1)
    reason: Any = "unknown_client" if outcome == "skipped" else None
    return AttemptView(client, outcome, reason, error_code, height, started_at, started_at + timedelta(seconds=1))


def _job(state: JobState, **item: Any) -> dict[str, Any]:
    """A job with one item; what matters of it stands at the top as well, as in the real answers."""
    only = replace(_PENDING_ITEM, state=ItemState(state.value), **item)
    shared = {
        name: getattr(only, name)
        for name in ("percentage", "speed_bytes_per_second", "eta_seconds", "file", "attempts", "error")
    }
    updated_at = _ACCEPTED_AT + timedelta(seconds=3)
    none = ItemCounts(total=1, pending=0, in_progress=0, done=0, failed=0, cancelled=0)
    counts = replace(none, **{state.lower(): 1})
    job = replace(_PENDING, state=state, revision=4, updated_at=updated_at, items=(only,), counts=counts, **shared)
    if state.terminal:
        job = replace(job, finished_at=updated_at)
    told: dict[str, Any] = _jobs.dump_python(job, mode="json")
    return told


_TRANSFER = _job(
    JobState.IN_PROGRESS,
    percentage=47.0,
    stage="transfer",
    downloaded_bytes=357_672,
    total_bytes=715_344,
    speed_bytes_per_second=1_200_000.0,
    eta_seconds=0.3,
    video=_VIDEO,
    attempts=(_attempt("android", "inferior", height=240), _attempt("tv_embedded", "skipped")),
)
_DONE = _job(
    JobState.DONE,
    percentage=100.0,
    video=_VIDEO,
    file=_FILE,
    attempts=(_attempt("web", "failed", "bot_check"), _attempt("default", "satisfied", height=240)),
)
_FAILED = _job(
    JobState.FAILED,
    attempts=(_attempt("android", "failed", "bot_check"), _attempt("default", "failed", "bot_check")),
    error=error_view("bot_check"),
)


def _examples(**told: dict[str, Any]) -> dict[str, Any]:
    return {"content": {"application/json": {"examples": {name: {"value": value} for name, value in told.items()}}}}


# A channel: two of three are archived, the last one is private.
_PARTIAL = replace(
    _PENDING,
    entity_type="channel",
    entity_id="@jawed",
    options=_options(JobRequest(EntityType.CHANNEL, "@jawed", ContainerPolicy.WEBM)),
    state=JobState.PARTIAL,
    revision=9,
    finished_at=_ACCEPTED_AT + timedelta(minutes=3),
    counts=ItemCounts(total=3, pending=0, in_progress=0, done=2, failed=1, cancelled=0),
    listing=ListingView(
        playlist_id="7c1b2a3d4e5f0f6f2d9e6e9c4c0b9d0f",
        title="jawed",
        url="https://www.youtube.com/@jawed",
        state="listed",
        source="data_api",
        note=None,
        listed=3,
        taken=3,
        retry_at=None,
    ),
    problems=(ProblemView(2, None, "https://www.youtube.com/watch?v=dQw4w9WgXcQ", error_view("private_video")),),
    percentage=100.0,
    items=(),
)

ACCEPTED_JOB = _examples(accepted=_jobs.dump_python(_PENDING, mode="json"), archived_already=_DONE)
ANY_JOB = _examples(transfer=_TRANSFER, done=_DONE, failed=_FAILED, partial=_jobs.dump_python(_PARTIAL, mode="json"))
CANCELLED_JOB = _examples(cancelled=_job(JobState.CANCELLED, error=error_view("cancelled")))


def problem_answer(
    status: int, code: str, detail: str, *, field: str | None = None, instance: str = "/jobs"
) -> dict[str, Any]:
    """An entry of a route's `responses`: a problem document."""
    told: dict[str, Any] = {
        "type": f"urn:yt-videos-api:{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "instance": instance,
        "code": code,
    }
    if field:
        told["errors"] = [{"field": field, "message": detail.removeprefix(f"{field} "), "code": code}]
    return {
        "description": HTTPStatus(status).phrase,
        "content": {MEDIA_TYPE: {"schema": Problem.model_json_schema(), "example": told}},
    }
