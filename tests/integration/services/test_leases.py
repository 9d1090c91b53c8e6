"""P2: claims, heartbeats and rescue. One worker has a unit of work, and the dead keep nothing."""

from __future__ import annotations

import threading
from contextlib import AbstractContextManager
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.integration.services.conftest import Archive
from yt_videos_api.db.tables import Download, Run, Work, Worker
from yt_videos_api.domain.errors import DownloadFailure, LeaseLost
from yt_videos_api.domain.retry import MAX_CRASHES
from yt_videos_api.domain.states import DownloadState, JobState
from yt_videos_api.services import settle
from yt_videos_api.services.leases import Claimed, Leases


def claim(leases: Leases) -> Claimed:
    claimed = leases.claim()
    assert claimed is not None
    return claimed


def work(archive: Archive) -> Work:
    with archive.database.reading() as session:
        return session.scalars(select(Work)).one()


def state(archive: Archive) -> str:
    with archive.database.reading() as session:
        return session.scalars(select(Download.state)).one()


def die_and_be_rescued(archive: Archive, observer: Leases) -> int:
    """Nobody beats for longer than a lease, with the observer looking all the time."""
    rescued = observer.rescue()
    for _ in range(4):
        archive.clock.advance(10)
        rescued += observer.rescue()
    return rescued


def test_a_claim_starts_the_download_and_its_job(archive: Archive) -> None:
    job_id = archive.submit()
    claimed = claim(archive.leases())
    assert claimed.lease.epoch == 1
    assert state(archive) == DownloadState.RUNNING
    assert archive.jobs.get(job_id).state is JobState.IN_PROGRESS


def test_what_is_claimed_cannot_be_claimed_again(archive: Archive) -> None:
    archive.submit()
    claim(archive.leases())
    assert archive.leases().claim() is None


