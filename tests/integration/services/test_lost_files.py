"""An archived file that was deleted by hand is fetched again by whoever asks for it; an absent library is no loss."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select

from tests.integration.services.conftest import Archive
from tests.integration.services.rows import assert_rows_agree
from tests.integration.services.staged import publish
from yt_videos_api.db.tables import Download, File
from yt_videos_api.domain.states import DownloadState, JobState
from yt_videos_api.storage.local import LocalLibrary


@pytest.fixture
def media(archive: Archive, tmp_path: Path) -> Path:
    """The media file of the only archived video."""
    archive.submit()
    claimed = archive.leases().claim()
    assert claimed is not None
    publish(archive, claimed, tmp_path / "staged", "good")
    with archive.database.reading() as session:
        path = session.scalars(select(File.path).where(File.kind == "media")).one()
    return tmp_path / "library" / path


def states(archive: Archive) -> list[str]:
    with archive.database.reading() as session:
        return list(session.scalars(select(Download.state).order_by(Download.created_at, Download.state.desc())))


def test_a_video_deleted_by_hand_is_fetched_again_and_its_sidecars_go(archive: Archive, media: Path) -> None:
    media.unlink()
    archive.clock.advance(1)
    assert archive.jobs.get(archive.submit()).state is JobState.PENDING
    assert states(archive) == [DownloadState.REMOVED, DownloadState.QUEUED]
    assert list(archive.library.keys()) == []
    assert_rows_agree(archive.database, archive.library)


def test_a_video_cut_short_by_hand_is_fetched_again_and_what_is_left_is_set_aside(
    archive: Archive, media: Path
) -> None:
    with media.open("r+b") as file:
        file.truncate(1)
    assert archive.jobs.get(archive.submit()).state is JobState.PENDING
    assert list(archive.library.keys()) == []
    assert [kept.stat().st_size for kept in media.parents[1].glob(".staging/.set-aside/**/*") if kept.is_file()] == [1]
    assert_rows_agree(archive.database, archive.library)


def test_another_file_in_the_place_of_a_sidecar_is_left_alone(archive: Archive, media: Path) -> None:
    media.unlink()
    media.with_suffix(".jpg").write_text("the user's own picture")
    archive.submit()
    assert media.with_suffix(".jpg").read_text() == "the user's own picture"


def test_another_installations_library_in_the_place_of_ours_is_no_loss(archive: Archive, media: Path) -> None:
    root = media.parents[1]
    ours = root.rename(root.with_name("ours"))
    root.mkdir()
    LocalLibrary(root).write_marker("11111111-1111-4111-8111-111111111111")
    foreign = root / media.parent.name / media.with_suffix(".jpg").name
    foreign.parent.mkdir()
    foreign.write_bytes((ours / media.parent.name / foreign.name).read_bytes())
    assert archive.jobs.get(archive.submit()).state is JobState.DONE
    assert foreign.exists()
    assert states(archive) == [DownloadState.FINALIZED]


@pytest.mark.parametrize("left", ["nothing", "an empty folder"])
def test_jobs_are_answered_while_the_library_is_away(archive: Archive, media: Path, left: str) -> None:
    root = media.parents[1]
    root.rename(root.with_name("away"))
    if left != "nothing":
        root.mkdir()
    assert archive.jobs.get(archive.submit()).state is JobState.DONE
    assert archive.jobs.get(archive.submit("bbbbbbbbbbb")).state is JobState.PENDING
    assert sorted(states(archive)) == [DownloadState.FINALIZED, DownloadState.QUEUED]


def test_nothing_is_removed_when_the_database_refuses(
    archive: Archive, media: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    media.unlink()

    class Refused(Exception):
        pass

    def refuse(*_: object, **__: object) -> None:
        raise Refused

    monkeypatch.setattr("yt_videos_api.services.downloads.move", refuse)
    with pytest.raises(Refused):
        archive.submit()
    assert media.with_suffix(".jpg").exists()
    assert states(archive) == [DownloadState.FINALIZED]
