"""What /docs says of answers: every field that does not explain itself is explained."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import TypeAdapter

from yt_videos_api.services.playlists import PlaylistItemView
from yt_videos_api.services.views import JobView


@pytest.mark.parametrize(
    ("answer", "fields"),
    [
        (JobView, "revision percentage counts listing problems options items"),
        ("ListingView", "listed taken note source state retry_at"),
        ("ItemView", "position percentage stage retry_at attempts"),
        ("MediaFileView", "policy_met cover notes path sidecars"),
        (PlaylistItemView, "position gone removed_at archived"),
    ],
)
def test_a_field_that_does_not_explain_itself_is_explained(answer: type | str, fields: str) -> None:
    schema: dict[str, Any] = TypeAdapter(JobView if isinstance(answer, str) else answer).json_schema()
    told = schema["$defs"][answer] if isinstance(answer, str) else schema
    assert [name for name in fields.split() if not told["properties"][name].get("description")] == []
