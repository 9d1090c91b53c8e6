"""Where the folder and the notes of one staging folder lie; see staging.py for what each is."""

from __future__ import annotations

import fcntl
import os
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from yt_videos_api.storage.deletion import delete_tree


@dataclass(frozen=True, slots=True)
class Place:
    """The paths of the staging folder `name` below `root`. Whoever changes anything here holds its lock."""

    root: Path
    name: str

    @property
    def folder(self) -> Path:
        """The parts."""
        return self.root / self.name

    @property
    def scratch(self) -> Path:
        """The run's own temporary folder."""
        return self.root / f"{self.name}.scratch"

    @property
    def lock(self) -> Path:
        """The lock file."""
        return self.root / f"{self.name}.lock"

    @property
    def group(self) -> Path:
        """The note of the process group."""
        return self.root / f"{self.name}.group"

    @property
    def kept(self) -> Path:
        """The stamp of a folder that no run needs."""
        return self.root / f"{self.name}.kept"

    def prepare(self) -> None:
        """Make ready for a run: the folder as it was left, an empty scratch folder, no notes of earlier runs."""
        if self.folder.is_symlink() or not self.folder.is_dir():
            delete_tree(self.folder)
        self.folder.mkdir(mode=0o700, exist_ok=True)
        self.folder.chmod(0o700)
        delete_tree(self.scratch)
        self.scratch.mkdir(mode=0o700)
        self.group.unlink(missing_ok=True)
        self.kept.unlink(missing_ok=True)

    def stamp(self, moment_at: datetime) -> None:
        """Note that no run needs the folder since `moment_at`. File times tell nothing: sites set them."""
        self.kept.write_text(moment_at.isoformat(), encoding="ascii")

    def kept_since(self) -> datetime | None:
        """The stamp; None when there is none."""
        try:
            return datetime.fromisoformat(self.kept.read_text(encoding="ascii"))
        except (FileNotFoundError, ValueError):  # ValueError: its writer died while writing
            return None

    def kept_for_less_than(self, age: timedelta) -> bool:
        """Whether the folder was stamped less than `age` ago. A stamp from the future (a wrong clock) begins anew."""
        since_at, now_at = self.kept_since(), datetime.now(UTC)
        if since_at is not None and since_at > now_at:
            self.stamp(now_at)
        return since_at is not None and now_at - since_at < age

    def delete(self) -> None:
        """Delete everything but the lock."""
        delete_tree(self.folder)
        delete_tree(self.scratch)
        self.group.unlink(missing_ok=True)
        self.kept.unlink(missing_ok=True)

    def locked(self) -> bool:
        """Whether somebody holds the lock just now."""
        try:
            descriptor = os.open(self.lock, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
        except FileNotFoundError:
            return False
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(descriptor)
        return False

    def size_bytes(self) -> int:
        """Bytes of all files of the folder and the scratch folder; those that vanish meanwhile count nothing."""
        return _size_bytes(self.folder) + _size_bytes(self.scratch)


def _size_bytes(folder: Path) -> int:
    total = 0
    for path, _, files in os.walk(folder):
        for name in files:
            with suppress(FileNotFoundError):
                total += Path(path, name).lstat().st_size
    return total
