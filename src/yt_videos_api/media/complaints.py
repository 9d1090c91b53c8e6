"""What the end of a media tool means. Exit codes alone prove nothing: ffmpeg 5.1.9 answered 0 on a full disk and on
truncated Matroska, and said so on stderr only (reliability.md, findings 2 and 3)."""

from __future__ import annotations

import re
import signal

from yt_videos_api.cage.base import Completed
from yt_videos_api.domain.errors import DownloadFailure

# Written by ffmpeg's demuxers and parsers about a file that lacks something or holds garbage; 5.1 to 9.0 agree on them.
_DAMAGE = re.compile(
    "|".join(
        (
            "File ended prematurely",
            "partial file",
            "moov atom not found",
            "error reading header",
            "contradictionary STSC and STCO",
            "Invalid NAL unit size",
            "corrupt input packet",
            "CRC mismatch",
            "invalid as first byte of an EBML number",
            "exceeds containing master element",
            "Invalid data found when processing input",
            "End of file",
            "Could not find codec parameters",
            "matches no streams",
            "does not contain any stream",
        )
    ),
    re.IGNORECASE,
)
_CRASHES = frozenset({-signal.SIGSEGV, -signal.SIGABRT, -signal.SIGBUS, -signal.SIGFPE, -signal.SIGILL})


def failure_of(done: Completed) -> DownloadFailure | None:
    """Why this run of a tool cannot be believed; None when there is nothing to object to.

    Codes: "no_space" and "too_large" (the limit on file size), "damaged_media" (the tool complained of its input, or
    crashed on it), else "media_tool_failed".
    """
    text = done.stderr.decode("utf-8", "replace")
    detail = f"ended with {done.returncode}: {text[-400:].strip()}"
    if "No space left on device" in text or "Disk quota exceeded" in text:
        return DownloadFailure("no_space", detail)
    if done.returncode == -signal.SIGXFSZ or "File too large" in text:
        return DownloadFailure("too_large", detail)
    if done.returncode in _CRASHES or _DAMAGE.search(text):
        return DownloadFailure("damaged_media", detail)
    if done.returncode != 0:
        return DownloadFailure("media_tool_failed", detail)
    return None
