"""/presets: sets of choices under a name."""

from __future__ import annotations

from fastapi import APIRouter, Response

from yt_videos_api.api.body import StrictRoute
from yt_videos_api.api.dependencies import ContainerDep
from yt_videos_api.api.examples import problem_answer
from yt_videos_api.api.schemas import NamedPreset, NewPreset
from yt_videos_api.domain.presets import SHIPPED
from yt_videos_api.services.presets import PresetView

router = APIRouter(prefix="/presets", tags=["presets"], route_class=StrictRoute)

_SHIPPED_PRESETS = [
    {"name": name, "description": preset.description, "choices": preset.choices, "shipped": True, "updated_at": None}
    for name, preset in SHIPPED.items()
]
_NO_PRESET = problem_answer(404, "not_found", "There is no such preset.", instance="/presets/talks")
_TAKEN = problem_answer(
    409, "conflict", "There is a preset talks already; PUT /presets/talks replaces it.", instance="/presets"
)
_SHIPPED = problem_answer(
    409,
    "conflict",
    "The preset music comes with the program; save yours under another name.",
    instance="/presets/music",
)
_CONTRADICTION = problem_answer(
    422,
    "contradiction",
    "choices.format_selector says already which streams are wanted; leave out quality.",
    field="choices.format_selector",
    instance="/presets/talks",
)


@router.get("", responses={200: {"content": {"application/json": {"example": _SHIPPED_PRESETS}}}})
def list_presets(container: ContainerDep) -> tuple[PresetView, ...]:
    """All presets; those that come with the program first."""
    return container.presets.list()


@router.post("", status_code=201, responses={409: _TAKEN, 422: _CONTRADICTION})
def create_preset(body: NamedPreset, response: Response, container: ContainerDep) -> PresetView:
    """Save choices under a new name."""
    body.require_consistent()
    preset = container.presets.create(body.name, body.description, body.choices.given())
    response.headers["Location"] = f"/presets/{preset.name}"
    return preset


@router.get("/{name}", responses={404: _NO_PRESET})
def get_preset(name: str, container: ContainerDep) -> PresetView:
    """One preset."""
    return container.presets.get(name)


@router.put("/{name}", responses={409: _SHIPPED, 422: _CONTRADICTION})
def put_preset(name: str, body: NewPreset, container: ContainerDep) -> PresetView:
    """Save choices under this name, instead of what was there. Jobs that were made with it keep theirs."""
    body.require_consistent()
    return container.presets.replace(name, body.description, body.choices.given())


@router.delete("/{name}", status_code=204, responses={404: _NO_PRESET, 409: _SHIPPED})
def delete_preset(name: str, container: ContainerDep) -> None:
    """Forget a preset. Jobs that were made with it keep their choices."""
    container.presets.delete(name)
