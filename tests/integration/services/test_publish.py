"""P7 to P9 when the worker dies or sleeps in between: the library and the rows always agree in the end."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select

from tests.integration.services.conftest import Archive
from tests.integration.services.rows import assert_rows_agree
from tests.integration.services.staged import Died, publish, publisher_of, stage
from yt_videos_api.db.tables import Download, File
from yt_videos_api.domain.choices import Selection
from yt_videos_api.domain.errors import DownloadFailure, LeaseLost
from yt_videos_api.domain.identity import VideoIdentity
from yt_videos_api.domain.offers import Cut
from yt_videos_api.domain.states import DownloadState, JobState
from yt_videos_api.services.attempts import AttemptLog
from yt_videos_api.services.downloads import identity_of
from yt_videos_api.services.leases import Claimed, Leases


@pytest.fixture
def observer(archive: Archive) -> Leases:
    """A worker that lives on."""
    return archive.leases()


def claim(leases: Leases) -> Claimed:
    claimed = leases.claim()
    assert claimed is not None
    return claimed


def rescue(archive: Archive, observer: Leases) -> Claimed:
    """Take over what a worker has left."""
    for _ in range(5):
        observer.rescue()
        archive.clock.advance(10)
    return claim(observer)


def complete(archive: Archive, claimed: Claimed, folder: Path) -> None:
    publisher_of(archive).complete(claimed.lease, folder, identity_of(claimed.download).digest())


@pytest.mark.parametrize("point", ["worker.P7.commit", "worker.P8.cover", "worker.P8.media", "worker.P9.before"])
def test_a_publication_is_completed_from_what_is_staged(
    archive: Archive, observer: Leases, tmp_path: Path, point: str
) -> None:
    job_id = archive.submit()
    with pytest.raises(Died):
        publish(archive, claim(archive.leases()), tmp_path / "staged", "good", dies_at=point)
    taken = rescue(archive, observer)
    assert taken.download.state == DownloadState.PUBLISHING
    complete(archive, taken, tmp_path / "staged")
    assert archive.jobs.get(job_id).state is JobState.DONE
    assert_rows_agree(archive.database, archive.library)


def test_a_recording_that_was_cut_short_leaves_its_place_to_the_whole(
    archive: Archive, observer: Leases, tmp_path: Path
) -> None:
    job_id, claimed = archive.submit(), claim(archive.leases())
    video = VideoIdentity(claimed.download.extractor, claimed.download.video_id)
    cut = Selection().cut_short(1.2, archive.clock.now())
    made = replace(
        stage(tmp_path / "cut", "some of it", video=video, claimed=claimed),
        selection=cut.key(),
        notes=(Cut.LENGTH.value,),
    )
    attempts = AttemptLog(archive.clock.now, judges_clients=False)
    with pytest.raises(Died):
        publisher_of(archive, "worker.P8.cover").publish(claimed.lease, tmp_path / "cut", made, attempts)
    complete(archive, rescue(archive, observer), tmp_path / "cut")
    assert archive.jobs.get(job_id).state is JobState.DONE
    again = archive.submit()
    assert archive.jobs.get(again).state is JobState.PENDING
    publish(archive, claim(archive.leases()), tmp_path / "whole", "all of it")
    assert archive.jobs.get(archive.submit()).state is archive.jobs.get(again).state is JobState.DONE
    with archive.database.reading() as session:
        archived = session.scalars(select(Download).where(Download.state == DownloadState.FINALIZED.value)).all()
        files = [file.path for file in session.scalars(select(File)) if archive.library.stat(file.path)]
    made_of = sorted((download.selection, tuple(download.notes or ())) for download in archived)
    assert (made_of, len(files)) == ([("", ()), (cut.key(), (Cut.LENGTH.value,))], 4)


@pytest.mark.parametrize("point", ["worker.P7.commit", "worker.P8.cover"])
def test_a_publication_whose_files_are_gone_is_taken_back_and_begun_anew(
    archive: Archive, observer: Leases, tmp_path: Path, point: str
) -> None:
    job_id = archive.submit()
    with pytest.raises(Died):
        publish(archive, claim(archive.leases()), tmp_path / "lost", "lost", dies_at=point)
    complete(archive, rescue(archive, observer), tmp_path / "another folder")
    assert list(archive.library.keys()) == []
    assert_rows_agree(archive.database, archive.library)
    publish(archive, claim(observer), tmp_path / "staged", "good")
    assert archive.jobs.get(job_id).state is JobState.DONE
    assert_rows_agree(archive.database, archive.library)


def test_another_file_under_the_staged_name_is_not_published(
    archive: Archive, observer: Leases, tmp_path: Path
) -> None:
    archive.submit()
    folder = tmp_path / "staged"
    with pytest.raises(Died):
        publish(archive, claim(archive.leases()), folder, "good", dies_at="worker.P7.commit")
    (folder / "media.webm").write_text("left by a run that had to use another folder")
    complete(archive, rescue(archive, observer), folder)
    assert list(archive.library.keys()) == []
    assert_rows_agree(archive.database, archive.library)


@pytest.mark.parametrize("same_bytes", [True, False])
def test_a_run_that_slept_through_its_lease_takes_its_files_back(
    archive: Archive, observer: Leases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, same_bytes: bool
) -> None:
    """It falls asleep just before it puts its media into the library, and wakes up when all is over."""
    job_id = archive.submit()
    zombie = claim(archive.leases())
    real = archive.library.publish

    def sleep_first(staged: Path, key: str, sha256: str, *, synced: bool = False) -> None:
        if staged.suffix == ".webm" and staged.parent.name == "zombie":
            taken = rescue(archive, observer)
            complete(archive, taken, tmp_path / "fresh")  # nothing is there: taken back
            publish(archive, claim(observer), tmp_path / "fresh", "zombie" if same_bytes else "good")
        real(staged, key, sha256, synced=synced)

    monkeypatch.setattr(archive.library, "publish", sleep_first)
    with pytest.raises(LeaseLost):
        publish(archive, zombie, tmp_path / "zombie", "zombie")
    assert archive.jobs.get(job_id).state is JobState.DONE
    assert len(list(archive.library.keys())) == 2
    assert_rows_agree(archive.database, archive.library)


def test_what_the_library_will_never_take_fails_and_leaves_nothing(archive: Archive, tmp_path: Path) -> None:
    job_id = archive.submit()
    claimed = claim(archive.leases())
    with pytest.raises(Died):
        publish(archive, claimed, tmp_path / "staged", "good", dies_at="worker.P8.cover")
    publisher_of(archive).abandon(claimed.lease, DownloadFailure("too_large"))
    job = archive.jobs.get(job_id)
    assert (job.state, job.error and job.error.code) == (JobState.FAILED, "too_large")
    assert list(archive.library.keys()) == []
    assert_rows_agree(archive.database, archive.library)


def test_a_foreign_file_that_takes_our_name_at_the_last_moment_is_left_alone(archive: Archive, tmp_path: Path) -> None:
    job_id = archive.submit()
    claimed = claim(archive.leases())
    with pytest.raises(Died):
        publish(archive, claimed, tmp_path / "staged", "good", dies_at="worker.P8.before")
    with archive.database.reading() as session:
        reserved = session.scalars(select(File.path).where(File.kind == "media")).one()
    foreign = tmp_path / "library" / reserved
    foreign.parent.mkdir(exist_ok=True)
    foreign.write_text("of somebody else")
    complete(archive, claimed, tmp_path / "staged")
    assert archive.jobs.get(job_id).state is JobState.DONE
    assert foreign.read_text() == "of somebody else"


def test_a_staged_file_that_gained_a_second_name_is_fetched_anew(
    archive: Archive, observer: Leases, tmp_path: Path
) -> None:
    job_id = archive.submit()
    with pytest.raises(Died):
        publish(archive, claim(archive.leases()), tmp_path / "staged", "good", dies_at="worker.P7.commit")
    (tmp_path / "backup").hardlink_to(tmp_path / "staged" / "media.webm")
    complete(archive, rescue(archive, observer), tmp_path / "staged")
    assert list(archive.library.keys()) == []
    publish(archive, claim(observer), tmp_path / "fresh", "good")
    assert archive.jobs.get(job_id).state is JobState.DONE
    assert_rows_agree(archive.database, archive.library)


def test_files_that_are_taken_back_while_their_worker_dies_leave_nothing_behind(
    archive: Archive, observer: Leases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are removed before the commit: the rows that are left tell the next one."""
    job_id = archive.submit()
    claimed = claim(archive.leases())
    with pytest.raises(Died):
        publish(archive, claimed, tmp_path / "staged", "good", dies_at="worker.P8.cover")
    remove = archive.library.remove

    def remove_and_die(key: str) -> None:
        remove(key)
        raise Died

    monkeypatch.setattr(archive.library, "remove", remove_and_die)
    with pytest.raises(Died):
        complete(archive, claimed, tmp_path / "another folder")
    monkeypatch.undo()
    assert list(archive.library.keys()) == []
    complete(archive, rescue(archive, observer), tmp_path / "another folder")
    publish(archive, claim(observer), tmp_path / "fresh", "good")
    assert archive.jobs.get(job_id).state is JobState.DONE
    assert_rows_agree(archive.database, archive.library)
