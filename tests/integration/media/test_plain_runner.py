"""The runner without a cage: bounded in time and output, and nothing survives it."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest

from yt_videos_api.cage.base import Completed
from yt_videos_api.cage.plain import STDERR_LIMIT_BYTES, STDOUT_LIMIT_BYTES, PlainRunner
from yt_videos_api.domain.errors import DownloadFailure


def run(script: str, folder: Path, timeout_seconds: float = 20.0) -> Completed:
    return PlainRunner().run(["/bin/sh", "-c", script], folder=folder, timeout_seconds=timeout_seconds)


def is_running(pid: int) -> bool:
    """Whether it goes on running: a killed process is given two seconds to be gone."""
    deadline = time.monotonic() + 2
    while time.monotonic() < deadline:
        try:
            if "State:\tZ" in Path(f"/proc/{pid}/status").read_text():
                return False
        except (FileNotFoundError, ProcessLookupError):
            return False
        time.sleep(0.01)
    return True


def test_the_end_of_a_tool_is_told(tmp_path: Path) -> None:
    assert run("pwd; echo wrong >&2; exit 3", tmp_path) == Completed(3, f"{tmp_path}\n".encode(), b"wrong\n")


def test_a_killed_tool_has_a_negative_code(tmp_path: Path) -> None:
    assert run("kill -SEGV $$", tmp_path).returncode == -11


def test_secrets_of_ours_are_not_passed_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("YT_VIDEOS_DATABASE_URL", "postgresql://user:hunter2@host/db")
    assert b"hunter2" not in run("env", tmp_path).stdout


def test_a_tool_that_takes_too_long_is_killed_with_its_children(tmp_path: Path) -> None:
    started = time.monotonic()
    with pytest.raises(DownloadFailure) as failed:
        run("sleep 60 & echo $! > child; echo $$ > self; wait", tmp_path, timeout_seconds=0.5)
    assert failed.value.code == "time_limit"
    assert time.monotonic() - started < 5
    assert not is_running(int((tmp_path / "self").read_text()))
    assert not is_running(int((tmp_path / "child").read_text()))


def test_a_silent_tool_that_takes_too_long_is_killed(tmp_path: Path) -> None:
    with pytest.raises(DownloadFailure) as failed:
        run("exec >&- 2>&-; sleep 60", tmp_path, timeout_seconds=0.5)
    assert failed.value.code == "time_limit"


def test_what_a_tool_leaves_running_is_killed_and_does_not_hold_us_up(tmp_path: Path) -> None:
    started = time.monotonic()
    assert run("sleep 60 & echo $! > child; echo done", tmp_path).stdout == b"done\n"
    assert time.monotonic() - started < 5
    assert not is_running(int((tmp_path / "child").read_text()))


def test_output_is_bounded(tmp_path: Path) -> None:
    script = (
        "import sys\n"
        f"for _ in range({STDOUT_LIMIT_BYTES // 2**20 + 3}): sys.stdout.buffer.write(bytes(2**20))\n"
        f"sys.stderr.write('x' * {3 * STDERR_LIMIT_BYTES} + 'the end')\n"
    )
    done = PlainRunner().run([sys.executable, "-c", script], folder=tmp_path, timeout_seconds=60)
    assert done.returncode == 0
    assert len(done.stdout) == STDOUT_LIMIT_BYTES
    assert len(done.stderr) == STDERR_LIMIT_BYTES
    assert done.stderr.endswith(b"the end")


def test_a_tool_that_cannot_be_started_is_told(tmp_path: Path) -> None:
    with pytest.raises(DownloadFailure) as failed:
        PlainRunner().run([str(tmp_path / "missing")], folder=tmp_path, timeout_seconds=5)
    assert failed.value.code == "engine_crashed"


def test_no_descriptor_is_left_open(tmp_path: Path) -> None:
    run("true", tmp_path)
    before = len(list(Path("/proc/self/fd").iterdir()))
    run("true", tmp_path)
    assert len(list(Path("/proc/self/fd").iterdir())) == before
