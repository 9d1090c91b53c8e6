"""A worker that dies, is stopped or is frozen in the middle of a transfer."""

from __future__ import annotations

import re
import signal
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psutil
import pytest

from tests.crash.installation import Installation, installed, wait_until
from tests.origin import Origin, Recipe
from tests.origin.media import folder_of
from tests.product import Process, Product, Server

RECIPE = Recipe(pattern=5, seconds=6, heights=(144, 720), codecs=("h264",), kilobits=2_600)  # two megabytes
VIDEO_ITAG = "itag=136"
HELD_AT = 1_000_000


@contextmanager
def held_in_the_middle(installation: Installation, video_id: str) -> Iterator[Callable[[str], None]]:
    """Inside, the picture stream stands still at `HELD_AT`. Call what is given with the job: it waits until then."""
    with installation.origin.hold("media", video=video_id, address=VIDEO_ITAG, after_bytes=HELD_AT) as hold:

        def wait(job_id: str) -> None:
            hold.wait_reached()
            folder = installation.product.library / ".staging" / installation.rows(job_id).download.id
            arrived = lambda: any(part.stat().st_size > HELD_AT // 2 for part in folder.glob("*.part"))  # noqa: E731
            wait_until(arrived, "bytes in staging")

        yield wait


def start_one(installation: Installation) -> tuple[str, str]:
    video_id = installation.publish(RECIPE)
    return video_id, installation.submit(video_id, container_policy="mp4")


def assert_resumed(installation: Installation, video_id: str) -> None:
    """The second request for the picture began where the first one ended, and hardly a byte came twice."""
    requests = [r for r in installation.origin.requests(kind="media", video=video_id) if VIDEO_ITAG in r.url]
    starts = [int((request.range or "bytes=0-").removeprefix("bytes=").partition("-")[0]) for request in requests]
    assert starts[0] == 0
    assert starts[-1] > HELD_AT // 2, starts
    source = folder_of(RECIPE)
    whole = sum((source / name).stat().st_size for name in ("h264-720.mp4", "aac.m4a"))
    assert installation.origin.bytes_sent(video_id) < 1.6 * whole


def assert_one_good_file(installation: Installation, job_id: str, video_id: str) -> None:
    installation.assert_archived_once(job_id, video_id, recipe=RECIPE, streams=("h264-720.mp4", "aac.m4a"))


def family(process: Process) -> list[psutil.Process]:
    """Every process a worker has started; forkserver and engine are in groups of their own."""
    return psutil.Process(process.pid).children(recursive=True)


def test_after_kill_9_of_the_worker_the_transfer_goes_on_where_it_was(installation: Installation) -> None:
    video_id, job_id = start_one(installation)
    with held_in_the_middle(installation, video_id) as wait, installation.product.worker() as worker:
        wait(job_id)
        worker.kill()
    installation.recover()
    assert_one_good_file(installation, job_id, video_id)
    assert_resumed(installation, video_id)
    assert installation.rows(job_id).outcomes == ["crashed", "finalized"]


def test_kill_9_of_the_worker_leaves_no_process_behind(installation: Installation) -> None:
    video_id, job_id = start_one(installation)
    with held_in_the_middle(installation, video_id) as wait, installation.product.worker() as worker:
        wait(job_id)
        started = family(worker)
        assert len(started) >= 2, "forkserver and engine should be running"
        worker.kill()
        _, alive = psutil.wait_procs(started, timeout=10)
        assert [process for process in alive if process.status() != psutil.STATUS_ZOMBIE] == []
    installation.recover()


def test_sigterm_in_a_transfer_costs_no_try_and_no_byte(installation: Installation) -> None:
    video_id, job_id = start_one(installation)
    middle, product = held_in_the_middle(installation, video_id), installation.product
    with middle as wait, product.worker(YT_VIDEOS_DRAIN_SECONDS="1") as worker:
        wait(job_id)
        asked_at = time.monotonic()
        worker.send(signal.SIGTERM)
        assert worker.wait() == 0
        assert time.monotonic() - asked_at < 15
    rows = installation.rows(job_id)
    assert rows.work is not None
    assert (rows.work.owner, rows.work.crash_count, rows.work.retry_count) == (None, 0, 0)
    installation.recover()
    assert_one_good_file(installation, job_id, video_id)
    assert_resumed(installation, video_id)
    assert installation.rows(job_id).outcomes == ["queued", "finalized"]


def test_a_second_sigterm_does_not_wait_for_the_grace_to_end(installation: Installation) -> None:
    video_id, job_id = start_one(installation)
    middle, product = held_in_the_middle(installation, video_id), installation.product
    with middle as wait, product.worker(YT_VIDEOS_DRAIN_SECONDS="25") as worker:
        wait(job_id)
        worker.send(signal.SIGTERM)
        time.sleep(0.5)
        asked_at = time.monotonic()
        worker.send(signal.SIGTERM)
        assert worker.wait() == 0
        assert time.monotonic() - asked_at < 10
    assert installation.rows(job_id).outcomes == ["queued"]
    installation.recover()


def freeze(worker: Process, product: Product) -> None:
    """Stop it, though not while it holds SQLite's only write lock: that would freeze everybody."""
    database = product.state / "yt-videos.db"
    while True:
        worker.send(signal.SIGSTOP)
        if not database.exists() or _can_be_written(database):
            return
        worker.send(signal.SIGCONT)
        time.sleep(0.02)


def _can_be_written(database: Path) -> bool:
    with closing(sqlite3.connect(database, timeout=0.5, isolation_level=None)) as connection:
        try:
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return False
        connection.execute("ROLLBACK")
    return True


@pytest.mark.parametrize("point", ["worker.P4.progress", "worker.P8.cover", "worker.P8.media"])
def test_a_frozen_worker_that_wakes_up_after_its_lease_changes_nothing(installation: Installation, point: str) -> None:
    video_id = installation.publish()
    job_id = installation.submit(video_id)
    product = installation.product
    with product.worker(YT_VIDEOS_LEASE_SECONDS="2", YT_VIDEOS_FAULTS=f"{point}:sleep@1") as zombie:
        zombie.wait_for(re.compile(f'("{point}")'.encode()))
        freeze(zombie, product)
        try:
            with product.worker(YT_VIDEOS_LEASE_SECONDS="2"):
                installation.api.wait_until_ended(job_id)
            installation.assert_archived_once(job_id, video_id)
            before = {path: path.stat().st_ino for path in product.media_files()}
        finally:
            zombie.send(signal.SIGCONT)
        zombie.wait_for(re.compile(rb"(lease_lost)"))
        other_video = installation.publish()
        other_job = installation.submit(other_video)
        installation.api.wait_until_ended(other_job)
    installation.assert_archived_once(job_id, video_id)
    installation.assert_archived_once(other_job, other_video)
    assert {path: path.stat().st_ino for path in product.media_files() if path in before} == before
    assert installation.rows(job_id).outcomes[-1] == "finalized"
    assert installation.rows(job_id).outcomes.count("finalized") == 1


def test_eight_jobs_for_one_video_and_two_workers_make_one_transfer(installation: Installation) -> None:
    video_id = installation.publish()
    job_ids = [installation.submit(video_id) for _ in range(8)]
    with installation.product.worker(YT_VIDEOS_WORKERS="4"), installation.product.worker(YT_VIDEOS_WORKERS="4"):
        for job_id in job_ids:
            installation.api.wait_until_ended(job_id)
    for job_id in job_ids:
        installation.assert_archived_once(job_id, video_id)
    assert len({installation.rows(job_id).download.id for job_id in job_ids}) == 1
    assert len({r.url for r in installation.origin.requests(kind="media", video=video_id)}) == 2
    assert len(installation.origin.requests(kind="media", video=video_id)) == 2


def test_kill_9_of_api_and_workers_together_loses_nothing(
    origin: Origin, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with installed(tmp_path_factory.mktemp("serve"), origin, None) as installation:
        video_id = installation.publish(RECIPE)
        with held_in_the_middle(installation, video_id) as wait, installation.product.serving() as server:
            job_id = _submit_to(server, installation, video_id)
            wait(job_id)
            server.process.kill()
        with installation.product.serving() as server:
            assert server.wait_until_ended(job_id)["state"] == "DONE"
        assert_one_good_file(installation, job_id, video_id)
        assert_resumed(installation, video_id)
        installation.product.assert_clean()


def _submit_to(server: Server, installation: Installation, video_id: str) -> str:
    job_id: str = server.submit(video_id, container_policy="mp4")["id"]
    installation.jobs.append(job_id)
    return job_id
