"""The library in memory: for tests and for trying things out; nothing survives the process."""

from __future__ import annotations

import hashlib
import io
import threading
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

from yt_videos_api.domain.errors import DownloadFailure, NotFound
from yt_videos_api.storage.base import (
    MARKER,
    SET_ASIDE_FOLDER,
    STAGING_FOLDER,
    TRASH_FOLDER,
    NameTaken,
    StoredObject,
    split_key,
)


class MemoryLibrary:
    """Implements Library. `capacity_bytes` bounds it like a disk."""

    def __init__(self, capacity_bytes: int = 2**30) -> None:
        self._capacity_bytes = capacity_bytes
        self._objects: dict[str, bytes] = {}
        self._set_aside: dict[str, bytes] = {}
        self._discarded_at: dict[str, datetime] = {}
        self._marker: str | None = None
        self._lock = threading.Lock()

    def publish(self, staged: Path, key: str, sha256: str, *, synced: bool = False) -> None:
        """See Library."""
        split_key(key)
        with self._lock:
            if key in self._objects:
                if hashlib.sha256(self._objects[key]).hexdigest() != sha256:
                    raise NameTaken(key)
            else:
                self._objects[key] = self._content(staged)
            staged.unlink(missing_ok=True)

    def stat(self, key: str) -> StoredObject | None:
        """See Library."""
        split_key(key)
        content = self._objects.get(key)
        return None if content is None else StoredObject(len(content))

    def sha256(self, key: str) -> str:
        """See Library."""
        with self.open(key) as file:
            return hashlib.sha256(file.read()).hexdigest()

    def open(self, key: str) -> BinaryIO:
        """See Library."""
        split_key(key)
        try:
            return io.BytesIO(self._objects[key])
        except KeyError as error:
            raise NotFound(key) from error

    def local_path(self, key: str) -> None:
        """See Library: there are no paths."""
        self.open(key)

    def remove(self, key: str) -> None:
        """See Library."""
        split_key(key)
        self._objects.pop(key, None)

    def set_aside(self, key: str) -> str:
        """See Library. Here it still counts against the capacity, and nobody can get at it."""
        return self._put_away(key, "/".join([STAGING_FOLDER, SET_ASIDE_FOLDER, uuid4().hex, key]))

    def discard(self, key: str, *, at: datetime) -> str:
        """See Library."""
        place = self._put_away(key, "/".join([STAGING_FOLDER, TRASH_FOLDER, uuid4().hex, key]))
        self._discarded_at[place] = at
        return place

    def empty_trash(self, *, before: datetime) -> int:
        """See Library."""
        old = [place for place, at in self._discarded_at.items() if at < before]
        for place in old:
            del self._discarded_at[place], self._set_aside[place]
        return len(old)

    def _put_away(self, key: str, place: str) -> str:
        split_key(key)
        with self._lock:
            try:
                self._set_aside[place] = self._objects.pop(key)
            except KeyError as error:
                raise NotFound(key) from error
        return place

    def make_plain(self, key: str) -> bool:
        """See Library: everything here is."""
        return self.stat(key) is not None

    def keys(self) -> Iterator[str]:
        """See Library."""
        return iter(list(self._objects))

    def litter(self) -> list[str]:
        """See Library: a dictionary knows no half of an entry."""
        return []

    def clean(self) -> None:
        """See Library."""

    def free_bytes(self) -> int:
        """See Library."""
        return self._capacity_bytes - sum(map(len, (*self._objects.values(), *self._set_aside.values())))

    def probe(self) -> None:
        """See Library."""
        if self.free_bytes() <= 0:
            raise DownloadFailure("no_space", "not a byte is free")

    def marker(self) -> str | None:
        """See Library."""
        return self._marker

    def write_marker(self, uuid: str) -> None:
        """See Library."""
        with self._lock:
            if self._marker not in (None, uuid):
                raise NameTaken(MARKER)
            self._marker = uuid

    def _content(self, staged: Path) -> bytes:
        try:
            content = staged.read_bytes()
        except FileNotFoundError as error:
            raise NotFound(f"neither {staged.name} nor its target is there") from error
        if len(content) > self.free_bytes():
            raise DownloadFailure("no_space", f"{len(content)} bytes do not fit")
        return content
