"""/jobs: submit, look, list, cancel."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Response

from yt_videos_api.api.dependencies import ContainerDep
from yt_videos_api.api.schemas import NewJob, Problem
from yt_videos_api.domain.states import JobState
from yt_videos_api.services.jobs import JobPage
from yt_videos_api.services.views import JobView

router = APIRouter(prefix="/jobs", tags=["jobs"])

_PROBLEM: dict[str, Any] = {"model": Problem, "content": {"application/problem+json": {}}}


@router.post(
    "",
    status_code=202,
    responses={422: {**_PROBLEM, "description": "Something in the request is not usable."}, 503: _PROBLEM},
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
    accepted = container.submission.submit(body.resolve(container.settings), idempotency_key=idempotency_key)
    response.headers["Location"] = f"/jobs/{accepted.job_id}"
    if accepted.replayed:
        response.headers["Idempotency-Replayed"] = "true"
    return container.jobs.get(accepted.job_id)


@router.get("", responses={422: _PROBLEM})
def list_jobs(
    container: ContainerDep,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[str | None, Query(max_length=200, description="`next_cursor` of the page before.")] = None,
    state: Annotated[JobState | None, Query()] = None,
) -> JobPage:
    """Jobs, newest first."""
    return container.jobs.list(limit=limit, cursor=cursor, state=state)


@router.get("/{job_id}", responses={404: _PROBLEM})
def get_job(job_id: str, container: ContainerDep) -> JobView:
    """One job: its state, how far it is, its file, the clients that were asked, and what went wrong."""
    return container.jobs.get(job_id)


@router.delete("/{job_id}", responses={404: _PROBLEM, 409: {**_PROBLEM, "description": "The job has ended already."}})
def cancel_job(job_id: str, container: ContainerDep) -> JobView:
    """Cancel a job. What other jobs want as well goes on for them."""
    return container.jobs.cancel(job_id)
