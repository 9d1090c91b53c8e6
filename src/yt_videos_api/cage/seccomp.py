"""A process gives up, for itself and all its children, to leave its process group and its session.

So that killing the group of a run always ends all of the run, whoever does it. Linux on x86-64 and aarch64; elsewhere
cage/strays.py finds who left.
"""

from __future__ import annotations

import ctypes
import errno
import platform
import struct
import sys
from pathlib import Path
from typing import NamedTuple

_PR_SET_SECCOMP, _PR_SET_NO_NEW_PRIVS = 22, 38
_MODE_FILTER = 2
_LOAD_WORD, _JUMP_EQUAL, _JUMP_AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_ALLOW, _FAIL = 0x7FFF0000, 0x00050000 | errno.EPERM
_NUMBER_AT, _ARCHITECTURE_AT = 0, 4  # in struct seccomp_data
_KERNEL_HAS_FILTERS = Path("/proc/sys/kernel/seccomp/actions_avail")
_INSTRUCTION = struct.Struct("=HBBI")


class _Abi(NamedTuple):
    architecture: int  # AUDIT_ARCH_*
    setpgid: int
    setsid: int


_ABIS = {"x86_64": _Abi(0xC000003E, 109, 112), "aarch64": _Abi(0xC00000B7, 154, 157)}
_FOREIGN_NUMBERS = 0x40000000  # and above: x86-64's x32, the same calls by other numbers


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


def available() -> bool:
    """Whether this kernel filters system calls, and we know the numbers of this architecture's."""
    return _abi() is not None and _KERNEL_HAS_FILTERS.exists()


def stay_in_group() -> bool:
    """Have setpgid() and setsid() fail with EPERM from now on; False where that cannot be had. Cannot be undone.

    So do all calls of a foreign architecture (32 bits), which has other numbers for them.
    """
    abi = _abi()
    if abi is None:
        return False
    instructions = _filter(abi)
    program = _Program(len(instructions) // _INSTRUCTION.size, instructions)
    libc = ctypes.CDLL(None)
    one, zero = ctypes.c_ulong(1), ctypes.c_ulong(0)
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, one, zero, zero, zero):
        return False
    return not libc.prctl(_PR_SET_SECCOMP, ctypes.c_ulong(_MODE_FILTER), ctypes.byref(program), zero, zero)


def _abi() -> _Abi | None:
    return _ABIS.get(platform.machine()) if sys.platform == "linux" and sys.maxsize > 2**32 else None


def _filter(abi: _Abi) -> bytes:
    """Jumps are counted from the next instruction; the last one refuses."""
    steps = (
        (_LOAD_WORD, 0, 0, _ARCHITECTURE_AT),
        (_JUMP_EQUAL, 0, 5, abi.architecture),
        (_LOAD_WORD, 0, 0, _NUMBER_AT),
        (_JUMP_AT_LEAST, 3, 0, _FOREIGN_NUMBERS),
        (_JUMP_EQUAL, 2, 0, abi.setpgid),
        (_JUMP_EQUAL, 1, 0, abi.setsid),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _FAIL),
    )
    return b"".join(_INSTRUCTION.pack(*step) for step in steps)
