"""A small archive in which everything is as it should be, with one download in every state."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from tests.integration.services.conftest import Archive
from yt_videos_api.db.tables import Base, Download, File, JobVideo
from yt_videos_api.domain.errors import DownloadFailure
from yt_videos_api.domain.identity import DownloadIdentity, VideoIdentity
from yt_videos_api.domain.offers import VideoFacts
from yt_videos_api.domain.policy import Container
from yt_videos_api.services import settle
from yt_videos_api.services.attempts import AttemptLog
from yt_videos_api.services.check import Checker, Depth, Report
from yt_videos_api.services.faults import FaultPlan
from yt_videos_api.services.installation import LibraryGuard
from yt_videos_api.services.leases import Claimed, Leases
from yt_videos_api.services.publish import Publication, Publisher, StagedFile
from yt_videos_api.storage.staging import Staging, StagingFolder

UUID = "00000000-0000-4000-8000-000000000000"  # of the marker that the fixture `archive` writes
AFTER_HOUSEKEEPING_SECONDS = 3600.0  # it has come by several times by then

# The smallest thing whose header says that it is a JPEG, here of 16x9.
COVER = b"\xff\xd8\xff\xc0\x00\x0b\x08\x00\x09\x00\x10\x01\x01\x11\x00\xff\xd9"


@dataclass
class Checked:
    """An archive, what works in it, and what checks it."""

    archive: Archive
    root: Path
    staging: Staging
    checker: Checker
    leases: Leases
    ids: dict[str, str] = field(default_factory=dict)  # the download in each state, by the state's name
    began_seconds: float = field(default_factory=time.monotonic)

    def check(self, depth: Depth = Depth.DEEP, **choices: Any) -> Report:
        """One check."""
        return self.checker.check(depth, **choices)

    def codes(self, depth: Depth = Depth.DEEP) -> list[str]:
        """Which invariants do not hold, each named once."""
        return sorted({violation.invariant for violation in self.check(depth).violations})

    def assert_mended_by_repair(self) -> Report:
        """Repair mends everything there is, and the next look finds nothing."""
        report = self.check(repair=True)
        assert [violation for violation in report.violations if not violation.repaired] == []
        assert report.violations
        assert self.check().violations == ()
        return report

    def row(self, table: type[Base], **matching: Any) -> Any:
        """The only row like this."""
        with self.archive.database.reading() as session:
            return session.scalars(select(table).filter_by(**matching)).one()

    def plant(self, table: type[Base], matching: dict[str, Any], **values: Any) -> None:
        """Change the rows like this behind everybody's back."""
        with self.archive.database.transaction() as session:
            rows = session.scalars(select(table).filter_by(**matching)).all()
            assert rows
            for row in rows:
                for name, value in values.items():
                    setattr(row, name, value)

    def media(self, state: str = "finalized") -> File:
        """The row of a media file."""
        file: File = self.row(File, download_id=self.ids[state], kind="media")
        return file

    def item_of(self, state: str) -> JobVideo:
        """The only item that waits, or waited, for a download."""
        item: JobVideo = self.row(JobVideo, download_id=self.ids[state])
        return item

    def claim(self, video_id: str) -> Claimed:
        """Submit a video and claim it; nothing else may be due."""
        self.archive.submit(video_id)
        claimed = self.leases.claim()
        assert claimed is not None
        assert claimed.download.video_id == video_id
        return claimed

    def publish(self, claimed: Claimed, *, faults: FaultPlan | None = None) -> None:
        """P6 to P11 of a claimed download, with real files in staging."""
        folder = self.staging.claim(claimed.download.id)
        publication = staged(folder, claimed.download)
        log = AttemptLog(self.archive.clock.now, judges_clients=False)
        publisher = Publisher(
            self.archive.database, self.archive.library, faults or FaultPlan(), now=self.archive.clock.now
        )
        publisher.publish(claimed.lease, folder.path, publication, log)
        folder.release(keep=False)
        self.leases.done_with(claimed.lease)


