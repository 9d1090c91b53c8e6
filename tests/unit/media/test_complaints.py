"""What the end of a media tool means."""

from __future__ import annotations

import signal

import pytest

from yt_videos_api.cage.base import Completed
from yt_videos_api.media.complaints import failure_of

# (how it ended, what it printed, the code)
ENDS = [
    (0, "", None),
    (0, "[mov] Referenced QT chapter track not found", None),
    (0, "[matroska,webm @ 0x1] File ended prematurely", "damaged_media"),
    (0, "[mov @ 0x1] stream 1, offset 0x43f04: partial file", "damaged_media"),
    (0, "[h264 @ 0x1] Invalid NAL unit size (0 > 4984).", "damaged_media"),
    (0, "[matroska] 0x00 at pos 454330 (0x6eeba) invalid as first byte of an EBML number", "damaged_media"),
    (1, "moov atom not found", "damaged_media"),
    (183, "Error opening input: Invalid data found when processing input", "damaged_media"),
    (0, "av_interleaved_write_frame(): No space left on device", "no_space"),
    (228, "Error writing trailer: No space left on device", "no_space"),
    (1, "Invalid data found when processing input\nDisk quota exceeded", "no_space"),
    (1, "av_interleaved_write_frame(): File too large", "too_large"),
    (-signal.SIGXFSZ, "", "too_large"),
    (-signal.SIGSEGV, "", "damaged_media"),
    (-signal.SIGABRT, "free(): invalid pointer", "damaged_media"),
    (-signal.SIGKILL, "", "media_tool_failed"),
    (1, "Unknown encoder 'mjpeg'", "media_tool_failed"),
]


@pytest.mark.parametrize(("returncode", "printed", "code"), ENDS)
def test_exit_code_and_words_are_judged_together(returncode: int, printed: str, code: str | None) -> None:
    failure = failure_of(Completed(returncode, b"", printed.encode()))
    assert (failure.code if failure else None) == code


def test_what_is_not_utf8_is_judged_too() -> None:
    failure = failure_of(Completed(1, b"", b"\xff\xfe moov atom not found \xff"))
    assert failure is not None
    assert failure.code == "damaged_media"
