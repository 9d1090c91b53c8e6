"""I1, I5, I8 and I10 of files that the database knows: they are there, whole, and what their rows say."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from sqlalchemy import delete

from tests.integration.services.check.conftest import COVER, Checked
from yt_videos_api.db.tables import Download, File
from yt_videos_api.domain.errors import DownloadFailure
from yt_videos_api.services.check import Depth, Report
from yt_videos_api.storage.base import STAGING_FOLDER


def set_aside(good: Checked) -> list[bytes]:
    folder = good.root / STAGING_FOLDER / ".set-aside"
    return sorted(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def media_path(good: Checked) -> Path:
    return good.root / good.media().path


def cover_path(good: Checked) -> Path:
    path: str = good.row(File, download_id=good.ids["finalized"], kind="cover").path
    return good.root / path


def state_of_finalized(good: Checked) -> str:
    state: str = good.row(Download, id=good.ids["finalized"]).state
    return state


def flip_a_byte(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[3] ^= 1
    path.write_bytes(content)


def archive_again(good: Checked) -> None:
    """The next request: nothing else may be in its way."""
    for state in ("queued", "running"):
        good.archive.jobs.cancel(good.item_of(state).job_id)
    good.publish(good.claim("finalized00"))


def advice_of(report: Report) -> str:
    return " ".join(violation.advice for violation in report.violations)


def test_missing_video_is_found_even_by_a_quick_look(good: Checked) -> None:
    media_path(good).unlink()
    (violation,) = good.check(Depth.QUICK).violations
    assert (violation.invariant, violation.subject) == ("I1", good.media().path)
    assert violation.message == "The file is missing."
    assert "fetches it again" in violation.advice


def test_download_whose_video_is_missing_is_given_up_and_archived_again_on_request(good: Checked) -> None:
    content, path = media_path(good).read_bytes(), media_path(good)
    path.unlink()
    report = good.assert_mended_by_repair()
    assert "submit its address again" in advice_of(report)
    assert state_of_finalized(good) == "removed"
    archive_again(good)
    assert path.read_bytes() == content
    assert good.check().violations == ()


@pytest.mark.parametrize("content", [b"", b"half", b"x" * 1000])
def test_video_of_another_size_is_found_even_by_a_quick_look_and_set_aside(good: Checked, content: bytes) -> None:
    media_path(good).write_bytes(content)
    assert good.codes(Depth.QUICK) == ["I1"]
    report = good.assert_mended_by_repair()
    assert sorted([content, COVER]) == set_aside(good)
    assert ".staging/.set-aside/" in advice_of(report)
    archive_again(good)
    assert good.check().violations == ()


def test_flipped_bit_is_found_by_a_deep_check_alone(good: Checked) -> None:
    flip_a_byte(media_path(good))
    assert good.codes(Depth.QUICK) == good.codes(Depth.NORMAL) == []
    assert good.codes(Depth.DEEP) == ["I1"]
    good.assert_mended_by_repair()
    assert len(set_aside(good)) == 2


def test_flipped_bit_is_found_in_exactly_one_of_the_parts(good: Checked) -> None:
    flip_a_byte(media_path(good))
    found = [len(good.check(Depth.NORMAL, subset=(number, 4)).violations) for number in range(1, 5)]
    assert sorted(found) == [0, 0, 0, 1]


def test_lost_cover_does_not_cost_the_video(good: Checked) -> None:
    cover_path(good).unlink()
    content = media_path(good).read_bytes()
    assert good.codes(Depth.QUICK) == ["I1"]
    good.assert_mended_by_repair()
    download = good.row(Download, id=good.ids["finalized"])
    assert (download.state, download.cover) == ("finalized", "none")
    assert media_path(good).read_bytes() == content


def test_damaged_cover_is_set_aside_alone(good: Checked) -> None:
    flip_a_byte(cover_path(good))
    assert good.codes(Depth.DEEP) == ["I1"]
    good.assert_mended_by_repair()
    assert state_of_finalized(good) == "finalized"
    assert len(set_aside(good)) == 1


def test_link_in_the_place_of_a_video_is_found_and_its_target_left_alone(good: Checked, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_bytes(media_path(good).read_bytes())
    media_path(good).unlink()
    media_path(good).symlink_to(outside)
    assert good.codes(Depth.QUICK) == ["I1"]
    assert good.codes(Depth.DEEP) == ["I1", "I10"]
    good.assert_mended_by_repair()
    assert outside.exists()


def test_folder_replaced_by_a_link_is_not_followed(good: Checked, tmp_path: Path) -> None:
    folder = media_path(good).parent
    folder.rename(tmp_path / "moved")
    folder.symlink_to(tmp_path / "moved")
    assert good.codes(Depth.DEEP) == ["I1", "I10"]
    good.assert_mended_by_repair()
    assert len(list((tmp_path / "moved").iterdir())) == 2


def test_file_that_cannot_be_read_is_told_and_never_set_aside(good: Checked, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(key: str) -> str:
        raise DownloadFailure("library_unavailable", f"[Errno 5] Input/output error: {key}")

    monkeypatch.setattr(good.archive.library, "sha256", broken)
    violations = good.check(repair=True).violations
    assert {(violation.invariant, violation.repaired) for violation in violations} == {("I1", False)}
    assert "Input/output error" in violations[0].message
    assert state_of_finalized(good) == "finalized"
    assert set_aside(good) == []


def test_repair_that_the_disk_refuses_stays_reported(good: Checked, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(_key: str) -> str:
        raise DownloadFailure("no_space", "[Errno 28] No space left on device")

    media_path(good).write_bytes(b"half")
    with monkeypatch.context() as patch:
        patch.setattr(good.archive.library, "set_aside", refused)
        (violation,) = good.check(repair=True).violations
    assert (violation.invariant, violation.repaired) == ("I1", False)
    assert state_of_finalized(good) == "finalized"
    good.assert_mended_by_repair()


def test_finalized_download_without_a_video_is_found_and_given_up(good: Checked) -> None:
    with good.archive.database.transaction() as session:
        session.execute(delete(File).where(File.id == good.media().id))
    assert good.codes(Depth.QUICK) == ["I8"]
    good.assert_mended_by_repair()
    assert state_of_finalized(good) == "removed"
    assert len(set_aside(good)) == 2


def test_archived_file_that_counts_as_intended_is_found_and_counted_as_published(good: Checked) -> None:
    good.plant(File, {"id": good.media().id}, state="intended")
    assert good.codes(Depth.QUICK) == ["I8"]
    good.assert_mended_by_repair()
    assert good.media().state == "published"
    assert set_aside(good) == []


def test_file_that_counts_as_published_before_it_is_is_found(good: Checked) -> None:
    good.plant(File, {"id": good.media("publishing").id}, state="published")
    assert good.codes(Depth.QUICK) == ["I8"]
    good.assert_mended_by_repair()
    assert good.media("publishing").state == "intended"


@pytest.mark.parametrize(("state", "code"), [("intended", "I5"), ("published", "I8")])
@pytest.mark.parametrize("download", ["queued", "failed"])
def test_name_held_by_a_download_that_will_not_publish_is_found_and_freed(
    good: Checked, download: str, state: str, code: str
) -> None:
    key, content = "A channel/held [id].webm", b"verified bytes"
    digest = hashlib.sha256(content).hexdigest()
    staged = good.root / STAGING_FOLDER / "held"
    staged.write_bytes(content)
    good.archive.library.publish(staged, key, digest)
    row = File(
        id="f" * 32,
        download_id=good.ids[download],
        kind="media",
        path=key,
        collision_key=key.casefold(),
        staged_name="held",
        size_bytes=len(content),
        sha256=digest,
        state=state,
        created_at=good.archive.clock.now(),
    )
    with good.archive.database.transaction() as session:
        session.add(row)
    assert good.codes() == [code]
    good.assert_mended_by_repair()
    assert set_aside(good) == [content]
    assert good.archive.library.stat(key) is None


@pytest.mark.parametrize("path", ["../outside.webm", "/etc/passwd", "A channel/../../x.webm", ".staging/x.webm"])
def test_row_that_names_a_path_outside_is_found_and_nothing_there_is_touched(good: Checked, path: str) -> None:
    outside = good.root.parent / "outside.webm"
    outside.write_bytes(b"somebody else's")
    media = media_path(good)
    good.plant(File, {"id": good.media().id}, path=path)
    assert good.codes(Depth.QUICK) == ["I10"]
    good.assert_mended_by_repair()
    assert outside.read_bytes() == b"somebody else's"
    assert not media.exists()  # nobody knew it any more: it was set aside
    assert len(set_aside(good)) == 2
