"""/jobs/{id}/items: the videos of a job, page by page."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from yt_videos_api.api.body import StrictRoute
from yt_videos_api.api.dependencies import ContainerDep
from yt_videos_api.api.examples import problem_answer
from yt_videos_api.domain.states import ItemState
from yt_videos_api.services.items import ItemPage

router = APIRouter(prefix="/jobs", tags=["jobs"], route_class=StrictRoute)


@router.get(
    "/{job_id}/items",
    responses={
        404: problem_answer(404, "not_found", "There is no such job."),
        422: problem_answer(422, "cursor", "cursor must be the next_cursor of an earlier page.", field="cursor"),
    },
)
def list_items(
    job_id: str,
    container: ContainerDep,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[str | None, Query(max_length=200, description="`next_cursor` of the page before.")] = None,
    state: Annotated[ItemState | None, Query()] = None,
) -> ItemPage:
    """The videos of a job, in the order in which they were taken from its playlist or channel."""
    return container.items.list(job_id, limit=limit, cursor=cursor, state=state)
