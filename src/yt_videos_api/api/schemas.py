"""What clients send. What they get back are the dataclasses of services/views.py as they are."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from yt_videos_api.api.choices import Choices
from yt_videos_api.domain.errors import InvalidInput
from yt_videos_api.domain.presets import NAME_PATTERN
from yt_videos_api.domain.targets import EntityType


class NewJob(Choices):
    """What to archive, and how. Unknown fields are refused; what is left out follows the preset, then the settings."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"entity_type": "video", "entity_id": "jNQXAC9IVRw"},
                {"entity_type": "url", "entity_id": "https://example.com/talks/42", "container_policy": "mp4"},
                {"entity_type": "channel", "entity_id": "@jawed", "preset": "tv-1080p", "item_limit": 50},
                {
                    "entity_type": "playlist",
                    "entity_id": "PLbpi6ZahtOH6Ar_3GPy3workingExample",
                    "container_policy": "mkv",
                    "subtitles": {"languages": ["en-*", "de"], "embed": True, "sidecar": ["srt"]},
                    "title_exclude": ["trailer"],
                    "order": "newest",
                },
            ]
        },
    )

    entity_type: Annotated[
        EntityType, Field(description="`video`, `playlist`, `channel`: on YouTube; `url`: any address.")
    ]
    entity_id: Annotated[str, Field(max_length=4096, description="A YouTube id, a channel's @handle, or an address.")]
    preset: Annotated[str | None, Field(pattern=NAME_PATTERN, description="Choices by name, see GET /presets.")] = None


class NewPreset(BaseModel):
    """A preset as it is saved."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "description": "Talks for the train",
                    "choices": {"container_policy": "mp4", "quality": "480p", "subtitles": {"languages": ["en"]}},
                }
            ]
        },
    )

    description: Annotated[str, Field(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")] = ""
    choices: Choices

    def require_consistent(self) -> None:
        """Raise InvalidInput that names the field when one choice contradicts another."""
        try:
            self.choices.require_consistent()
        except InvalidInput as error:
            raise InvalidInput(f"choices.{error.field}", error.problem, code=error.code) from None


class NamedPreset(NewPreset):
    """A preset and its name."""

    name: Annotated[str, Field(pattern=NAME_PATTERN, description="Lower-case letters, digits and hyphens.")]


class Problem(BaseModel):
    """An error, RFC 9457."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    code: str
    errors: list[dict[str, str]] = []
