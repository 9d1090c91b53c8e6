"""Looking at jobs, listing and cancelling them."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from tests.integration.services.conftest import Archive
from yt_videos_api.db.tables import Download, Work
from yt_videos_api.db.transitions import move
from yt_videos_api.domain.errors import Conflict, DownloadFailure, InvalidInput, NotFound
from yt_videos_api.domain.progress import transfer_progress
from yt_videos_api.domain.states import DownloadState, JobState
from yt_videos_api.services import settle


def download(archive: Archive) -> Download:
    with archive.database.reading() as session:
        return session.scalars(select(Download)).one()


def test_a_job_nobody_submitted_is_not_found(archive: Archive) -> None:
    with pytest.raises(NotFound):
        archive.jobs.get("nothing")


def test_progress_of_a_running_job_is_shown(archive: Archive) -> None:
    job_id = archive.submit()
    archive.leases().claim()
    archive.board.put(download(archive).id, transfer_progress(50, 100, 10.0))
    job = archive.jobs.get(job_id)
    assert (job.percentage, job.speed_bytes_per_second, job.eta_seconds) == (47.0, 10.0, 5.0)


def test_pages_hold_every_job_once_and_newest_first(archive: Archive) -> None:
    ids = []
    for number in range(7):
        ids.append(archive.submit(f"video{number:06}"))
        archive.clock.advance(number % 2)  # some at the very same moment
    seen, cursor = [], None
    while True:
        page = archive.jobs.list(limit=2, cursor=cursor)
        seen += [job.id for job in page.jobs]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert sorted(seen) == sorted(ids)
    created = [archive.jobs.get(job_id).created_at for job_id in seen]
    assert created == sorted(created, reverse=True)


def test_jobs_can_be_filtered_by_state(archive: Archive) -> None:
    cancelled, kept = archive.submit(), archive.submit("bbbbbbbbbbb")
    archive.jobs.cancel(cancelled)
    assert [job.id for job in archive.jobs.list(limit=10, state=JobState.PENDING).jobs] == [kept]
    assert [job.id for job in archive.jobs.list(limit=10, state=JobState.CANCELLED).jobs] == [cancelled]


@pytest.mark.parametrize("cursor", ["", "nonsense", "MjAyNg==", "////", "é"])
def test_a_cursor_that_is_none_of_ours_is_refused(archive: Archive, cursor: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        archive.jobs.list(limit=10, cursor=cursor)
    assert caught.value.field == "cursor"


def test_a_queued_job_that_is_cancelled_leaves_no_work(archive: Archive) -> None:
    job = archive.jobs.cancel(archive.submit())
    assert job.state is JobState.CANCELLED
    with archive.database.reading() as session:
        assert session.scalars(select(Work)).all() == []


def test_cancelling_twice_is_the_same_as_once(archive: Archive) -> None:
    job_id = archive.submit()
    assert archive.jobs.cancel(job_id) == archive.jobs.cancel(job_id)


def test_what_another_job_wants_goes_on(archive: Archive) -> None:
    mine, theirs = archive.submit(), archive.submit()
    archive.jobs.cancel(mine)
    assert archive.jobs.get(theirs).state is JobState.PENDING
    assert download(archive).state == DownloadState.QUEUED


def test_a_running_download_is_asked_to_stop_only_by_its_last_job(archive: Archive) -> None:
    mine, theirs = archive.submit(), archive.submit()
    archive.leases().claim()
    archive.jobs.cancel(mine)
    assert not download(archive).cancel_requested
    archive.jobs.cancel(theirs)
    assert download(archive).cancel_requested


def test_a_new_request_calls_off_a_cancellation_that_was_not_carried_out(archive: Archive) -> None:
    first = archive.submit()
    archive.leases().claim()
    archive.jobs.cancel(first)
    archive.submit()
    assert not download(archive).cancel_requested


def test_a_job_that_failed_cannot_be_cancelled(archive: Archive) -> None:
    job_id = archive.submit()
    claimed = archive.leases().claim()
    assert claimed is not None
    with archive.database.transaction() as session:
        held = settle.hold(session, claimed.lease)
        settle.fail(session, held.download, DownloadFailure("private_video"), archive.clock.now())
    with pytest.raises(Conflict):
        archive.jobs.cancel(job_id)
    job = archive.jobs.get(job_id)
    assert job.error is not None
    assert (job.state, job.error.code, job.error.retryable) == (JobState.FAILED, "private_video", False)


def test_a_publication_under_way_is_not_cancelled(archive: Archive) -> None:
    job_id = archive.submit()
    claimed = archive.leases().claim()
    assert claimed is not None
    with archive.database.transaction() as session:
        held = settle.hold(session, claimed.lease)
        move(session, held.download, DownloadState.PUBLISHING, now=archive.clock.now())
    assert archive.jobs.cancel(job_id).state is JobState.IN_PROGRESS
    with archive.database.transaction() as session:
        held = settle.hold(session, claimed.lease)
        settle.finalize(session, held.download, archive.clock.now())
    assert archive.jobs.get(job_id).state is JobState.DONE
