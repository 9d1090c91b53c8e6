"""The installation that the settings name, for commands that look or change something and end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from yt_videos_api.bootstrap import Container, build_container
from yt_videos_api.config import load_settings
from yt_videos_api.log import configure_logging


@contextmanager
def opened() -> Iterator[Container]:
    """Open it, and close it at the end; the log tells errors alone. Raises Misconfigured."""
    settings = load_settings()
    configure_logging("error", as_json=settings.logs_json)
    container = build_container(settings)
    try:
        yield container
    finally:
        container.close()
