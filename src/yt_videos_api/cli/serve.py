"""`yt-videos serve`: API and workers in one process."""

from __future__ import annotations

import signal
import socket
from contextlib import closing
from ipaddress import ip_address
from types import FrameType

import typer
import uvicorn

from yt_videos_api.bootstrap import Container, build_container
from yt_videos_api.cage.limits import allow_many_connections
from yt_videos_api.config import Auth, Settings
from yt_videos_api.domain.errors import Misconfigured
from yt_videos_api.log import configure_logging
from yt_videos_api.main import create_app
from yt_videos_api.worker.loop import WorkerLoop
from yt_videos_api.worker.process import working

BACKLOG = 512
SHUTDOWN_SECONDS = 3  # for requests under way; an open transfer of a large file is cut after that


def serve(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT, then drain. Raises Misconfigured when the address would be open to strangers."""
    _require_safe_address(settings)
    allow_many_connections()
    configure_logging(settings.log_level, as_json=settings.logs_json)
    container = build_container(settings)
    try:
        _serve(container)
    finally:
        container.close()


def _serve(container: Container) -> None:
    settings = container.settings
    config = uvicorn.Config(
        create_app(container),
        host=settings.host,
        port=settings.port,
        log_level="warning",
        timeout_graceful_shutdown=SHUTDOWN_SECONDS,
        server_header=False,
    )
    with closing(_listen(settings)) as listener, working(container, threads=settings.workers) as loop:
        _hurry_on_second_signal(loop)
        address = f"[{settings.host}]" if ":" in settings.host else settings.host
        typer.echo(f"yt-videos-api listens on http://{address}:{listener.getsockname()[1]} (documentation: /docs)")
        typer.echo(f"Library: {container.library_root}")
        uvicorn.Server(config).run(sockets=[listener])


def _listen(settings: Settings) -> socket.socket:
    """Taken before any work begins. Raises Misconfigured when the address is not to be had."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    # asyncio sets TCP_NODELAY only where the protocol is named; without it every answer took 40 ms (measured).
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        where = f"YT_VIDEOS_HOST={settings.host} YT_VIDEOS_PORT={settings.port}"
        raise Misconfigured(f"{where}: cannot listen there: {error.strerror or error}.") from error
    return listener


def _hurry_on_second_signal(loop: WorkerLoop) -> None:
    """uvicorn takes the first signal and raises it again when it has stopped serving; one more hurries the drain."""
    seen: list[int] = []

    def on_signal(number: int, _frame: FrameType | None) -> None:
        if seen:
            loop.hand_back_now()
        elif not loop.is_idle():
            typer.echo("Finishing what is under way, for some seconds; Ctrl-C (or SIGTERM) again to stop at once.")
        seen.append(number)

    signal.signal(signal.SIGTERM, on_signal)
    signal.signal(signal.SIGINT, on_signal)


def _require_safe_address(settings: Settings) -> None:
    if settings.auth is Auth.OFF or settings.host == "localhost":
        return
    try:
        loopback = ip_address(settings.host).is_loopback
    except ValueError:
        loopback = False
    if not loopback:
        raise Misconfigured(
            f"YT_VIDEOS_HOST={settings.host}: whoever reaches this address would own the archive, since there are no"
            " accounts yet. Listen on 127.0.0.1, or say YT_VIDEOS_AUTH=off if everybody may."
        )
