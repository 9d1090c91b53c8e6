"""I2, I5, I9 and I10 of what lies in the library and in staging, known to the database or not."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from tests.integration.services.check.conftest import AFTER_HOUSEKEEPING_SECONDS, Checked
from yt_videos_api.db.tables import File, Work
from yt_videos_api.services.check import Depth
from yt_videos_api.storage.base import STAGING_FOLDER


@pytest.fixture
def staging_root(good: Checked) -> Path:
    return good.root / STAGING_FOLDER


def test_file_that_no_row_knows_is_found_and_set_aside(good: Checked, staging_root: Path) -> None:
    (good.root / "A channel" / "home video.webm").write_bytes(b"the only copy")
    assert good.codes(Depth.QUICK) == []
    (violation,) = good.check(Depth.NORMAL).violations
    assert (violation.invariant, violation.subject) == ("I2", "A channel/home video.webm")
    (repaired,) = good.assert_mended_by_repair().violations
    place = repaired.advice.removeprefix("What was there has been set aside as ").removesuffix(".")
    assert (good.root / place).read_bytes() == b"the only copy"
    assert staging_root in (good.root / place).parents


def test_foreign_file_with_a_name_that_is_no_text_is_found_and_set_aside(good: Checked) -> None:
    Path(os.fsdecode(os.fsencode(good.root) + b"/caf\xe9.webm")).write_bytes(b"latin 1")
    (violation,) = good.check().violations
    assert (violation.invariant, violation.subject) == ("I2", "caf\\xe9.webm")
    violation.subject.encode()
    good.assert_mended_by_repair()


def test_foreign_folder_that_looks_like_ours_is_told_and_left_alone(good: Checked) -> None:
    (good.root / ".Staging").mkdir()
    (good.root / ".Staging" / "x").write_bytes(b"whose?")
    (violation,) = good.check(repair=True).violations
    assert (violation.invariant, violation.repaired) == ("I2", False)
    assert (good.root / ".Staging" / "x").read_bytes() == b"whose?"


@pytest.mark.parametrize("name", ["v.webm.part", "v.f137.mp4.part-Frag12.part", "v.mp4.ytdl", "v.temp.mp4", "V.TMP"])
def test_unfinished_file_that_can_be_seen_is_found_and_set_aside(good: Checked, name: str) -> None:
    (good.root / "A channel" / name).write_bytes(b"half")
    assert good.codes(Depth.NORMAL) == ["I5"]
    good.assert_mended_by_repair()


def test_archived_file_with_the_name_of_an_unfinished_one_stays_reported_and_stays(good: Checked) -> None:
    file = good.media()
    (good.root / file.path).rename(good.root / (file.path + ".part"))
    good.plant(File, {"id": file.id}, path=file.path + ".part", collision_key=file.collision_key + ".part")
    (violation,) = good.check(repair=True).violations
    assert (violation.invariant, violation.repaired) == ("I5", False)
    assert (good.root / (file.path + ".part")).exists()


def test_link_in_the_library_is_found_and_set_aside(good: Checked, tmp_path: Path) -> None:
    (tmp_path / "outside").write_bytes(b"somebody else's")
    (good.root / "link.webm").symlink_to(tmp_path / "outside")
    assert good.codes(Depth.NORMAL) == ["I10"]
    good.assert_mended_by_repair()
    assert (tmp_path / "outside").read_bytes() == b"somebody else's"


def test_fifo_in_the_library_is_found_without_waiting_for_its_writer(good: Checked) -> None:
    os.mkfifo(good.root / "pipe.webm")
    assert good.codes(Depth.DEEP) == ["I10"]
    good.assert_mended_by_repair()


def test_archived_file_that_may_be_executed_is_found_and_made_plain(good: Checked) -> None:
    path = good.root / good.media().path
    content = path.read_bytes()
    path.chmod(0o755)
    assert good.codes(Depth.NORMAL) == ["I10"]
    good.assert_mended_by_repair()
    assert path.read_bytes() == content
    assert not path.stat().st_mode & 0o111


def test_file_that_is_gone_at_the_second_look_was_on_its_way_out(
    good: Checked, monkeypatch: pytest.MonkeyPatch
) -> None:
    library, passing = good.archive.library, good.root / "A channel" / "passing.webm"
    passing.write_bytes(b"here and gone")
    looked = threading.Event()
    stat = library.stat

    def gone_after_one_look(key: str) -> object:
        stored = stat(key)
        if key.endswith("passing.webm"):
            looked.set()
            passing.unlink(missing_ok=True)
        return stored

    monkeypatch.setattr(library, "stat", gone_after_one_look)
    assert good.check().violations == ()
    assert looked.is_set()


def test_staging_folder_that_nobody_needs_is_found_and_removed(good: Checked, staging_root: Path) -> None:
    orphan = good.staging.claim("0rphan")
    (orphan.path / "part").write_bytes(b"x")
    os.close(orphan.lock_fd)  # its worker died
    (violation,) = good.check(Depth.NORMAL).violations
    assert (violation.invariant, violation.subject) == ("I9", "staging 0rphan")
    good.assert_mended_by_repair()
    assert [path.name for path in staging_root.iterdir() if path.name.startswith("0rphan")] == []


def test_repair_spares_folders_that_are_kept_or_needed(good: Checked) -> None:
    os.close(good.staging.claim("0rphan").lock_fd)
    good.assert_mended_by_repair()
    kept = {good.ids["waiting"], good.ids["failed"], good.ids["publishing"], good.ids["running"]}
    assert {entry.name for entry in good.staging.entries()} == kept


def test_folder_of_a_run_that_has_just_died_belongs_to_its_work(good: Checked) -> None:
    os.close(good.staging.claim(good.ids["queued"]).lock_fd)
    assert good.row(Work, download_id=good.ids["queued"]).owner is None
    assert good.check().violations == ()


@pytest.mark.parametrize("state", ["cancelled", "finalized"])
def test_folder_that_a_dead_run_left_is_no_litter_until_housekeeping_had_its_chance(good: Checked, state: str) -> None:
    os.close(good.staging.claim(good.ids[state]).lock_fd)
    assert good.check().violations == ()
    good.archive.clock.advance(AFTER_HOUSEKEEPING_SECONDS)
    (violation,) = good.check().violations
    assert (violation.invariant, violation.subject) == ("I9", f"staging {good.ids[state]}")
    good.assert_mended_by_repair()


def test_folder_that_is_gone_at_the_second_look_was_being_cleaned(
    good: Checked, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.close(good.staging.claim("0rphan").lock_fd)
    litter = good.archive.library.litter
    cleaned: list[str] = []

    def clean_meanwhile() -> list[str]:
        if not cleaned:
            cleaned.extend(good.staging.clean(older_than_seconds=1e6, is_live=lambda name: name != "0rphan"))
        return litter()

    monkeypatch.setattr(good.archive.library, "litter", clean_meanwhile)
    assert good.check().violations == ()
    assert cleaned == ["0rphan"]


def test_copy_that_a_dead_publication_left_is_found_and_removed(good: Checked, staging_root: Path) -> None:
    copy = staging_root / "1234.tmp"
    copy.write_bytes(b"half a copy")
    assert good.codes(Depth.NORMAL) == ["I9"]
    good.assert_mended_by_repair()
    assert not copy.exists()


def test_files_of_a_disk_that_ignores_case_belong_to_their_rows_in_any_spelling(
    good: Checked, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Channels NASA and Nasa share one folder there, and a walk spells it in one way."""
    library = good.archive.library
    keys, stat = library.keys, library.stat
    monkeypatch.setattr(library, "keys", lambda: (key.replace("A channel", "A CHANNEL") for key in keys()))
    monkeypatch.setattr(library, "stat", lambda key: stat(key.replace("A CHANNEL", "A channel")))
    report = good.check(repair=True)
    assert report.objects_checked == 2
    assert report.violations == ()
