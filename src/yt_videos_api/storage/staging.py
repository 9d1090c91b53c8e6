"""Staging: where runs work, hidden from readers of the library, one folder per download.

    <root>/<name>/           parts; resumed by the next run; readable by us alone
    <root>/<name>.scratch/   HOME, TMPDIR and caches of one run; deleted with it
    <root>/<name>.lock       locked by the run and every process it started
    <root>/<name>.group      which process group that is, while a run is on
    <root>/<name>.kept       since when (UTC, ISO 8601) no run needs the folder

`name` is the download id, or `<id>.<n>` where a process that cannot be killed from here still holds the one before.
Notes lie beside the folder since the processes of a run may write in it, and must not be able to forge them.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from yt_videos_api.domain.errors import DownloadFailure
from yt_videos_api.storage.deletion import delete_tree
from yt_videos_api.storage.groups import kill_recorded_group, record_group
from yt_videos_api.storage.lock import take_lock
from yt_videos_api.storage.place import Place
from yt_videos_api.storage.refusals import refusals_translated

_DOWNLOAD_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_NAME = re.compile(r"(?P<name>(?P<id>[A-Za-z0-9_-]{1,64})(\.[0-9]+)?)(\.(scratch|lock|group|kept))?")
_MOST_FOLDERS = 4  # of one download; each but the last is held by a process on another host, or one in kernel sleep
_PROBE_SECONDS = 0.1  # somebody who only looks whether the lock is free has it for less


@dataclass(frozen=True, slots=True)
class StagingEntry:
    """One folder of staging, for whoever checks or cleans."""

    name: str
    download_id: str
    size_bytes: int
    locked: bool  # a run, or a process left over from one, is working in it
    kept_since_at: datetime | None  # None: in use, or its run died


class StagingFolder:
    """A folder that is ours until `release` or `remove`."""

    def __init__(self, place: Place, lock_fd: int, forget: Callable[[], None]) -> None:
        self._place = place
        self._forget = forget
        self.lock_fd = lock_fd  # inheritable: give it to every process of the run

    @property
    def path(self) -> Path:
        """Where parts lie; what an earlier run left is still there."""
        return self._place.folder

    @property
    def scratch(self) -> Path:
        """An empty folder for this run alone."""
        return self._place.scratch

    def record_group(self, pgid: int) -> None:
        """Note the process group of the run, so that the next claimer can kill it should we die."""
        with refusals_translated():
            record_group(self._place.group, pgid)

    def release(self, *, keep: bool) -> None:
        """Give the folder up; with `keep`, its parts stay for the next run, or for somebody who wants to look."""
        if not keep:
            self.remove()
            return
        with refusals_translated():
            try:
                delete_tree(self._place.scratch)
                self._place.stamp(datetime.now(UTC))
            finally:
                os.close(self.lock_fd)

    def remove(self) -> None:
        """Delete the folder and give it up; also older folders of the same download, where nobody holds them."""
        with refusals_translated():
            try:
                self._place.delete()
            finally:
                os.close(self.lock_fd)
            self._forget()


class Staging:
    """All staging folders below `root`, whose parent must exist."""

    def __init__(self, root: Path, *, patience_seconds: float = 2.0) -> None:
        self._root = root
        self._patience_seconds = patience_seconds  # how long a killed group may take to let go of the lock

    def claim(self, download_id: str) -> StagingFolder:
        """The folder of a download, with what earlier runs left there; made when it is missing.

        A process left over from an earlier run is killed where that is possible from here; else the folder is a fresh
        one. Raises DownloadFailure.
        """
        if not _DOWNLOAD_ID.fullmatch(download_id):
            raise ValueError(f"not a download id: {download_id!r}")
        with refusals_translated():
            self._root.mkdir(mode=0o700, exist_ok=True)
            for place in self._places(download_id):
                lock_fd = self._take(place)
                if lock_fd is not None:
                    return self._opened(place, lock_fd, download_id)
        raise DownloadFailure("library_unavailable", f"left-over processes hold all staging folders of {download_id}")

    def entries(self) -> Iterator[StagingEntry]:
        """Every folder there is, in order of name."""
        with refusals_translated():
            for name, download_id in sorted(self._names().items()):
                place = Place(self._root, name)
                yield StagingEntry(name, download_id, place.size_bytes(), place.locked(), place.kept_since())

    def clean(self, *, older_than_seconds: float, is_live: Callable[[str], bool]) -> list[str]:
        """Delete what no run needs; the names of what was deleted.

        `is_live(download_id)` tells whether a run may still come for the folder: such are spared, as are locked ones
        and those kept for less than `older_than_seconds`. A folder that is neither live nor kept belongs to a run that
        died after its work was done.
        """
        age = timedelta(seconds=older_than_seconds)
        with refusals_translated():
            return [
                name
                for name, download_id in sorted(self._names().items())
                if not is_live(download_id) and self._discard(name, spare=lambda place: place.kept_for_less_than(age))
            ]

    def _opened(self, place: Place, lock_fd: int, download_id: str) -> StagingFolder:
        try:
            place.prepare()
            os.set_inheritable(lock_fd, True)
        except BaseException:
            os.close(lock_fd)
            raise
        return StagingFolder(place, lock_fd, lambda: self._discard_all(download_id))

    def _take(self, place: Place) -> int | None:
        lock_fd = take_lock(place.lock, patience_seconds=_PROBE_SECONDS)
        if lock_fd is None and kill_recorded_group(place.group):
            lock_fd = take_lock(place.lock, patience_seconds=self._patience_seconds)
        return lock_fd

    def _places(self, download_id: str) -> Iterator[Place]:
        yield Place(self._root, download_id)
        for number in range(1, _MOST_FOLDERS):
            yield Place(self._root, f"{download_id}.{number}")

    def _names(self) -> dict[str, str]:
        """Name of each folder, and its download id."""
        if not self._root.exists():
            return {}
        found = (_NAME.fullmatch(path.name) for path in self._root.iterdir())
        return {match["name"]: match["id"] for match in found if match}

    def _discard_all(self, download_id: str) -> None:
        for name, owner in self._names().items():
            if owner == download_id:
                self._discard(name)

    def _discard(self, name: str, *, spare: Callable[[Place], bool] = lambda place: False) -> bool:
        """Delete one folder with all its notes, unless somebody holds it or `spare` says so; whether it was done."""
        place = Place(self._root, name)
        lock_fd = take_lock(place.lock, patience_seconds=_PROBE_SECONDS)
        if lock_fd is None:
            return False
        try:
            if spare(place):
                return False
            place.delete()
            place.lock.unlink(missing_ok=True)  # only ever with the lock in hand and nobody else having it
            return True
        finally:
            os.close(lock_fd)
