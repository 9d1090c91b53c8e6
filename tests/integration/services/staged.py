"""A run that has its files ready: identified, staged, hashed."""

from __future__ import annotations

from pathlib import Path

from tests.integration.services.conftest import Archive
from yt_videos_api.domain.identity import VideoIdentity
from yt_videos_api.domain.offers import VideoFacts
from yt_videos_api.domain.policy import Container
from yt_videos_api.services import settle
from yt_videos_api.services.attempts import AttemptLog
from yt_videos_api.services.downloads import identity_of
from yt_videos_api.services.faults import FaultPlan
from yt_videos_api.services.leases import Claimed
from yt_videos_api.services.publish import Publication, Publisher, StagedFile
from yt_videos_api.storage.hashing import sha256_of


class Died(BaseException):
    """The process is gone, as after kill -9: nothing above may handle it."""


class DyingAt(FaultPlan):
    """Dies at one point; at none when it is None."""

    def __init__(self, point: str | None) -> None:
        super().__init__()
        self._point = point

    def reach(self, point: str) -> None:
        """See FaultPlan."""
        if point == self._point:
            raise Died


def facts_of(video_id: str) -> VideoFacts:
    """What the site says."""
    return VideoFacts("youtube", video_id, title="A video", webpage_url="https://site.example", channel="Channel")


def stage(folder: Path, content: str, *, video: VideoIdentity, claimed: Claimed) -> Publication:
    """Media and cover in `folder`, and the publication of them."""
    folder.mkdir(exist_ok=True)
    files = []
    for kind, name in (("media", "media.webm"), ("cover", "cover.jpg")):
        (folder / name).write_text(f"{kind} {content}")
        digest, size = sha256_of(folder / name)
        files.append(StagedFile(kind, name, size, digest, ".jpg" if kind == "cover" else ""))
    return Publication(
        files=tuple(files),
        facts=facts_of(video.video_id),
        identity_hash=identity_of(claimed.download, video).digest(),
        container=Container.WEBM,
        policy_met=True,
        cover="sidecar",
        height=144,
        duration_seconds=1.0,
        delivered=settle.extras_of(claimed.download),
    )


def publish(archive: Archive, claimed: Claimed, folder: Path, content: str, *, dies_at: str | None = None) -> None:
    """P7 to P9 of a run with files of its own. Raises Died, and what Publisher raises."""
    video = VideoIdentity(claimed.download.extractor, claimed.download.video_id)
    publication = stage(folder, content, video=video, claimed=claimed)
    attempts = AttemptLog(archive.clock.now, judges_clients=False)
    publisher_of(archive, dies_at).publish(claimed.lease, folder, publication, attempts)


def publisher_of(archive: Archive, dies_at: str | None = None) -> Publisher:
    """A publisher that dies at a point."""
    return Publisher(archive.database, archive.library, DyingAt(dies_at), now=archive.clock.now)
