"""The library as a local folder."""

from __future__ import annotations

import errno
import os
import shutil
import stat
import uuid as uuids
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from yt_videos_api.domain.errors import NotFound
from yt_videos_api.storage.base import (
    MARKER,
    SET_ASIDE_FOLDER,
    STAGING_FOLDER,
    TRASH_FOLDER,
    NameTaken,
    StoredObject,
    split_key,
)
from yt_videos_api.storage.deletion import delete_tree
from yt_videos_api.storage.folders import FolderTree
from yt_videos_api.storage.hashing import hash_descriptor
from yt_videos_api.storage.move import atomic_move, interrupted_copies
from yt_videos_api.storage.refusals import refusals_translated

_HIDDEN = frozenset({STAGING_FOLDER, MARKER, "lost+found"})  # lost+found is the file system's own, and root's alone


_TRASH_NAME = "%Y%m%dT%H%M%SZ"


class _NotRegular(OSError):
    """A link, a folder, a fifo: nothing that we published."""


_ABSENT = (FileNotFoundError, NotADirectoryError, _NotRegular)  # NotADirectory: a link stands where a folder should


class LocalLibrary:
    """Implements Library below `root`, which must exist; several processes and hosts may share it."""

    def __init__(self, root: Path) -> None:
        self._root = root.absolute()
        self._folders = FolderTree(self._root)
        self._relay = self._root / STAGING_FOLDER
        self._mode = 0o666 & ~_umask()

    def publish(self, staged: Path, key: str, sha256: str, *, synced: bool = False) -> None:
        """See Library."""
        *parents, name = split_key(key)
        with refusals_translated(), self._folders.opened(parents, create=True) as folder:
            try:
                atomic_move(staged, folder, name, relay=self._relay, mode=self._mode, synced=synced)
            except FileExistsError:
                _adopt(staged, folder, name, sha256)
            except FileNotFoundError:
                if staged.exists():
                    raise
                _adopt(staged, folder, name, sha256)

    def stat(self, key: str) -> StoredObject | None:
        """See Library."""
        *parents, name = split_key(key)
        with refusals_translated():
            try:
                with self._folders.opened(parents) as folder:
                    status = os.stat(name, dir_fd=folder, follow_symlinks=False)
            except _ABSENT:
                return None
        return StoredObject(status.st_size, plain=stat.S_ISREG(status.st_mode) and not status.st_mode & 0o111)

    def sha256(self, key: str) -> str:
        """See Library."""
        with self.open(key) as file, refusals_translated():
            return hash_descriptor(file.fileno())[0]

    def open(self, key: str) -> BinaryIO:
        """See Library."""
        *parents, name = split_key(key)
        with refusals_translated():
            try:
                with self._folders.opened(parents) as folder:
                    return open(_open_regular(name, folder), "rb")
            except _ABSENT as error:
                raise NotFound(key) from error

    def local_path(self, key: str) -> Path:
        """See Library."""
        self.open(key).close()
        return self._root / key

    def remove(self, key: str) -> None:
        """See Library. Folders stay: another publish may be about to use them."""
        *parents, name = split_key(key)
        with refusals_translated():
            try:
                with self._folders.opened(parents) as folder:
                    with suppress(FileNotFoundError):
                        os.unlink(name, dir_fd=folder)
                    os.fsync(folder)  # also when it is gone already: whoever removed it may have died before this
            except _ABSENT:
                return

    def set_aside(self, key: str) -> str:
        """See Library. It keeps its key below a folder of its own, so that one can see where it came from."""
        return self._put_away(key, [STAGING_FOLDER, SET_ASIDE_FOLDER, uuids.uuid4().hex])

    def discard(self, key: str, *, at: datetime) -> str:
        """See Library. The folder's name tells the moment: clocks of file systems are not asked."""
        return self._put_away(
            key, [STAGING_FOLDER, TRASH_FOLDER, f"{at.astimezone(UTC):{_TRASH_NAME}}-{uuids.uuid4().hex}"]
        )

    def empty_trash(self, *, before: datetime) -> int:
        """See Library. What a person put there under another name is left alone."""
        trash = self._relay / TRASH_FOLDER
        with refusals_translated():
            if not trash.is_dir():
                return 0
            old = [path for path in trash.iterdir() if (moment := _discarded_at(path.name)) and moment < before]
            for path in old:
                delete_tree(path)
            return len(old)

    def _put_away(self, key: str, apart: list[str]) -> str:
        *parents, name = split_key(key)
        with refusals_translated():
            self._relay.mkdir(mode=0o700, exist_ok=True)
            try:
                with self._folders.opened(parents) as source:
                    os.stat(name, dir_fd=source, follow_symlinks=False)  # before a folder is made for nothing
                    with self._folders.opened([*apart, *parents], create=True) as target:
                        os.rename(name, name, src_dir_fd=source, dst_dir_fd=target)
                        os.fsync(target)
                    os.fsync(source)
            except _ABSENT as error:
                raise NotFound(key) from error
        return "/".join([*apart, key])

    def make_plain(self, key: str) -> bool:
        """See Library."""
        try:
            with self.open(key) as file, refusals_translated():
                os.fchmod(file.fileno(), self._mode)
                return True
        except NotFound:
            return False

    def keys(self) -> Iterator[str]:
        """See Library. Names that are not UTF-8 come with surrogate escapes."""
        with refusals_translated():
            for entry in _entries(self._root):
                if entry.name not in _HIDDEN:
                    yield from _keys(entry, entry.name)

    def litter(self) -> list[str]:
        """See Library."""
        with refusals_translated():
            return [path.name for path in interrupted_copies(self._relay)]

    def clean(self) -> None:
        """See Library."""
        with refusals_translated():
            for path in interrupted_copies(self._relay):
                path.unlink(missing_ok=True)

    def free_bytes(self) -> int:
        """See Library. What an ordinary user may still write."""
        with refusals_translated():
            return shutil.disk_usage(self._root).free

    def probe(self) -> None:
        """See Library. In staging, where readers do not see it; its name makes it litter should we die."""
        with refusals_translated():
            if not os.access(self._root, os.W_OK | os.X_OK):
                raise PermissionError(errno.EACCES, "the library folder cannot be written", str(self._root))
            self._relay.mkdir(mode=0o700, exist_ok=True)
            draft = self._relay / f"{uuids.uuid4().hex}.tmp"
            try:
                draft.write_bytes(b"\0")
            finally:
                draft.unlink(missing_ok=True)

    def marker(self) -> str | None:
        """See Library."""
        with refusals_translated(), self._folders.opened(()) as folder:
            try:
                with open(_open_regular(MARKER, folder), "rb") as file:
                    return file.read(1024).decode("ascii", "replace").strip()
            except _ABSENT:
                return None

    def write_marker(self, uuid: str) -> None:
        """See Library."""
        draft = self._relay / f"{uuids.uuid4().hex}.tmp"
        with refusals_translated(), self._folders.opened(()) as folder:
            self._relay.mkdir(mode=0o700, exist_ok=True)
            try:
                draft.write_text(uuid + "\n", encoding="ascii")
                atomic_move(draft, folder, MARKER, relay=self._relay, mode=self._mode)
            except FileExistsError:
                if self.marker() != uuid:
                    raise NameTaken(MARKER) from None
            finally:
                draft.unlink(missing_ok=True)


