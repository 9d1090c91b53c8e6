"""The ASGI application: `uvicorn yt_videos_api.main:app`. It accepts and answers; it never starts workers."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version

from fastapi import FastAPI

from yt_videos_api.api import body, docs, guard, health, jobs, problems, videos
from yt_videos_api.bootstrap import Container, build_container
from yt_videos_api.config import Auth, Settings, load_settings
from yt_videos_api.domain.errors import Misconfigured, Unavailable
from yt_videos_api.log import configure_logging


def create_app(container: Container | None = None, *, settings: Settings | None = None) -> FastAPI:
    """The application. Without a `container` it builds its own when it starts, and closes it when it ends."""
    settings = settings or (container.settings if container else load_settings())

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        configure_logging(settings.log_level, as_json=settings.logs_json)
        app.state.container = container or build_container(settings)
        yield
        if container is None:
            app.state.container.close()

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
    for router in (jobs.router, videos.router, health.router):
        app.include_router(router)
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
        settings = load_settings()
        build_container(settings).close()
    except (Misconfigured, Unavailable) as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(2)
    return create_app(settings=settings)
