"""A tool runner without a cage: own process group, bounded time and output, no more. For `doctor` and for tests."""

from __future__ import annotations

import os
import selectors
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from yt_videos_api.cage.base import Completed
from yt_videos_api.cage.groups import kill_group
from yt_videos_api.domain.errors import DownloadFailure

STDOUT_LIMIT_BYTES = 64 * 2**20
STDERR_LIMIT_BYTES = 16 * 2**10
_BLOCK_BYTES = 64 * 2**10
# Tools get no secrets: only what finds programs and libraries. LC_ALL=C keeps error texts comparable.
_PASSED_ON = ("PATH", "LD_LIBRARY_PATH")


class PlainRunner:
    """Runs tools as the user we are. A `ToolRunner`; safe to use from several threads."""

    def run(self, argv: Sequence[str], *, folder: Path, timeout_seconds: float) -> Completed:
        """See ToolRunner. What a tool leaves running in its group is killed when it ends.

        Raises DownloadFailure("engine_crashed") when the tool cannot be started.
        """
        environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ} | {"LC_ALL": "C"}
        try:
            process = subprocess.Popen(
                argv,
                cwd=folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
        except OSError as error:
            raise DownloadFailure("engine_crashed", f"{argv[0]} cannot be started: {error}") from error
        with process:
            try:
                stdout, stderr = _collect(process, time.monotonic() + timeout_seconds)
            finally:
                kill_group(process.pid)
            return Completed(process.wait(), stdout, stderr)


def _collect(process: subprocess.Popen[bytes], deadline: float) -> tuple[bytes, bytes]:
    """Both outputs, read until the tool has ended. Raises DownloadFailure("time_limit") at the deadline."""
    assert process.stdout is not None
    assert process.stderr is not None
    kept: dict[IO[bytes], bytearray] = {process.stdout: bytearray(), process.stderr: bytearray()}
    with selectors.DefaultSelector() as selector:
        for pipe in kept:
            selector.register(pipe, selectors.EVENT_READ)
        while selector.get_map():
            # The leader may be gone while a child of it holds the pipes: look for its end now and then.
            ready = selector.select(min(0.25, max(0.0, deadline - time.monotonic())))
            for key, _ in ready:
                pipe = process.stdout if key.fileobj is process.stdout else process.stderr
                block = os.read(pipe.fileno(), _BLOCK_BYTES)
                if not block:
                    selector.unregister(pipe)
                elif pipe is process.stdout:
                    kept[pipe] += block[: STDOUT_LIMIT_BYTES - len(kept[pipe])]
                else:
                    kept[pipe] = (kept[pipe] + block)[-STDERR_LIMIT_BYTES:]
            if not ready and process.poll() is not None:
                break
            if time.monotonic() >= deadline and process.poll() is None:
                raise DownloadFailure("time_limit", "a media tool took too long")
    _wait_until(process, deadline)
    return bytes(kept[process.stdout]), bytes(kept[process.stderr])


def _wait_until(process: subprocess.Popen[bytes], deadline: float) -> None:
    """A tool may close its outputs long before it ends."""
    try:
        process.wait(max(0.0, deadline - time.monotonic()))
    except subprocess.TimeoutExpired as error:
        raise DownloadFailure("time_limit", "a media tool took too long") from error
