"""A check of an archive that is being written to reports nothing that is merely under way."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import func, select

from tests.integration.services.check.conftest import Checked
from yt_videos_api.db.tables import Download
from yt_videos_api.domain.errors import Conflict, DownloadFailure
from yt_videos_api.services import settle
from yt_videos_api.services.check import Depth, Violation

MOST_SECONDS = 60  # the checks go on until enough has happened meanwhile; two cores are often shared


@contextmanager
def in_the_background(*loops: Callable[[int], None]) -> Iterator[None]:
    """Call each of `loops` with 0, 1, 2, ... in a thread of its own; what one of them raises is raised at the end."""
    stop = threading.Event()
    errors: list[BaseException] = []

    def run(step: Callable[[int], None]) -> None:
        number = 0
        try:
            while not stop.is_set():
                step(number)
                number += 1
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=(step,)) for step in loops]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join(60)
    assert errors == []


def finalize_one(checked: Checked) -> None:
    claimed = checked.leases.claim()
    if claimed is not None:
        checked.publish(claimed)


def fail_one(checked: Checked) -> None:
    """A run that leaves its parts for a look, or for the next try, in turn."""
    claimed = checked.leases.claim()
    if claimed is None:
        return
    folder = checked.staging.claim(claimed.download.id)
    (folder.path / "part").write_bytes(b"half")
    now = checked.archive.clock.now()
    with checked.archive.database.transaction() as session:
        held = settle.hold(session, claimed.lease)
        if claimed.lease.epoch % 2:
            settle.requeue(session, held, due_at=now, now=now)
        else:
            settle.fail(session, held.download, DownloadFailure("private_video"), now)
        settle.end_run(session, claimed.lease, "failed", now)
    folder.release(keep=True)
    checked.leases.done_with(claimed.lease)


def count(checked: Checked, state: str) -> int:
    with checked.archive.database.reading() as session:
        return session.scalar(select(func.count()).where(Download.state == state)) or 0


def happened(checked: Checked, **least: int) -> bool:
    """Whether so many downloads are in each of these states; an error when they never come to be."""
    assert time.monotonic() - checked.began_seconds < MOST_SECONDS
    return all(count(checked, state) >= number for state, number in least.items())


def test_check_of_a_working_archive_finds_nothing_and_is_no_hindrance(checked: Checked) -> None:
    def submit_and_sometimes_cancel(number: int) -> None:
        job_id = checked.archive.submit(f"live{number:07}")
        checked.archive.submit(f"live{number:07}")
        if number % 4 == 3:
            try:
                checked.archive.jobs.cancel(job_id)
            except Conflict:
                return  # it is archived already

    def fail_every_third(number: int) -> None:
        if number % 3 == 0:
            fail_one(checked)

    found: list[Violation] = []
    checks = 0
    with in_the_background(submit_and_sometimes_cancel, lambda _: finalize_one(checked), fail_every_third):
        while checks < 3 or not happened(checked, finalized=12, failed=1):
            found += checked.check(Depth.DEEP).violations
            checks += 1
    assert found == []
    assert checked.check(Depth.DEEP).violations == ()


def test_repair_of_a_working_archive_takes_nothing_from_it(checked: Checked) -> None:
    def submit(number: int) -> None:
        checked.archive.submit(f"live{number:07}")

    with in_the_background(submit, lambda _: finalize_one(checked)):
        while not happened(checked, finalized=12):
            assert checked.check(Depth.DEEP, repair=True).violations == ()
    assert count(checked, "removed") == 0
    assert checked.check().violations == ()


def test_looking_at_staging_does_not_keep_runs_from_cleaning_up(checked: Checked) -> None:
    def use_a_folder(number: int) -> None:
        checked.staging.claim(f"run{number}").release(keep=False)

    with in_the_background(use_a_folder):
        deadline = time.monotonic() + 1
        while time.monotonic() < deadline:
            list(checked.staging.entries())
    assert list(checked.staging.entries()) == []
