"""What clients send. What they get back are the dataclasses of services/views.py as they are."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from yt_videos_api.config import Quality, Settings
from yt_videos_api.domain.choices import Selection
from yt_videos_api.domain.policy import ContainerPolicy
from yt_videos_api.domain.targets import EntityType
from yt_videos_api.services.submit import JobRequest


class NewJob(BaseModel):
    """What to archive, and how. Unknown fields are refused; what is left out follows the settings."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"entity_type": "video", "entity_id": "jNQXAC9IVRw"},
                {"entity_type": "url", "entity_id": "https://example.com/talks/42", "container_policy": "mp4"},
            ]
        },
    )

    entity_type: Annotated[EntityType, Field(description="`video`: on YouTube; `url`: any address.")]
    entity_id: Annotated[str, Field(max_length=4096, description="A YouTube video id, or an address.")]
    container_policy: Annotated[ContainerPolicy | None, Field(description="`webm`, `mp4` or `mkv`.")] = None
    quality: Annotated[Quality | None, Field(description="`best`, or the most lines of the picture.")] = None
    embed_metadata: Annotated[bool | None, Field(description="Write title, channel, date ... into the file.")] = None
    embed_cover_art: Annotated[bool | None, Field(description="Write the thumbnail into the file.")] = None

    def resolve(self, settings: Settings) -> JobRequest:
        """All choices explicit; the defaults of a later day do not change this job."""
        quality = self.quality or settings.quality_preference
        return JobRequest(
            entity_type=self.entity_type,
            entity_id=self.entity_id,
            container_policy=self.container_policy or settings.container_policy,
            selection=Selection(max_height=quality.max_height),
            embed_metadata=_default(self.embed_metadata, settings.embed_metadata),
            embed_cover_art=_default(self.embed_cover_art, settings.embed_cover_art),
        )


class Problem(BaseModel):
    """An error, RFC 9457."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    code: str
    errors: list[dict[str, str]] = []


def _default(value: bool | None, default: bool) -> bool:
    return default if value is None else value
