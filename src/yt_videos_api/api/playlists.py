"""/playlists: what was listed, what of it is archived, and what its site does not list any more."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from yt_videos_api.api.body import StrictRoute
from yt_videos_api.api.dependencies import ContainerDep
from yt_videos_api.api.examples import problem_answer
from yt_videos_api.services.playlists import PlaylistItemPage, PlaylistPage, PlaylistView

router = APIRouter(prefix="/playlists", tags=["playlists"], route_class=StrictRoute)

_NO_PLAYLIST = problem_answer(404, "not_found", "There is no such playlist.")
_BAD_CURSOR = problem_answer(422, "cursor", "cursor must be the next_cursor of an earlier page.", field="cursor")
_Limit = Annotated[int, Query(ge=1, le=200)]
_Cursor = Annotated[str | None, Query(max_length=200, description="`next_cursor` of the page before.")]


@router.get("", responses={422: _BAD_CURSOR})
def list_playlists(container: ContainerDep, limit: _Limit = 50, cursor: _Cursor = None) -> PlaylistPage:
    """Playlists and channels that jobs were submitted for, newest first."""
    return container.playlists.list(limit=limit, cursor=cursor)


@router.get("/{playlist_id}", responses={404: _NO_PLAYLIST})
def get_playlist(playlist_id: str, container: ContainerDep) -> PlaylistView:
    """One playlist or channel, as its site last listed it."""
    return container.playlists.get(playlist_id)


@router.get("/{playlist_id}/items", responses={404: _NO_PLAYLIST, 422: _BAD_CURSOR})
def list_playlist_items(
    playlist_id: str,
    container: ContainerDep,
    limit: _Limit = 50,
    cursor: _Cursor = None,
    removed: Annotated[
        bool | None, Query(description="Only entries that were taken out of it, or only the others.")
    ] = None,
) -> PlaylistItemPage:
    """Its entries in order, also those that are not in it any more; their archived files stay."""
    return container.playlists.items(playlist_id, limit=limit, cursor=cursor, removed=removed)
