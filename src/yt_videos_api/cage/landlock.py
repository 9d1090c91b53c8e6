"""Landlock: a process gives up, for itself and all its children, every file and port but those it names.

Linux only, no privileges needed, no library: three system calls, whose numbers are the same on all architectures that
matter. Not covered by any ABI so far: UDP, connecting to Unix sockets by path, and what is open already.
"""

from __future__ import annotations

import ctypes
import os
import platform
import stat
import struct
import sys
from collections.abc import Iterable
from pathlib import Path

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_VERSION_FLAG = 1
_RULE_PATH, _RULE_PORT = 1, 2
_PR_SET_NO_NEW_PRIVS = 38

_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_REMOVE_DIR, _REMOVE_FILE, _MAKE_DIR, _MAKE_REG = 1 << 4, 1 << 5, 1 << 7, 1 << 8
_REFER, _TRUNCATE, _IOCTL_DEV = 1 << 13, 1 << 14, 1 << 15
_BIND_TCP, _CONNECT_TCP = 1 << 0, 1 << 1
_SCOPE_ABSTRACT_UNIX, _SCOPE_SIGNAL = 1 << 0, 1 << 1

_FILE_RIGHTS_BY_ABI = {1: (1 << 13) - 1, 2: _REFER, 3: _TRUNCATE, 5: _IOCTL_DEV}
_OF_FILES = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE | _IOCTL_DEV  # the kernel takes no others for a single file

_READ = _READ_FILE | _READ_DIR
_RUN = _READ | _EXECUTE
# No links, sockets, pipes and devices: a folder of a run holds plain files and folders (invariant I10).
_WRITE = _READ | _WRITE_FILE | _REMOVE_DIR | _REMOVE_FILE | _MAKE_DIR | _MAKE_REG | _REFER | _TRUNCATE | _IOCTL_DEV

_libc = ctypes.CDLL(None, use_errno=True)


def abi() -> int:
    """The version of Landlock that this kernel has; 0 for none. Network from 4, signals from 6."""
    if sys.platform != "linux" or platform.machine() == "alpha":  # there the numbers are others
        return 0
    return max(0, int(_libc.syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint32(_VERSION_FLAG))))


def restrict(
    *,
    read: Iterable[Path] = (),
    execute: Iterable[Path] = (),
    write: Iterable[Path] = (),
    connect_ports: Iterable[int] = (),
) -> bool:
    """Leave this process and its future children only what is named; False where the kernel cannot.

    Of folders, all that is below; symlinks are followed now; what does not exist is skipped. `execute` and `write` may
    be read as well. Only TCP ports in `connect_ports` can be connected to, and none be bound; processes outside cannot
    be signalled. Cannot be undone. Call it with one thread running: others are not restricted. Raises OSError.
    """
    version = abi()
    if not version:
        return False
    rights = sum(bits for since, bits in _FILE_RIGHTS_BY_ABI.items() if since <= version)
    ruleset = _create_ruleset(version, rights)
    try:
        for paths, wanted in ((read, _READ), (execute, _RUN), (write, _WRITE)):
            for path in paths:
                _allow_path(ruleset, path, wanted & rights)
        if version >= 4:
            for port in connect_ports:
                _call(_ADD_RULE, ruleset, _RULE_PORT, struct.pack("=QQ", _CONNECT_TCP, port), 0)
        _forbid_new_privileges()
        _call(_RESTRICT_SELF, ruleset, 0)
    finally:
        os.close(ruleset)
    return True


def _create_ruleset(version: int, rights: int) -> int:
    attributes = struct.pack("=Q", rights)
    if version >= 4:
        attributes += struct.pack("=Q", _BIND_TCP | _CONNECT_TCP)
    if version >= 6:
        attributes += struct.pack("=Q", _SCOPE_ABSTRACT_UNIX | _SCOPE_SIGNAL)
    return _call(_CREATE_RULESET, attributes, ctypes.c_size_t(len(attributes)), 0)


def _allow_path(ruleset: int, path: Path, rights: int) -> None:
    try:
        fd = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return
    try:
        if not stat.S_ISDIR(os.fstat(fd).st_mode):
            rights &= _OF_FILES
        _call(_ADD_RULE, ruleset, _RULE_PATH, struct.pack("=Qi", rights, fd), 0)
    finally:
        os.close(fd)


def _forbid_new_privileges() -> None:
    one, zero = ctypes.c_ulong(1), ctypes.c_ulong(0)
    if _libc.prctl(_PR_SET_NO_NEW_PRIVS, one, zero, zero, zero):
        raise _last_error()


def _call(number: int, *arguments: object) -> int:
    result = int(_libc.syscall(ctypes.c_long(number), *arguments))
    if result < 0:
        raise _last_error()
    return result


def _last_error() -> OSError:
    number = ctypes.get_errno()
    return OSError(number, f"Landlock: {os.strerror(number)}")
