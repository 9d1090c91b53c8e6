"""/health."""

from __future__ import annotations

from fastapi import APIRouter, Response

from yt_videos_api.api.dependencies import ContainerDep
from yt_videos_api.services.health import Health, Status

router = APIRouter(tags=["health"])


@router.get("/health", responses={503: {"model": Health, "description": "Nothing can be accepted right now."}})
def get_health(response: Response, container: ContainerDep) -> Health:
    """Database, disk space, workers and tools. `degraded`: jobs are accepted, and wait for what `problems` names."""
    health = container.health.look()
    response.status_code = 503 if health.status is Status.DOWN else 200
    return health
