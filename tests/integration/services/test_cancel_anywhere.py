"""A job that is cancelled while its worker stands at any point of the pipeline: no file, or done; never both."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from tests.crash.test_fault_points import WORKER_POINTS
from tests.integration.services.conftest import Archive
from tests.integration.services.rows import assert_rows_agree
from tests.integration.services.staged import facts_of
from tests.origin import Recipe
from tests.origin.media import folder_of
from yt_videos_api.cage.gate import Gate
from yt_videos_api.db.tables import Download
from yt_videos_api.domain.errors import CancelRequested
from yt_videos_api.domain.offers import Stream
from yt_videos_api.domain.states import JobState
from yt_videos_api.engine.fake import FakeEngine, FakeRung, FakeStream, FakeVideo
from yt_videos_api.media.tools import find_tools
from yt_videos_api.services.archive import Archiver
from yt_videos_api.services.control import RunControl
from yt_videos_api.services.faults import FaultPlan
from yt_videos_api.services.produce import Adapters, ArchiveRules
from yt_videos_api.storage.staging import Staging

VIDEO_ID = "aaaaaaaaaaa"
# From the intent on a download is completed; the last chance is just before it.
COMPLETED_FROM = WORKER_POINTS.index("worker.P7.commit")
WITH_A_LEASE = [point for point in WORKER_POINTS if point != "worker.P2.before"]


class CancellingAt(FaultPlan):
    """Cancels the job when the point is reached; the keeper sees it at once, or only after the run is over."""

    def __init__(self, archive: Archive, job_id: str, point: str, *, seen_at_once: bool) -> None:
        super().__init__()
        self._archive = archive
        self._job_id = job_id
        self._point = point
        self._seen_at_once = seen_at_once
        self.control: RunControl | None = None
        self.reached = False

    def reach(self, point: str) -> None:
        """See FaultPlan."""
        if point != self._point or self.reached:
            return
        self.reached = True
        if not self._archive.jobs.get(self._job_id).state.terminal:
            self._archive.jobs.cancel(self._job_id)
        with self._archive.database.reading() as session:
            asked = session.scalars(select(Download.cancel_requested)).one()
        if asked and self._seen_at_once and self.control:
            self.control.stop(CancelRequested)


@pytest.fixture(scope="module")
def engine() -> FakeEngine:
    """A site with one small video and a cover."""
    source = folder_of(Recipe(pattern=0, seconds=1, heights=(144, 240)))
    streams = (
        FakeStream(Stream("242", "video", "webm", "https", video_codec="vp9", height=240), source / "vp9-240.webm"),
        FakeStream(Stream("251", "audio", "webm", "https", audio_codec="opus"), source / "opus.webm"),
    )
    video = FakeVideo(facts_of(VIDEO_ID), {"default": FakeRung(streams)}, cover=source / "cover.jpg")
    tools = find_tools(None, None)
    return FakeEngine(
        {f"https://www.youtube.com/watch?v={VIDEO_ID}": video}, tools=(Path(tools.ffmpeg), Path(tools.ffprobe))
    )


@pytest.fixture(scope="module")
def gate() -> Iterator[Gate]:
    with Gate() as running:
        yield running


@pytest.mark.parametrize("seen_at_once", [True, False])
@pytest.mark.parametrize("point", WITH_A_LEASE)
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_job_cancelled_at_a_point_is_cancelled_without_a_file_or_done_with_one(
    archive: Archive, engine: FakeEngine, gate: Gate, tmp_path: Path, point: str, seen_at_once: bool
) -> None:
    job_id = archive.submit(VIDEO_ID)
    faults = CancellingAt(archive, job_id, point, seen_at_once=seen_at_once)
    staging = Staging(tmp_path / "library" / ".staging")
    tools = find_tools(None, None)
    adapters = Adapters(
        archive.database, engine, gate, archive.library, staging, tools, archive.board, archive.lost_files
    )
    leases = archive.leases()
    rules = ArchiveRules(clients=("default",), reserve_bytes=0)
    archiver = Archiver(adapters, leases, rules, faults, now=archive.clock.now)
    claimed = leases.claim()
    assert claimed is not None
    faults.control = RunControl(claimed.lease)
    archiver.run(claimed, faults.control)
    assert faults.reached
    job = archive.jobs.get(job_id)
    visible = list(archive.library.keys())
    if WORKER_POINTS.index(point) < COMPLETED_FROM:
        assert (job.state, visible) == (JobState.CANCELLED, [])
    else:
        assert job.state is JobState.DONE
        assert len(visible) == 2
    assert_rows_agree(archive.database, archive.library)
    assert list(staging.entries()) == [], "cancelled or done, nothing is left in staging"
