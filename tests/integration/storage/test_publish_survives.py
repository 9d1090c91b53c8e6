"""Publishing while being killed, and while another process publishes to the same name; on one and across two disks."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

WAYS = ["by_renameat2", "by_link", "by_check"]


@pytest.fixture
def library(tmp_path: Path) -> Path:
    root = tmp_path / "library"
    root.mkdir()
    return root


@pytest.fixture(params=["same file system", "across file systems"])
def staging(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    if request.param == "same file system":
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        assert Path(folder).stat().st_dev != tmp_path.stat().st_dev
        yield Path(folder)


def forked(*arguments: str | Path) -> dict[str, int]:
    command = [sys.executable, "-m", "tests.integration.storage.forked", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stderr
    seen: dict[str, int] = json.loads(done.stdout)
    return seen


@pytest.mark.parametrize("way", WAYS)
def test_publish_killed_at_any_line_leaves_all_or_nothing_and_is_completed_by_the_next(
    way: str, staging: Path, library: Path
) -> None:
    seen = forked("kill", way, staging, library)
    assert seen["nothing"] > 30
    assert seen["published"] >= 2  # killed after the rename, and not killed at all
    if way == "by_link" or staging.parent == Path("/dev/shm"):
        assert seen["both"] > 0  # killed before the staged one went


@pytest.mark.parametrize("way", WAYS)
def test_of_two_publishers_of_different_files_exactly_one_wins(way: str, staging: Path, library: Path) -> None:
    assert set(forked("race", way, staging, library, "different")) == {"0 3"}


@pytest.mark.parametrize("way", WAYS)
def test_of_two_publishers_of_the_same_file_the_second_adopts(way: str, staging: Path, library: Path) -> None:
    assert set(forked("race", way, staging, library, "same")) == {"0 0"}
