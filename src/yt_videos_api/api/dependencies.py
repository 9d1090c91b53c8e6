"""What routes are given."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from yt_videos_api.bootstrap import Container


def _container(request: Request) -> Container:
    container: Container = request.app.state.container
    return container


ContainerDep = Annotated[Container, Depends(_container)]
