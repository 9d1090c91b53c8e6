"""The ASGI application: `uvicorn yt_videos_api.main:app`. It accepts and answers; it never starts workers."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version

from fastapi import FastAPI

from yt_videos_api.api import (
    body,
    cookies,
    docs,
    formats,
    guard,
    health,
    items,
    jobs,
    playlists,
    presets,
    problems,
    videos,
)
from yt_videos_api.bootstrap import Container, build_container
from yt_videos_api.config import Auth, load_settings
from yt_videos_api.domain.errors import Misconfigured, Unavailable
from yt_videos_api.log import configure_logging


def create_app(container: Container, *, owned: bool = False) -> FastAPI:
    """The application. It closes `container` when it ends if that is `owned`."""
    settings = container.settings

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        configure_logging(settings.log_level, as_json=settings.logs_json)
        app.state.container = container
        yield
        if owned:
            container.close()

    app = FastAPI(
        title="yt-videos-api",
        summary="Archives videos from YouTube and every other site yt-dlp knows.",
        version=version("yt-videos-api"),
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,  # a redirect would repeat the Host header; there is one spelling of each address
    )
    problems.install(app)
    for part in (jobs, items, playlists, presets, cookies, formats, videos, health):
        app.include_router(part.router)
    docs.install(app)
    app.add_middleware(body.BodyLimit)
    app.add_middleware(
        guard.DoorGuard,
        allowed_hosts=frozenset({settings.host, *settings.allowed_hosts}),
        serve_everybody=settings.auth is Auth.OFF,
    )
    return app


def __getattr__(name: str) -> FastAPI:
    """`app` is made when it is asked for, so that importing this module reads no settings.

    What keeps it from starting is said here in one line: from within uvicorn's start-up it would be a traceback.
    """
    if name != "app":
        raise AttributeError(name)
    try:
        container = build_container(load_settings())
    except (Misconfigured, Unavailable) as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(2)
    return create_app(container, owned=True)
