"""The loop of a worker lives on whatever the system refuses it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest
from sqlalchemy import select

from yt_videos_api.bootstrap import Container, build_container, build_worker
from yt_videos_api.config import Settings
from yt_videos_api.db.tables import Run, Work
from yt_videos_api.domain.policy import ContainerPolicy
from yt_videos_api.domain.targets import EntityType
from yt_videos_api.services.archive import Archiver
from yt_videos_api.services.control import RunControl
from yt_videos_api.services.errands import Errands
from yt_videos_api.services.leases import Claimed, Leases
from yt_videos_api.services.submit import JobRequest
from yt_videos_api.worker.loop import WorkerLoop


class HandsBack:
    """Stands in for archiver and errands: notes that a run has begun, and hands its work back when the test lets it."""

    def __init__(self, leases: Leases) -> None:
        self._leases = leases
        self.begun = threading.Event()
        self.may_end = threading.Event()

    def run(self, claimed: Claimed, control: RunControl) -> None:
        """See Archiver."""
        self.begun.set()
        self.may_end.wait(10)
        self._leases.hand_back(claimed.lease)


@pytest.fixture
def container(tmp_path: Path) -> Iterator[Container]:
    """An installation with one job."""
    settings = Settings(
        output_directory=tmp_path / "library",
        state_directory=tmp_path / "state",
        disk_reserve_bytes=0,
        poll_seconds=0.1,
    )
    built = build_container(settings)
    built.submission.submit(JobRequest(EntityType.VIDEO, "aaaaaaaaaaa", ContainerPolicy.WEBM))
    yield built
    built.close()


def test_a_claim_that_gets_no_thread_goes_back_and_the_claimer_lives_on(
    container: Container, monkeypatch: pytest.MonkeyPatch
) -> None:
    start, refusals = threading.Thread.start, iter([True])

    def start_or_refuse(thread: threading.Thread) -> None:
        if thread.name == "run" and next(refusals, False):
            raise RuntimeError("can't start new thread")
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", start_or_refuse)
    parts = build_worker(container)
    archiver = HandsBack(parts.leases)
    loop = WorkerLoop(container, replace(parts, archiver=cast("Archiver", archiver)), threads=1)
    loop.start()
    try:
        assert archiver.begun.wait(10)
        with container.database.reading() as session:
            assert session.scalars(select(Run.outcome).order_by(Run.epoch)).all() == ["queued", None]
            assert session.scalars(select(Work.crash_count)).one() == 0
    finally:
        archiver.may_end.set()
        loop.drain(5)
        parts.close()


def test_lists_leave_a_thread_to_what_somebody_waits_for(container: Container) -> None:
    for number in range(2):
        container.submission.submit(JobRequest(EntityType.PLAYLIST, f"PLfirst000000{number}", ContainerPolicy.WEBM))
    parts = build_worker(container)
    archiver, errands = HandsBack(parts.leases), HandsBack(parts.leases)
    standing_in = replace(parts, archiver=cast("Archiver", archiver), errands=cast("Errands", errands))
    loop = WorkerLoop(container, standing_in, threads=2)
    loop.start()
    try:
        assert errands.begun.wait(10), "lists go first"
        assert archiver.begun.wait(5)
        assert len(loop.controls()) == 2
    finally:
        errands.may_end.set()
        archiver.may_end.set()
        loop.drain(5)
        parts.close()
