"""The port of the library: where published files live. Fulfilled by a local folder, memory, and an S3 bucket.

A key is a relative POSIX path, such as `channel/2024-01-31 - title [id].webm`. Sizes are bytes, hashes SHA-256 in hex.
Every method may be called from any thread, and every one that writes may be repeated. What goes wrong outside of us is
raised as DownloadFailure: "no_space" when the disk is full, "library_unavailable" when the library cannot be reached,
"too_large" when its file system cannot hold a file of that size.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Protocol

from yt_videos_api.domain.errors import YtVideosError

STAGING_FOLDER = ".staging"  # hidden part of a local library: staging of runs, and copies on their way to publication
SET_ASIDE_FOLDER = ".set-aside"  # inside of it: what a repair took out of sight; kept until a person deletes it
TRASH_FOLDER = ".trash"  # inside of it: what was removed on purpose; deleted after a while
MARKER = ".yt-videos-library"


class NameTaken(YtVideosError):
    """Something else is published under this key already; try the next name."""


@dataclass(frozen=True, slots=True)
class StoredObject:
    """What lies under a key."""

    size_bytes: int
    plain: bool = True  # a regular file without an exec bit; anything else was not published by us


class Library(Protocol):
    """Published files, and the marker that tells this library from the empty folder of an unmounted disk."""

    def publish(self, staged: Path, key: str, sha256: str, *, synced: bool = False) -> None:
        """Move `staged` to `key`, durably; readers see all of it or nothing, and nothing is ever overwritten.

        `sha256` is that of `staged`. `synced` tells that the file was fsynced since it was written, which saves doing
        so again. Safe to repeat after a crash: a target that has our hash already is adopted and `staged` removed.
        Raises NameTaken when something else is there (`staged` stays), NotFound when neither file is there.
        """

    def stat(self, key: str) -> StoredObject | None:
        """What lies under `key`, without reading it; None when there is nothing."""

    def sha256(self, key: str) -> str:
        """Read all of `key` and hash it. Raises NotFound."""

    def open(self, key: str) -> BinaryIO:
        """Open `key` for reading; the caller closes. Stays readable when the key is removed. Raises NotFound."""

    def local_path(self, key: str) -> Path | None:
        """Where `key` lies on this host, for serving it; None for a library without paths. Raises NotFound."""

    def remove(self, key: str) -> None:
        """Remove `key`, durably; nothing happens when it is not there."""

    def set_aside(self, key: str) -> str:
        """Move whatever lies under `key` (a link, too) out of sight, durably, and tell where it is now.

        The answer is a path relative to the library, unique, below our hidden parts; nothing of ours ever deletes it.
        Raises NotFound.
        """

    def discard(self, key: str, *, at: datetime) -> str:
        """Move what lies under `key` to the trash, durably, and tell where it is now, as `set_aside` does.

        `at` tells `empty_trash` how old it is. Raises NotFound.
        """

    def empty_trash(self, *, before: datetime) -> int:
        """Delete for good what was discarded before that moment; how many things that were."""

    def make_plain(self, key: str) -> bool:
        """Take the exec bits from the regular file under `key`, without touching its content.

        False when no regular file lies there.
        """

    def keys(self) -> Iterator[str]:
        """Everything visible, in no promised order, also what was not published by us (links, foreign files).

        Skips our hidden parts: staging and the marker.
        """

    def litter(self) -> list[str]:
        """Names of hidden copies that interrupted publishes left behind; those still being written are not told."""

    def clean(self) -> None:
        """Remove the litter."""

    def free_bytes(self) -> int:
        """How much more may be published."""

    def probe(self) -> None:
        """Write a little and remove it, without a trace. Raises DownloadFailure when nothing could be published now."""

    def marker(self) -> str | None:
        """The UUID of this library; None when it has no marker (a new library, or a disk that is not mounted)."""

    def write_marker(self, uuid: str) -> None:
        """Mark this library for good. Raises NameTaken when it bears another UUID."""


def split_key(key: str) -> tuple[str, ...]:
    """The components of `key`. Raises ValueError for what is not a key: keys are built by us, so that is a bug."""
    components = tuple(key.split("/"))
    if any(part in ("", ".", "..") or "\x00" in part or len(os.fsencode(part)) > 255 for part in components):
        raise ValueError(f"not a key: {key!r}")
    if components[0].casefold() in (STAGING_FOLDER, MARKER):  # casefold: some file systems take .Staging for .staging
        raise ValueError(f"a key of our hidden parts: {key!r}")
    return components
