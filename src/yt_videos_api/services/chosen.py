"""The choices of a job in the words of a request, so that what is shown can be sent again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from yt_videos_api.domain.choices import AccessWish, Extras, Selection
from yt_videos_api.domain.filters import CollectionFilter
from yt_videos_api.domain.policy import ContainerPolicy
from yt_videos_api.domain.targets import EntityType


def chosen_options(entity_type: str, container_policy: str, stored: Mapping[str, Any]) -> dict[str, Any]:
    """What `JobRequest.options` has stored, resolved: every choice but the container, and the preset it came from."""
    sound_alone = ContainerPolicy(container_policy).audio_only
    shown = {
        "preset": stored.get("preset"),
        **_streams(Selection.from_json(stored), sound_alone=sound_alone),
        **_extras(Extras.from_json(stored)),
        **_access(AccessWish.from_json(stored)),
    }
    if entity_type == EntityType.VIDEO:
        return shown
    return shown | CollectionFilter.from_json(stored).to_json()


def _streams(selection: Selection, *, sound_alone: bool) -> dict[str, Any]:
    """Of a picture nothing is said where none is wanted, or where an expert's selector says it all."""
    said = selection.to_json()
    height = said.pop("max_height")
    if sound_alone or selection.format_selector is not None:
        return said | {"quality": None, "hdr": None}
    return said | {"quality": f"{height}p" if height else "best"}


def _extras(extras: Extras) -> dict[str, Any]:
    return {
        "embed_metadata": extras.embed_metadata,
        "embed_cover_art": extras.embed_cover_art,
        "embed_chapters": extras.embed_chapters,
        "subtitles": {
            "languages": list(extras.subtitle_languages),
            "automatic": extras.automatic_subtitles,
            "embed": extras.embed_subtitles,
            "sidecar": list(extras.subtitle_sidecars),
        },
        "save_thumbnail": extras.thumbnail,
        "save_info_json": extras.info_json,
        "save_nfo": extras.nfo,
        "sponsorblock": list(extras.sponsorblock),
    }


def _access(access: AccessWish) -> dict[str, Any]:
    said = access.to_json()
    return said | {"impersonate_browser": said.pop("browser")}
