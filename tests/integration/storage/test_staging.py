"""Staging folders: claimed by one run at a time, resumed by the next, cleaned when nobody needs them."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from yt_videos_api.domain.errors import DownloadFailure
from yt_videos_api.storage.staging import Staging, StagingFolder

DAY_SECONDS = 24 * 3600
ID = "0190a6e2-7c1b"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / ".staging"


@pytest.fixture
def staging(root: Path) -> Staging:
    return Staging(root)


@pytest.fixture
def left_over() -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """Starts processes that inherit the lock of a folder and do not end by themselves."""
    processes = []

    def start(folder: StagingFolder, *, own_group: bool = True) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [sys.executable, "-c", "import time; time.sleep(100)"],
            pass_fds=[folder.lock_fd],
            start_new_session=own_group,
        )
        processes.append(process)
        return process

    yield start
    for process in processes:
        process.kill()
        process.wait()


def dead_worker(folder: StagingFolder) -> None:
    """What is left of a worker that was killed: it released nothing, and the kernel closed its descriptors."""
    os.close(folder.lock_fd)


def test_run_gets_a_private_folder_and_an_empty_scratch_folder(staging: Staging, root: Path) -> None:
    folder = staging.claim(ID)
    assert folder.path == root / ID
    assert list(folder.scratch.iterdir()) == []
    for path in (root, folder.path, folder.scratch):
        assert stat.S_IMODE(path.stat().st_mode) == 0o700
    folder.remove()


def test_kept_parts_wait_for_the_next_run_but_scratch_does_not(staging: Staging) -> None:
    folder = staging.claim(ID)
    (folder.path / "f137.mp4.part").write_bytes(b"half")
    (folder.scratch / "cache").write_bytes(b"old")
    folder.release(keep=True)
    assert not folder.scratch.exists()
    again = staging.claim(ID)
    assert again.path == folder.path
    assert (again.path / "f137.mp4.part").read_bytes() == b"half"
    assert list(again.scratch.iterdir()) == []
    again.remove()


@pytest.mark.parametrize("give_up", [StagingFolder.remove, lambda folder: folder.release(keep=False)])
def test_removed_folder_leaves_nothing_at_all(
    staging: Staging, root: Path, give_up: Callable[[StagingFolder], None]
) -> None:
    folder = staging.claim(ID)
    (folder.path / "part").write_bytes(b"x")
    folder.record_group(2**30)
    give_up(folder)
    assert list(root.iterdir()) == []
    assert list(staging.entries()) == []


def test_what_a_dead_worker_left_is_resumed(staging: Staging) -> None:
    folder = staging.claim(ID)
    (folder.path / "part").write_bytes(b"half")
    dead_worker(folder)
    again = staging.claim(ID)
    assert (again.path / "part").read_bytes() == b"half"
    again.remove()


def test_left_over_group_is_killed_and_its_folder_taken(
    staging: Staging, left_over: Callable[..., subprocess.Popen[bytes]]
) -> None:
    folder = staging.claim(ID)
    process = left_over(folder)
    folder.record_group(process.pid)
    dead_worker(folder)
    assert [entry.locked for entry in staging.entries()] == [True]
    again = staging.claim(ID)
    assert process.wait(timeout=5) == -9
    assert again.path == folder.path
    again.remove()


def test_fresh_folder_is_taken_when_the_left_over_process_cannot_be_named(
    staging: Staging, root: Path, left_over: Callable[..., subprocess.Popen[bytes]]
) -> None:
    folder = staging.claim(ID)
    process = left_over(folder)
    dead_worker(folder)
    again = staging.claim(ID)
    assert again.path == root / f"{ID}.1"
    assert process.poll() is None
    again.remove()
    assert folder.path.exists()


@pytest.mark.parametrize("elsewhere", ["host", "boot_id", "pid_namespace"])
def test_group_of_another_host_boot_or_container_is_never_killed(
    staging: Staging, root: Path, left_over: Callable[..., subprocess.Popen[bytes]], elsewhere: str
) -> None:
    folder = staging.claim(ID)
    process = left_over(folder)
    folder.record_group(process.pid)
    note = root / f"{ID}.group"
    assert f'"{elsewhere}": "' in note.read_text()
    note.write_text(note.read_text().replace(f'"{elsewhere}": "', f'"{elsewhere}": "other '))
    dead_worker(folder)
    again = staging.claim(ID)
    assert again.path != folder.path
    assert process.poll() is None
    again.remove()


@pytest.mark.parametrize("note", ["", "{", "[]", '{"group": "1"}', "\udcff"])
def test_damaged_note_of_a_group_kills_nobody(
    staging: Staging, root: Path, left_over: Callable[..., subprocess.Popen[bytes]], note: str
) -> None:
    folder = staging.claim(ID)
    process = left_over(folder)
    (root / f"{ID}.group").write_bytes(os.fsencode(note))
    dead_worker(folder)
    again = staging.claim(ID)
    assert again.path != folder.path
    assert process.poll() is None
    again.remove()


def test_own_group_is_never_killed(staging: Staging, left_over: Callable[..., subprocess.Popen[bytes]]) -> None:
    folder = staging.claim(ID)
    process = left_over(folder, own_group=False)
    folder.record_group(os.getpgrp())
    dead_worker(folder)
    staging.claim(ID).remove()
    assert process.poll() is None


def test_two_claims_never_share_a_folder(staging: Staging) -> None:
    folders = [staging.claim(ID) for _ in range(3)]
    assert len({folder.path for folder in folders}) == 3
    for folder in folders:
        folder.remove()


def test_claims_end_when_every_folder_is_held(staging: Staging) -> None:
    folders = [staging.claim(ID) for _ in range(4)]
    with pytest.raises(DownloadFailure) as failure:
        staging.claim(ID)
    assert failure.value.kind.retryable
    for folder in folders:
        folder.remove()


def test_removing_a_download_takes_its_older_folders_along(
    staging: Staging, root: Path, left_over: Callable[..., subprocess.Popen[bytes]]
) -> None:
    folder = staging.claim(ID)
    process = left_over(folder)
    dead_worker(folder)
    again = staging.claim(ID)
    process.kill()
    process.wait()
    again.remove()
    assert list(root.iterdir()) == []


def test_folder_of_another_download_is_left_alone(staging: Staging) -> None:
    other = staging.claim(ID + "x")
    staging.claim(ID).remove()
    assert other.path.exists()
    other.remove()


@pytest.mark.parametrize("download_id", ["", "..", "a/b", "a.1", "x" * 65, "a\n"])
def test_odd_download_ids_are_refused(staging: Staging, root: Path, download_id: str) -> None:
    with pytest.raises(ValueError, match="download id"):
        staging.claim(download_id)
    assert not root.exists()


def test_link_in_place_of_the_folder_is_removed_not_followed(staging: Staging, root: Path, tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "file").write_bytes(b"x")
    root.mkdir()
    (root / ID).symlink_to(precious)
    (root / f"{ID}.scratch").symlink_to(precious)
    folder = staging.claim(ID)
    assert list(folder.path.iterdir()) == []
    (folder.path / "inner").symlink_to(precious)
    (folder.path / "closed").mkdir()
    (folder.path / "closed" / "deep").mkdir(mode=0)
    (folder.path / "closed").chmod(0)
    folder.remove()
    assert (precious / "file").read_bytes() == b"x"
    assert list(root.iterdir()) == []


def test_claim_that_fails_holds_nothing(staging: Staging, root: Path) -> None:
    staging.claim(ID).release(keep=True)
    (root / f"{ID}.kept").unlink()
    (root / f"{ID}.kept").mkdir()
    with pytest.raises(DownloadFailure):
        staging.claim(ID)
    (root / f"{ID}.kept").rmdir()
    folder = staging.claim(ID)
    assert folder.path == root / ID
    folder.remove()


def test_entries_tell_size_lock_and_since_when_a_folder_is_kept(staging: Staging) -> None:
    working, kept = staging.claim("working"), staging.claim("kept")
    (working.path / "part").write_bytes(b"12345")
    (working.scratch / "cache").write_bytes(b"123")
    before_at = datetime.now(UTC)
    kept.release(keep=True)
    entries = {entry.name: entry for entry in staging.entries()}
    assert set(entries) == {"working", "kept"}
    assert (entries["working"].size_bytes, entries["working"].locked) == (8, True)
    assert entries["working"].kept_since_at is None
    assert not entries["kept"].locked
    assert entries["kept"].kept_since_at is not None
    assert before_at <= entries["kept"].kept_since_at <= datetime.now(UTC)
    working.remove()


def clean(staging: Staging, *, live: str = "", older_than_seconds: float = DAY_SECONDS) -> list[str]:
    return staging.clean(older_than_seconds=older_than_seconds, is_live=lambda download_id: download_id == live)


def restamp(root: Path, name: str, age: timedelta) -> None:
    (root / f"{name}.kept").write_text((datetime.now(UTC) - age).isoformat())


def test_failed_run_is_kept_for_a_day_whatever_the_times_of_its_files(staging: Staging, root: Path) -> None:
    folder = staging.claim(ID)
    (folder.path / "part").write_bytes(b"half")
    folder.release(keep=True)
    os.utime(folder.path / "part", (0, 0))
    os.utime(folder.path, (0, 0))
    restamp(root, ID, timedelta(hours=23))
    assert clean(staging) == []
    restamp(root, ID, timedelta(hours=25))
    assert clean(staging) == [ID]
    assert list(root.iterdir()) == []


def test_live_download_is_never_cleaned(staging: Staging, root: Path) -> None:
    staging.claim(ID).release(keep=True)
    restamp(root, ID, timedelta(days=9))
    assert clean(staging, live=ID) == []
    assert clean(staging) == [ID]


def test_folder_of_a_dead_run_that_nobody_wants_is_cleaned_at_once(staging: Staging) -> None:
    dead_worker(staging.claim(ID))
    assert clean(staging) == [ID]


def test_locked_folder_is_never_cleaned(staging: Staging) -> None:
    folder = staging.claim(ID)
    assert clean(staging, older_than_seconds=0) == []
    assert folder.path.exists()
    folder.remove()


def test_stamp_from_the_future_begins_anew(staging: Staging, root: Path) -> None:
    staging.claim(ID).release(keep=True)
    restamp(root, ID, timedelta(days=-4000))
    assert clean(staging) == []
    time.sleep(0.01)
    assert clean(staging, older_than_seconds=0.001) == [ID]


def test_there_is_nothing_to_clean_before_the_first_claim(staging: Staging, root: Path) -> None:
    assert clean(staging) == []
    assert list(staging.entries()) == []
    assert not root.exists()


def test_hidden_copies_of_the_library_are_none_of_stagings_business(staging: Staging, root: Path) -> None:
    root.mkdir()
    (root / "0a1b.tmp").write_bytes(b"x")
    assert list(staging.entries()) == []
    assert clean(staging) == []
    assert (root / "0a1b.tmp").exists()


def test_staging_without_its_library_is_unavailable(tmp_path: Path) -> None:
    with pytest.raises(DownloadFailure) as failure:
        Staging(tmp_path / "unmounted" / ".staging").claim(ID)
    assert failure.value.code == "library_unavailable"
