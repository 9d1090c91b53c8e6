"""Renaming that never overwrites. Three ways, since no file system knows all of them.

Each way has one signature: rename the file `source` to `name` in the folder open as `folder`; raise FileExistsError
when something is there, Unsupported when this kernel or file system does not know the way, OSError when it fails.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
from pathlib import Path

_AT_FDCWD = -100
_RENAME_NOREPLACE = 1
# EPERM: how seccomp filters of older container runtimes answer to renameat2, and FAT to link.
_UNSUPPORTED = frozenset({errno.EINVAL, errno.ENOSYS, errno.EPERM, errno.ENOTSUP, errno.EMLINK})

_libc = ctypes.CDLL(None, use_errno=True)


class Unsupported(OSError):
    """This way of renaming does not exist here; another one may."""


def rename_no_clobber(source: Path, folder: int, name: str) -> None:
    """Rename `source` to `name` in the folder open as `folder`, atomically, unless something is there.

    Raises FileExistsError (`source` stays), or OSError with errno EXDEV when the two are on different file systems.
    """
    for way in (by_renameat2, by_link):
        try:
            return way(source, folder, name)
        except Unsupported:
            continue
    return by_check(source, folder, name)


def by_renameat2(source: Path, folder: int, name: str) -> None:
    """One system call: Linux with ext4, xfs, btrfs, tmpfs, FAT and more; not NFS, not ZFS before 2.2."""
    if not hasattr(_libc, "renameat2"):
        raise Unsupported(errno.ENOSYS, "renameat2")
    if _libc.renameat2(_AT_FDCWD, os.fsencode(source), folder, os.fsencode(name), _RENAME_NOREPLACE) != 0:
        number = ctypes.get_errno()
        kind = Unsupported if number in _UNSUPPORTED else OSError
        raise kind(number, os.strerror(number), str(source), None, name)


def by_link(source: Path, folder: int, name: str) -> None:
    """A second name, then the first one goes: NFS, macOS. Killed in between, the file has both names."""
    try:
        os.link(source, name, dst_dir_fd=folder, follow_symlinks=False)
    except OSError as error:
        if error.errno in _UNSUPPORTED:
            raise Unsupported(error.errno, error.strerror) from error
        raise
    source.unlink()


def by_check(source: Path, folder: int, name: str) -> None:
    """Look, then rename, under a lock on the folder: SMB, some FUSE file systems.

    Keeps our own processes on this host apart. It is no guard against a foreign program that creates the very name in
    the microseconds between, nor against another host; there the unique paths in the database are.
    """
    fcntl.flock(folder, fcntl.LOCK_EX)
    try:
        try:
            os.stat(name, dir_fd=folder, follow_symlinks=False)
        except FileNotFoundError:
            os.rename(source, name, dst_dir_fd=folder)
        else:
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), name)
    finally:
        fcntl.flock(folder, fcntl.LOCK_UN)
