"""What a tool writes, collected through pipes: all of stdout up to a limit, the end of stderr."""

from __future__ import annotations

import os
import threading
from types import TracebackType

from yt_videos_api.domain.errors import DownloadFailure

_STDOUT_BYTES = 64 * 2**20
_STDERR_BYTES = 16 * 2**10
_READ_BYTES = 2**16


class Output:
    """Two pipes and a thread for each. Leaving the block closes whatever is still open and ends the threads."""

    def __init__(self) -> None:
        self._stdout, stdout = os.pipe()
        self._stderr, stderr = os.pipe()
        self.writing_ends = [stdout, stderr]
        self._kept = bytearray()
        self._tail = bytearray()
        self._overflowed = False
        self._threads = [
            threading.Thread(target=self._read_stdout, daemon=True, name="tool-stdout"),
            threading.Thread(target=self._read_stderr, daemon=True, name="tool-stderr"),
        ]

    def __enter__(self) -> Output:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close_writing_ends()
        for thread in self._threads:
            thread.join()

    def close_writing_ends(self) -> None:
        """Ours; the tool has copies. The threads end when those are closed too. Safe to repeat."""
        while self.writing_ends:
            os.close(self.writing_ends.pop())

    def collect(self) -> tuple[bytes, bytes]:
        """Stdout and the end of stderr, when the tool has ended.

        Raises DownloadFailure("media_tool_failed") when stdout was longer than 64 MiB: half of it would mislead.
        """
        for thread in self._threads:
            thread.join()
        if self._overflowed:
            raise DownloadFailure("media_tool_failed", "more output than anybody could want")
        return bytes(self._kept), bytes(self._tail)

    def _read_stdout(self) -> None:
        while block := os.read(self._stdout, _READ_BYTES):
            self._kept += block
            if len(self._kept) > _STDOUT_BYTES:
                self._overflowed = True
                break  # closing makes the tool fail with a broken pipe
        os.close(self._stdout)

    def _read_stderr(self) -> None:
        while block := os.read(self._stderr, _READ_BYTES):
            self._tail += block
            del self._tail[:-_STDERR_BYTES]
        os.close(self._stderr)
