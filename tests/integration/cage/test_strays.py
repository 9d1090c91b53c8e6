"""Whoever leaves his group is found by his descent. Each family lives below a process of its own."""

from __future__ import annotations

import subprocess
import sys

import pytest

ESCAPE = "import os, time; os.setsid(); print(os.getpid(), flush=True); time.sleep(60)"
DOUBLE_FORK = """
import os, time
if not os.fork():
    os.setsid()
    if not os.fork():
        print(os.getpid(), flush=True)
        time.sleep(60)
    os._exit(0)
time.sleep(60)
"""
FLEEING = """
import os, time
print(os.getpid(), flush=True)
end = time.monotonic() + 20
while time.monotonic() < end:
    if os.fork():
        os._exit(0)
    os.setsid()
"""
SCRIPT = """
import os, psutil, subprocess, sys
from yt_videos_api.cage.strays import adopt_orphans, end_children

adopt_orphans()
def start(code):
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    return process, int(process.stdout.readline())

kept, _ = start("import subprocess, time; print(subprocess.Popen(['sleep', '60']).pid, flush=True); time.sleep(60)")
hunted, number = start(sys.argv[1])
ended = end_children(but={kept.pid}, timeout_seconds=10)
left = psutil.Process().children(recursive=True)
alive = os.path.exists(f"/proc/{number}")
kept.kill()
print(ended, alive, len(left), end_children(but=(), timeout_seconds=10), flush=True)
os._exit(0)
"""


@pytest.mark.parametrize("code", [ESCAPE, DOUBLE_FORK, FLEEING], ids=["new session", "double fork", "fleeing"])
def test_who_left_his_group_is_ended_and_others_are_left_alone(code: str) -> None:
    told = subprocess.run([sys.executable, "-c", SCRIPT, code], stdout=subprocess.PIPE, timeout=60, check=True).stdout
    # Left are the one that was to be kept and its own child.
    assert told.decode().split() == ["True", "False", "2", "True"]


def test_without_children_nothing_is_waited_for() -> None:
    script = "from yt_videos_api.cage.strays import end_children; print(end_children(but=(), timeout_seconds=0))"
    assert subprocess.check_output([sys.executable, "-c", script], timeout=20) == b"True\n"
