"""Which library belongs to this database, from the first start on."""

from __future__ import annotations

from pathlib import Path

import pytest
from structlog.testing import capture_logs

from tests.integration.services.conftest import Archive
from tests.integration.services.staged import publish
from yt_videos_api.db.engine import Database
from yt_videos_api.domain.errors import Misconfigured
from yt_videos_api.services.check import Checker, Depth
from yt_videos_api.services.installation import LibraryGuard, holds_other_files, tie_library
from yt_videos_api.storage.local import LocalLibrary
from yt_videos_api.storage.staging import Staging


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder that is to become a library."""
    chosen = tmp_path / "chosen"
    chosen.mkdir()
    return chosen


def start(database: Database, folder: Path) -> LibraryGuard:
    """What every process does with the library when it starts."""
    library = LocalLibrary(folder)
    uuid = tie_library(database, library, str(folder), holds_other_files=lambda: holds_other_files(folder))
    return LibraryGuard(library, uuid)


def test_the_first_start_marks_an_empty_folder_and_later_ones_know_it(database: Database, folder: Path) -> None:
    assert start(database, folder).problem() is None
    assert start(database, folder).problem() is None


@pytest.mark.parametrize("name", ["lost+found", ".DS_Store", ".Trash-1000"])
def test_a_new_library_may_hold_what_systems_leave_in_every_folder(database: Database, folder: Path, name: str) -> None:
    (folder / name).mkdir()
    with capture_logs() as lines:
        assert start(database, folder).problem() is None
    assert lines == []


def test_a_new_library_may_hold_other_files_and_says_once_that_check_will_report_them(
    database: Database, folder: Path
) -> None:
    (folder / "My old own video.mp4").write_bytes(b"mine")
    with capture_logs() as lines:
        guard = start(database, folder)
        start(database, folder)
    assert guard.problem() is None
    assert [line["event"] for line in lines] == ["library_holds_other_files"]
    checker = Checker(database, LocalLibrary(folder), Staging(folder / ".staging"), guard, pause_seconds=0.0)
    assert [violation.subject for violation in checker.check(Depth.NORMAL).violations] == ["My old own video.mp4"]


def test_the_library_of_another_database_is_refused(database: Database, folder: Path) -> None:
    LocalLibrary(folder).write_marker("11111111-1111-4111-8111-111111111111")
    with pytest.raises(Misconfigured, match="another database"):
        start(database, folder)


@pytest.mark.parametrize("still_there", [True, False])
def test_a_database_that_has_published_never_marks_a_folder_again(
    archive: Archive, folder: Path, tmp_path: Path, still_there: bool
) -> None:
    """Also when the only video was given up later: that it was there once is enough."""
    archive.submit()
    claimed = archive.leases().claim()
    assert claimed is not None
    publish(archive, claimed, tmp_path / "staged", "good")
    if not still_there:
        next((tmp_path / "library").rglob("*.webm")).unlink()
        archive.jobs.cancel(archive.submit())
    problem = start(archive.database, folder).problem()
    assert problem is not None
    assert "marker" in problem
    assert "YT_VIDEOS_OUTPUT_DIRECTORY" in problem
    assert LocalLibrary(folder).marker() is None
