"""A library whose disk is full: a small one of its own where this system lets us mount, else a bound on file sizes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

UNSHARE = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--mount", "--user", "--map-root-user"]
MOUNT = 'mount -t tmpfs -o "$0" tmpfs "$1" && shift && exec "$@"'
NOTHING_VISIBLE = {"keys": [], "hidden": [], "staged": True}


@pytest.fixture
def staging() -> Iterator[str]:
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        yield folder


def publish(staging: str, library: Path, *, file_bytes: int = 0, before: list[str] | None = None) -> Any:
    program = [sys.executable, "-m", "tests.integration.storage.publish_once", staging, str(library), str(file_bytes)]
    done = subprocess.run([*(before or []), *program], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def can_mount(folder: Path) -> bool:
    """Containers and hardened kernels may refuse; the bound on file sizes then stands in for the full disk."""
    probe = [*UNSHARE, "sh", "-c", MOUNT, "size=1m", str(folder), "true"]
    return subprocess.run(probe, capture_output=True, timeout=60, check=False).returncode == 0


@pytest.mark.parametrize("options", ["size=1m", "nr_inodes=2", "nr_inodes=3"])
def test_full_disk_shows_nothing_and_keeps_the_staged_file(staging: str, tmp_path: Path, options: str) -> None:
    if can_mount(tmp_path):
        before = [*UNSHARE, "sh", "-c", MOUNT, options, str(tmp_path)]
        assert publish(staging, tmp_path, before=before) == {"code": "no_space", **NOTHING_VISIBLE}
    else:
        assert publish(staging, tmp_path, file_bytes=2**20) == {"code": "too_large", **NOTHING_VISIBLE}


def test_file_system_that_holds_no_file_of_that_size_shows_nothing(staging: str, tmp_path: Path) -> None:
    assert publish(staging, tmp_path, file_bytes=2**20) == {"code": "too_large", **NOTHING_VISIBLE}


def test_the_same_file_is_published_where_there_is_room(staging: str, tmp_path: Path) -> None:
    done = {"code": None, "keys": ["channel/video.webm"], "hidden": [], "staged": False}
    assert publish(staging, tmp_path) == done
