"""/jobs: submit, look, list, cancel."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Query, Response

from yt_videos_api.api.body import StrictRoute
from yt_videos_api.api.dependencies import ContainerDep
from yt_videos_api.api.examples import ACCEPTED_JOB, ANY_JOB, CANCELLED_JOB, problem_answer
from yt_videos_api.api.resolve import resolve
from yt_videos_api.api.schemas import NewJob
from yt_videos_api.domain.states import JobState
from yt_videos_api.services.jobs import JobPage
from yt_videos_api.services.views import JobView

router = APIRouter(prefix="/jobs", tags=["jobs"], route_class=StrictRoute)

_NO_JOB = problem_answer(404, "not_found", "There is no such job.")
_ENDED = problem_answer(409, "conflict", "The job is DONE already and cannot be cancelled.")
_AWAY = problem_answer(
    503, "unavailable", "A part of the service does not answer right now. Nothing is lost; try again."
)
_UNUSABLE = problem_answer(
    422,
    "url.address_not_public",
    "entity_id must lead to the public internet; 127.0.0.1 is not a public address.",
    field="entity_id",
)
_BAD_CURSOR = problem_answer(422, "cursor", "cursor must be the next_cursor of an earlier page.", field="cursor")
_NO_JSON = problem_answer(400, "bad_request", "The body is not valid JSON.")


@router.post(
    "",
    status_code=202,
    responses={202: ACCEPTED_JOB, 400: _NO_JSON, 422: _UNUSABLE, 503: _AWAY},
)
def submit_job(
    body: NewJob,
    response: Response,
    container: ContainerDep,
    idempotency_key: Annotated[
        str | None, Header(description="The same key with the same request gets the same job, for 24 hours.")
    ] = None,
) -> JobView:
    """Accept a job and answer at once. A video that is archived already is DONE in this very answer."""
    accepted = container.submission.submit(resolve(body, container), idempotency_key=idempotency_key)
    response.headers["Location"] = f"/jobs/{accepted.job_id}"
    if accepted.replayed:
        response.headers["Idempotency-Replayed"] = "true"
    return container.jobs.get(accepted.job_id)


@router.get("", responses={422: _BAD_CURSOR, 503: _AWAY})
def list_jobs(
    container: ContainerDep,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[str | None, Query(max_length=200, description="`next_cursor` of the page before.")] = None,
    state: Annotated[JobState | None, Query()] = None,
) -> JobPage:
    """Jobs, newest first."""
    return container.jobs.list(limit=limit, cursor=cursor, state=state)


@router.get("/{job_id}", responses={200: ANY_JOB, 404: _NO_JOB, 503: _AWAY})
def get_job(job_id: str, container: ContainerDep) -> JobView:
    """One job: its state, how far it is, its file, the clients that were asked, and what went wrong."""
    return container.jobs.get(job_id)


@router.delete("/{job_id}", responses={200: CANCELLED_JOB, 404: _NO_JOB, 409: _ENDED, 503: _AWAY})
def cancel_job(job_id: str, container: ContainerDep) -> JobView:
    """Cancel a job. What other jobs want as well goes on for them."""
    return container.jobs.cancel(job_id)
