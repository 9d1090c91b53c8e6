"""Which files of the system and of this installation the programs of a run cannot do without."""

from __future__ import annotations

import os
import site
import sys
from pathlib import Path

import yt_videos_api

_PROGRAMS = ("/usr", "/bin", "/lib", "/lib32", "/lib64", "/nix/store", "/opt/homebrew", "/System")
_FILES = (
    # names, certificates, time: what libc and TLS libraries look up
    "/etc/ld.so.cache",
    "/etc/ssl",
    "/etc/pki",
    "/etc/ca-certificates",
    "/etc/resolv.conf",
    "/etc/hosts",
    "/etc/host.conf",
    "/etc/nsswitch.conf",
    "/etc/gai.conf",
    "/etc/services",
    "/etc/localtime",
    "/etc/mime.types",
    # how much machine there is, for thread pools and heaps; not all of /proc, which shows other processes
    "/proc/cpuinfo",
    "/proc/meminfo",
    "/proc/stat",
    "/proc/sys/vm",
    "/proc/sys/kernel/osrelease",
    "/sys/devices/system/cpu",
    "/sys/fs/cgroup",
    "/dev/random",
    "/dev/urandom",
    "/dev/zero",
)
DEVICES = (Path("/dev/null"),)  # to be written


def programs() -> tuple[Path, ...]:
    """What may be executed: the system's programs, this interpreter and this environment with ffmpeg and deno in it."""
    own = {sys.prefix, sys.exec_prefix, sys.base_prefix, sys.base_exec_prefix, os.path.realpath(sys.executable)}
    if site.ENABLE_USER_SITE and site.USER_SITE and site.USER_BASE:  # after `pip install --user`
        own |= {site.USER_SITE, f"{site.USER_BASE}/bin"}
    return tuple(Path(name) for name in (*_PROGRAMS, *sorted(own)))


def files() -> tuple[Path, ...]:
    """What may be read besides: a few files of the system, and our own package where it lies elsewhere."""
    return (*(Path(name) for name in _FILES), *(Path(name) for name in yt_videos_api.__path__))