def test_many_claimers_share_the_work_without_taking_any_twice(archive: Archive) -> None:
    for number in range(12):
        archive.submit(f"video{number:06}")
    workers = [archive.leases() for _ in range(4)]
    barrier, claimed = threading.Barrier(4), []

    def take_all(leases: Leases) -> None:
        barrier.wait()
        while found := leases.claim():
            claimed.append(found.download.id)

    threads = [threading.Thread(target=take_all, args=(leases,)) for leases in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(claimed) == 12
    assert len(set(claimed)) == 12


def test_the_oldest_work_is_claimed_first(archive: Archive) -> None:
    for video_id in ("firstvideo0", "secondvideo", "thirdvideo0"):
        archive.submit(video_id)
        archive.clock.advance(1)
    leases = archive.leases()
    assert [claim(leases).download.video_id for _ in range(3)] == ["firstvideo0", "secondvideo", "thirdvideo0"]


def test_work_is_not_rescued_while_its_worker_beats(archive: Archive) -> None:
    archive.submit()
    alive, observer = archive.leases(), archive.leases()
    lease = claim(alive).lease
    for _ in range(5):
        assert observer.rescue() == 0
        archive.clock.advance(20)
        assert alive.heartbeat({lease: 0}) == []


def test_work_without_a_heartbeat_goes_back_to_the_queue(archive: Archive) -> None:
    archive.submit()
    lease = claim(archive.leases()).lease
    observer = archive.leases()
    assert die_and_be_rescued(archive, observer) == 1
    assert state(archive) == DownloadState.QUEUED
    assert work(archive).crash_count == 1
    assert claim(observer).lease.epoch == lease.epoch + 1


def test_a_jump_of_the_wall_clock_kills_no_lease(archive: Archive) -> None:
    archive.submit()
    claim(archive.leases())
    observer = archive.leases()
    observer.rescue()
    archive.clock.moment = archive.clock.moment.replace(year=2030)
    assert observer.rescue() == 0


@pytest.mark.parametrize("seconds", [1, 3600, 5500, 86400])
def test_queued_work_is_due_however_far_the_clock_is_set_back(archive: Archive, seconds: int) -> None:
    archive.submit()
    archive.clock.moment -= timedelta(seconds=seconds)
    assert archive.leases().claim() is not None


def test_work_that_waits_for_a_retry_is_not_claimed_before_its_time(archive: Archive) -> None:
    archive.submit()
    leases = archive.leases()
    lease = claim(leases).lease
    with archive.database.transaction() as session:
        held = settle.hold(session, lease)
        failure = DownloadFailure("network")
        settle.wait_for_retry(session, held, failure, delay_seconds=60, now=archive.clock.now())
    archive.clock.advance(59)
    assert leases.claim() is None
    archive.clock.advance(1)
    assert leases.claim() is not None


def test_an_observer_that_was_away_gives_everybody_a_whole_lease(archive: Archive) -> None:
    archive.submit()
    alive, observer = archive.leases(), archive.leases()
    lease = claim(alive).lease
    assert observer.rescue() == 0
    archive.clock.advance(300)  # the database was away, or this machine slept: nobody could beat, nobody could look
    assert observer.rescue() == 0
    assert alive.heartbeat({lease: 0}) == []


def test_a_heartbeat_that_comes_while_the_rescuer_waits_for_the_lock_saves_the_lease(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive.submit()
    alive, observer = archive.leases(), archive.leases()
    lease = claim(alive).lease
    transaction, late = archive.database.transaction, iter([True])

    def beat_first() -> AbstractContextManager[Session]:
        if next(late, False):
            assert alive.heartbeat({lease: 0}) == []
        return transaction()

    for _ in range(4):
        assert observer.rescue() == 0
        archive.clock.advance(9)
    monkeypatch.setattr(archive.database, "transaction", beat_first)
    assert observer.rescue() == 0
    assert next(late, None) is None, "the rescuer did not believe the lease dead"


def test_a_claim_whose_answer_was_lost_comes_back_without_counting_as_a_crash(archive: Archive) -> None:
    archive.submit()
    leases = archive.leases()
    leases.done_with(claim(leases).lease)
    assert die_and_be_rescued(archive, leases) == 1
    assert work(archive).crash_count == 0


def test_a_run_that_a_bug_ended_counts_as_a_crash(archive: Archive) -> None:
    archive.submit()
    leases = archive.leases()
    leases.done_with(claim(leases).lease, broken=True)
    assert die_and_be_rescued(archive, leases) == 1
    assert work(archive).crash_count == 1


def test_a_suspect_is_not_claimed_beside_others_and_not_overtaken(archive: Archive) -> None:
    archive.submit()
    archive.clock.advance(1)
    observer = archive.leases()
    claim(archive.leases())
    die_and_be_rescued(archive, observer)
    archive.submit("othervideo0")
    assert observer.claim(suspects=False) is None
    suspect = claim(observer)
    assert suspect.suspect
    assert not claim(observer).suspect


def test_a_worker_that_was_taken_for_long_gone_appears_again(archive: Archive) -> None:
    leases = archive.leases()
    archive.clock.moment += timedelta(days=8)
    archive.leases().forget_old_workers()
    leases.heartbeat({})
    with archive.database.reading() as session:
        assert session.get(Worker, leases.worker_id) is not None


def test_a_worker_of_this_machine_whose_process_is_gone_is_not_waited_for(archive: Archive) -> None:
    archive.submit()
    gone = archive.leases()
    claim(gone)
    observer = archive.leases()
    assert observer.rescue() == 0
    with archive.database.transaction() as session:
        session.get_one(Worker, gone.worker_id).process_started = "in another life"
    assert observer.rescue() == 1


def test_a_worker_that_lost_its_lease_is_told_and_can_write_nothing(archive: Archive) -> None:
    archive.submit()
    zombie = archive.leases()
    lease = claim(zombie).lease
    observer = archive.leases()
    die_and_be_rescued(archive, observer)
    claim(observer)
    assert list(zombie.heartbeat({lease: 10})) == [lease]
    with pytest.raises(LeaseLost), archive.database.transaction() as session:
        settle.hold(session, lease)


def test_work_that_kills_its_workers_is_set_aside(archive: Archive) -> None:
    job_id = archive.submit()
    other_job_id = archive.submit("othervideo0")
    observer = archive.leases()
    for _ in range(MAX_CRASHES):
        victim = archive.leases()
        while (found := victim.claim()) and found.download.video_id != "aaaaaaaaaaa":
            victim.hand_back(found.lease)
            archive.clock.advance(0.001)
        die_and_be_rescued(archive, observer)
    job = archive.jobs.get(job_id)
    assert job.state is JobState.FAILED
    assert job.error is not None
    assert job.error.code == "quarantined"
    assert archive.jobs.get(other_job_id).state is not JobState.FAILED


def test_new_bytes_prove_that_work_is_no_poison(archive: Archive) -> None:
    archive.submit()
    observer = archive.leases()
    for done_bytes in range(1, MAX_CRASHES + 3):
        victim = archive.leases()
        victim.heartbeat({claim(victim).lease: done_bytes})
        die_and_be_rescued(archive, observer)
    assert state(archive) == DownloadState.QUEUED


def test_a_drain_costs_nothing(archive: Archive) -> None:
    archive.submit()
    leases = archive.leases()
    for _ in range(MAX_CRASHES + 2):
        leases.hand_back(claim(leases).lease)
    assert (work(archive).crash_count, work(archive).retry_count) == (0, 0)
    with archive.database.reading() as session:
        assert set(session.scalars(select(Run.outcome))) == {"queued"}
