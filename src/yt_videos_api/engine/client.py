"""The supervisor's side of the forkserver: started when needed, started again when it died."""

from __future__ import annotations

import os
import site
import socket
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from yt_videos_api.cage.groups import wait_group_gone
from yt_videos_api.cage.limits import clean_environment
from yt_videos_api.domain.errors import DownloadFailure
from yt_videos_api.engine.fields import Fields
from yt_videos_api.engine.messages import Channel, Message, ProtocolError

_NOWHERE = Path("/nonexistent")
_MODULE = "yt_videos_api.engine.forkserver"
_START_SECONDS = 60.0  # of a cold disk; half a second otherwise
_SPAWN_SECONDS = 20.0
_RELEASE_SECONDS = 20.0
_STOP_SECONDS = 5.0
_GONE_SECONDS = 5.0


class ForkserverClient:
    """One forkserver process, and the right to fork. For many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._server: _Server | None = None

    def spawn(self, message: Message, descriptors: Sequence[int]) -> int:
        """Fork a child that is given copies of `descriptors`; its process group.

        Raises DownloadFailure("engine_crashed") when that is not possible.
        """
        with self._lock:
            try:
                return self._running().spawn(message, descriptors)
            except (OSError, ProtocolError):
                self._discard()
            try:
                return self._running().spawn(message, descriptors)
            except (OSError, ProtocolError) as error:
                self._discard()
                raise DownloadFailure("engine_crashed", f"no process for the run: {error}") from error

    def release(self, group: int) -> None:
        """Have a killed run's processes ended and buried, those that left its group too; nothing is left afterwards.

        Raises DownloadFailure("engine_crashed") when some do not end.
        """
        with self._lock:
            ended = self._try_release(group)
        if ended is None:  # its forkserver is gone, and with it the knowledge of more than the group
            ended = wait_group_gone(group, _GONE_SECONDS)
        if not ended:
            raise DownloadFailure("engine_crashed", "processes of the run do not end")

    def stop(self) -> None:
        """End the forkserver, and with it what it has forked. The next spawn starts another one."""
        with self._lock:
            self._discard()

    @property
    def process_id(self) -> int | None:
        """Of the forkserver; None while there is none."""
        server = self._server
        return None if server is None else server.process.pid

    def _try_release(self, group: int) -> bool | None:
        """Whether nothing of the run is left; None when the forkserver that knew it has gone."""
        if self._server is None:
            return None
        try:
            return self._server.release(group)
        except (OSError, ProtocolError):
            self._discard()
            return None

    def _running(self) -> _Server:
        if self._server is None:
            self._server = _Server()
        return self._server

    def _discard(self) -> None:
        server, self._server = self._server, None
        if server is not None:
            server.stop()


class _Server:
    """A forkserver that is ready."""

    def __init__(self) -> None:
        with ExitStack() as kept, ExitStack() as lent:
            ours, theirs = socket.socketpair()
            kept.enter_context(ours)
            lent.enter_context(theirs)
            watched, held = os.pipe()
            kept.callback(os.close, held)
            lent.callback(os.close, watched)
            self.process = subprocess.Popen(
                [sys.executable, *_isolation(), "-m", _MODULE, str(theirs.fileno()), str(watched)],
                env=_environment(),
                pass_fds=(theirs.fileno(), watched),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                cwd="/",
                start_new_session=True,  # Ctrl-C in a terminal is for the supervisor, which then drains
            )
            kept.pop_all()
        self.channel, self._lifeline = Channel(ours), held
        try:
            answer = self.channel.receive(_START_SECONDS)
        except (OSError, ProtocolError):
            self.stop()
            raise
        if answer is None:
            self.stop()
            raise ProtocolError("the forkserver did not start")

    def spawn(self, message: Message, descriptors: Sequence[int]) -> int:
        self.channel.send(message, descriptors)
        answer = self.channel.receive(_SPAWN_SECONDS)
        if answer is not None and answer.get("kind") == "refused":  # it is well itself, and so are its other runs
            raise DownloadFailure("engine_crashed", f"no process for the run: {answer.get('detail')}")
        if answer is None or answer.get("kind") != "spawned":
            raise ProtocolError(f"the forkserver answers {answer}")
        return Fields(answer).integer("group")

    def release(self, group: int) -> bool | None:
        self.channel.send({"kind": "release", "group": group})
        answer = self.channel.receive(_RELEASE_SECONDS)
        if answer is None or answer.get("kind") not in ("released", "stranger"):
            raise ProtocolError(f"the forkserver answers {answer}")
        return Fields(answer).flag("complete") if answer["kind"] == "released" else None

    def stop(self) -> None:
        self.channel.close()
        os.close(self._lifeline)
        try:
            self.process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def _isolation() -> list[str]:
    """No code from the current folder; from the user's own packages only where ours may be one of them.

    Not -I, which never looks there: after `pip install --user` nothing would be found.
    """
    return ["-P"] if site.ENABLE_USER_SITE else ["-P", "-s"]


def _environment() -> dict[str, str]:
    """Nothing of ours: no secrets, no proxies, no home, no plugins."""
    environment = {**clean_environment(scratch=_NOWHERE, proxy_url=None), "YTDLP_NO_PLUGINS": "1"}
    del environment["PYTHONDONTWRITEBYTECODE"]  # the next start is to be faster
    if site.ENABLE_USER_SITE:
        environment["PYTHONUSERBASE"] = site.getuserbase()  # not to be had from a home that is nowhere
    return environment
