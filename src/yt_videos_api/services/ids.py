"""What an id of ours looks like."""

from __future__ import annotations

import re

from yt_videos_api.domain.errors import NotFound

_ID = re.compile(r"[0-9a-f]{32}")


def require_id(text: str, complaint: str) -> None:
    """Raises NotFound for what no id of ours looks like; PostgreSQL refuses some of it (NUL) as no text at all."""
    if not _ID.fullmatch(text):
        raise NotFound(complaint)