def _adopt(staged: Path, folder: int, name: str, sha256: str) -> None:
    """Take what lies under `name` for our own when it has our hash: a publish before us died before it was recorded."""
    try:
        with open(_open_regular(name, folder), "rb") as file:
            if hash_descriptor(file.fileno())[0] != sha256:
                raise NameTaken(name)
            os.fsync(file.fileno())
    except FileNotFoundError as error:
        raise NotFound(f"neither {staged.name} nor {name}") from error
    except _NotRegular as error:
        raise NameTaken(name) from error
    os.fsync(folder)
    staged.unlink(missing_ok=True)


def _open_regular(name: str, folder: int) -> int:
    if not stat.S_ISREG(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode):
        raise _NotRegular(name)
    return os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)


def _entries(folder: str | Path) -> list[os.DirEntry[str]]:
    with os.scandir(folder) as entries:
        return list(entries)


def _keys(entry: os.DirEntry[str], key: str) -> Iterator[str]:
    if not entry.is_dir(follow_symlinks=False):
        yield key
        return
    for below in _entries(entry.path):
        yield from _keys(below, f"{key}/{below.name}")


def _discarded_at(name: str) -> datetime | None:
    try:
        return datetime.strptime(name.partition("-")[0], _TRASH_NAME).replace(tzinfo=UTC)
    except ValueError:
        return None


def _umask() -> int:
    """The umask of this process. Reading means setting: for a moment, other threads make files with less access."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