def staged(folder: StagingFolder, download: Download) -> Publication:
    """A video and its cover in staging, and all that is known of them."""
    contents = {"media": b"moving pictures of " + download.video_id.encode(), "cover": COVER}
    files = []
    for (kind, content), name in zip(contents.items(), ("media.webm", "cover.jpg"), strict=True):
        (folder.path / name).write_bytes(content)
        suffix = ".jpg" if kind == "cover" else ""
        files.append(StagedFile(kind, name, len(content), hashlib.sha256(content).hexdigest(), suffix))
    video = VideoIdentity(download.extractor, download.video_id)
    identity = DownloadIdentity(video, download.container_policy, download.selection, download.access_scope)
    address = f"https://www.youtube.com/watch?v={download.video_id}"
    return Publication(
        files=tuple(files),
        facts=VideoFacts(download.extractor, download.video_id, "A title", address, channel="A channel"),
        identity_hash=identity.digest(),
        container=Container.WEBM,
        policy_met=True,
        cover="sidecar",
        height=1080,
        duration_seconds=1.0,
        delivered=settle.extras_of(download),
    )


@pytest.fixture
def checked(archive: Archive, tmp_path: Path) -> Checked:
    """An empty archive with a checker."""
    root = tmp_path / "library"
    staging = Staging(root / ".staging")
    guard = LibraryGuard(archive.library, UUID)
    checker = Checker(archive.database, archive.library, staging, guard, now=archive.clock.now, pause_seconds=0.02)
    return Checked(archive, root, staging, checker, archive.leases())


@pytest.fixture
def good(checked: Checked) -> Iterator[Checked]:
    """An archive with a download in every state a worker leaves it in."""
    finalized = checked.claim("finalized00")
    checked.publish(finalized)
    waiting, failed, cancelled = (checked.claim(name) for name in ("waiting0000", "failed00000", "cancelled00"))
    for claimed in (waiting, failed):
        checked.staging.claim(claimed.download.id).release(keep=True)
    _end(checked, waiting, failed, cancelled)
    publishing = checked.claim("publishing0")
    _intend_only(checked, publishing)
    running = checked.claim("running0000")
    folder = checked.staging.claim(running.download.id)
    checked.archive.submit("queued00000")
    queued = checked.row(Download, video_id="queued00000")
    claims = {
        "finalized": finalized,
        "waiting": waiting,
        "failed": failed,
        "cancelled": cancelled,
        "publishing": publishing,
        "running": running,
    }
    checked.ids = {state: claimed.download.id for state, claimed in claims.items()} | {"queued": queued.id}
    yield checked
    folder.remove()


def _end(checked: Checked, waiting: Claimed, failed: Claimed, cancelled: Claimed) -> None:
    now = checked.archive.clock.now()
    checked.archive.jobs.cancel(checked.row(JobVideo, download_id=cancelled.download.id).job_id)
    with checked.archive.database.transaction() as session:
        held = settle.hold(session, waiting.lease)
        settle.wait_for_retry(session, held, DownloadFailure("network"), delay_seconds=60, now=now)
        settle.end_run(session, waiting.lease, "waiting", now)
        settle.fail(session, settle.hold(session, failed.lease).download, DownloadFailure("private_video"), now)
        settle.end_run(session, failed.lease, "failed", now)
        settle.cancel(session, settle.hold(session, cancelled.lease).download, now)
        settle.end_run(session, cancelled.lease, "cancelled", now)


class _Died(Exception):
    """Stands for a worker that died: what it had begun stays as it is."""


class _DeadAfterIntent(FaultPlan):
    def reach(self, point: str) -> None:
        if point == "worker.P8.before":
            raise _Died


def _intend_only(checked: Checked, claimed: Claimed) -> None:
    """P7 is committed and then nothing."""
    with pytest.raises(_Died):
        checked.publish(claimed, faults=_DeadAfterIntent())
