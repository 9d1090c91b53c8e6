"""The folders of a local library, walked one by one so that no symbolic link below the root is ever followed."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from yt_videos_api.domain.errors import DownloadFailure

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC


class FolderTree:
    """Opens folders below `root`. `root` itself may be a link: that is the operator's choice."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._durable: set[tuple[str, ...]] = set()

    @contextmanager
    def opened(self, parts: Sequence[str], *, create: bool = False) -> Iterator[int]:
        """A descriptor of the folder `parts`, closed afterwards; with `create`, missing ones are made, durably.

        Raises FileNotFoundError or NotADirectoryError (a link, too), and DownloadFailure("library_unavailable") when
        the root itself is not there: that must never look like an empty library.
        """
        descriptor = self._open_root()
        try:
            for depth, name in enumerate(parts, start=1):
                if create:
                    self._ensure(descriptor, tuple(parts[:depth]))
                below = os.open(name, _FOLDER | os.O_NOFOLLOW, dir_fd=descriptor)
                os.close(descriptor)
                descriptor = below
            yield descriptor
        finally:
            os.close(descriptor)

    def _open_root(self) -> int:
        try:
            return os.open(self._root, _FOLDER)
        except OSError as error:
            raise DownloadFailure("library_unavailable", str(error)) from error

    def _ensure(self, parent: int, parts: tuple[str, ...]) -> None:
        """Make the folder `parts` below `parent` where it is missing.

        A folder that was there already may have been made a moment ago by a process that died before its fsync, so the
        first use by this process makes it durable, too.
        """
        try:
            os.mkdir(parts[-1], dir_fd=parent)
        except FileExistsError:
            if parts in self._durable:
                return
        os.fsync(parent)
        self._durable.add(parts)
