"""A process with secrets is closed to others of the same user, and still knows itself."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

SECRETIVE = """
import os, sys
from yt_videos_api.cage import landlock, privacy
from yt_videos_api.cage.machine import this_machine
if {uid}:
    os.setgroups([])
    os.setresgid({uid}, {uid}, {uid})
    os.setresuid({uid}, {uid}, {uid})
    landlock._libc.prctl(4, 1, 0, 0, 0)  # as if started by that user: changing users hides, too
landlock.abi = lambda: {abi}
privacy.hide_process()
machine = this_machine()
alive = machine.process_alive(machine.process_id, machine.process_started)
print(alive and os.listdir("/proc/self/fd") != [], flush=True)
sys.stdin.read()
"""
SPY = """
import os
if {uid}:
    os.setgroups([])
    os.setresgid({uid}, {uid}, {uid})
    os.setresuid({uid}, {uid}, {uid})
try:
    print(b"hunter2" in open("/proc/{pid}/environ", "rb").read())
except PermissionError:
    print("PermissionError")
"""
# Root may read everything, so that both become somebody else where the tests run as root.
UID = 65_534 if os.getuid() == 0 else 0


@contextmanager
def secretive(abi: int) -> Iterator[int]:
    argv = [sys.executable, "-c", SECRETIVE.format(uid=UID, abi=abi)]
    environment = {**os.environ, "SECRET": "hunter2"}
    pipe = subprocess.PIPE
    with subprocess.Popen(argv, stdin=pipe, stdout=pipe, env=environment) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.readline() == b"True\n", "it still knows itself"
        yield process.pid
        process.stdin.close()


@pytest.mark.parametrize(("abi", "seen"), [(0, "PermissionError"), (7, "True")], ids=["without Landlock", "with it"])
def test_secrets_are_hidden_where_landlock_does_not_hide_them(abi: int, seen: str) -> None:
    with secretive(abi) as pid:
        spy = [sys.executable, "-c", SPY.format(uid=UID, pid=pid)]
        assert subprocess.check_output(spy, text=True, timeout=20).strip() == seen
