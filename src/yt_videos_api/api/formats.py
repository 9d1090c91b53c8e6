"""/formats: what a site offers at an address."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from yt_videos_api.api.dependencies import ContainerDep
from yt_videos_api.api.examples import problem_answer
from yt_videos_api.api.format_examples import ANSWERED_PROBE, QUEUED_PROBE
from yt_videos_api.services.probes import ProbeView

router = APIRouter(prefix="/formats", tags=["formats"])

RETRY_SECONDS = 1
_UNUSABLE = problem_answer(
    422, "url.list", "url leads to a playlist or channel; ask for one of its videos.", field="url", instance="/formats"
)


@router.get("", responses={200: ANSWERED_PROBE, 202: QUEUED_PROBE, 422: _UNUSABLE})
def get_formats(
    url: Annotated[str, Query(max_length=4096, description="The address of one video, or a YouTube id.")],
    response: Response,
    container: ContainerDep,
) -> ProbeView:
    """Formats and subtitles. 202 until a worker has asked the site: ask again after Retry-After seconds."""
    probe = container.probes.ask(url)
    if probe.state == "queued":
        response.status_code = 202
        response.headers["Retry-After"] = str(RETRY_SECONDS)
    return probe
