"""Starting ffmpeg and ffprobe from inside the cage, so that they inherit group, limits, Landlock and lifeline."""

from __future__ import annotations

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
            return process.wait(timeout_seconds)
        except subprocess.TimeoutExpired as error:
            process.kill()
            raise DownloadFailure("time_limit", f"{argv[0]} took more than {timeout_seconds:g} s") from error
