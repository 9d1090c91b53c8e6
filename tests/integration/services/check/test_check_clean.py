"""A check of an archive that is as it should be, and of one that cannot be checked."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integration.services.check.conftest import Checked
from yt_videos_api.domain.errors import Conflict, InvalidInput, Unavailable
from yt_videos_api.services.check import Depth


def library_content(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


@pytest.mark.parametrize("depth", list(Depth))
def test_good_archive_is_clean(good: Checked, depth: Depth) -> None:
    report = good.check(depth)
    assert report.violations == ()
    assert report.clean
    assert (report.downloads_checked, report.jobs_checked, report.files_checked) == (7, 7, 2)


def test_only_a_deep_check_reads_files_and_a_quick_one_does_not_even_walk(good: Checked) -> None:
    size = sum(len(content) for name, content in library_content(good.root).items() if name.startswith("A channel"))
    looked = {depth: good.check(depth) for depth in Depth}
    assert [looked[depth].bytes_hashed for depth in (Depth.QUICK, Depth.NORMAL, Depth.DEEP)] == [0, 0, size]
    assert [looked[depth].objects_checked for depth in (Depth.QUICK, Depth.NORMAL, Depth.DEEP)] == [0, 2, 2]


def test_all_parts_together_read_every_file_once(good: Checked) -> None:
    parts = [good.check(Depth.NORMAL, subset=(number, 3)) for number in (1, 2, 3)]
    assert sum(part.bytes_hashed for part in parts) == good.check(Depth.DEEP).bytes_hashed
    assert {part.files_checked for part in parts} == {2}


@pytest.mark.parametrize("subset", [(0, 3), (4, 3), (1, 0)])
def test_impossible_part_is_refused(good: Checked, subset: tuple[int, int]) -> None:
    with pytest.raises(InvalidInput):
        good.check(subset=subset)


def test_repair_of_a_good_archive_changes_nothing(good: Checked) -> None:
    before = library_content(good.root)
    assert good.check(repair=True).violations == ()
    assert library_content(good.root) == before


@pytest.mark.parametrize("marker", [None, "another installation"])
def test_without_the_right_marker_nothing_is_checked_and_nothing_repaired(good: Checked, marker: str | None) -> None:
    file = good.root / ".yt-videos-library"
    file.write_text(marker) if marker else file.unlink()
    (good.root / good.media().path).unlink()
    with pytest.raises(Unavailable):
        good.check()
    with pytest.raises(Conflict, match="Nothing is repaired"):
        good.check(repair=True)
    assert good.media().state == "published"


def test_library_that_is_not_there_is_no_empty_library(good: Checked) -> None:
    good.root.rename(good.root.with_name("elsewhere"))
    try:
        with pytest.raises(Conflict):
            good.check(repair=True)
    finally:
        good.root.with_name("elsewhere").rename(good.root)
    assert good.check().violations == ()


def test_disk_that_goes_in_the_middle_of_a_check_is_no_loss_of_files(
    good: Checked, monkeypatch: pytest.MonkeyPatch
) -> None:
    library = good.archive.library
    stat = library.stat

    def unmount_first(key: str) -> object:
        for path in [*good.root.glob("A channel/*"), good.root / ".yt-videos-library"]:
            path.unlink(missing_ok=True)
        return stat(key)

    monkeypatch.setattr(library, "stat", unmount_first)
    with pytest.raises(Unavailable):
        good.check(repair=True)
    assert good.media().state == "published"
