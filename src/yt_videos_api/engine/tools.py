"""Starting ffmpeg and ffprobe from inside the cage, so that they inherit group, limits, Landlock and lifeline."""

from __future__ import annotations

import os
import select
import subprocess
from collections.abc import Sequence

from yt_videos_api.domain.errors import DownloadFailure


def execute(
    argv: Sequence[str], *, folder: str, timeout_seconds: float, output: tuple[int, int], keep: Sequence[int]
) -> int:
    """Run `argv` in `folder`, writing to the two descriptors of `output`; the return code (negative: a signal).

    `keep` stays open in the tool (the staging lock). Raises DownloadFailure("time_limit"), the tool being dead by then,
    and DownloadFailure("media_tool_failed") when it cannot be started.
    """
    try:
        process = subprocess.Popen(
            argv, cwd=folder, stdin=subprocess.DEVNULL, stdout=output[0], stderr=output[1], pass_fds=keep
        )
    except (OSError, ValueError) as error:
        raise DownloadFailure("media_tool_failed", f"{argv[0]} cannot be started: {error}") from error
    with process:
        try:
            return _wait(process, timeout_seconds)
        except subprocess.TimeoutExpired as error:
            process.kill()
            raise DownloadFailure("time_limit", f"{argv[0]} took more than {timeout_seconds:g} s") from error


def _wait(process: subprocess.Popen[bytes], timeout_seconds: float) -> int:
    """As `process.wait`, which with a timeout looks ever more rarely: it noticed a mux of 33 ms after 64."""
    try:
        descriptor = os.pidfd_open(process.pid)
    except (AttributeError, OSError):  # not Linux, or an old one
        return process.wait(timeout_seconds)
    try:
        poller = select.poll()
        poller.register(descriptor, select.POLLIN)
        if not poller.poll(timeout_seconds * 1000):
            raise subprocess.TimeoutExpired(process.args, timeout_seconds)
    finally:
        os.close(descriptor)
    return process.wait()
