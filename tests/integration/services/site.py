"""A site with one small video, and the archiver that fetches it: everything real but the engine and the internet."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tests.integration.services.conftest import Archive
from tests.integration.services.staged import facts_of
from tests.origin import Recipe
from tests.origin.media import folder_of
from yt_videos_api.cage.gate import Gate
from yt_videos_api.domain.offers import Stream
from yt_videos_api.engine.fake import FakeEngine, FakeRung, FakeStream, FakeVideo
from yt_videos_api.media.tools import find_tools
from yt_videos_api.services.archive import Archiver
from yt_videos_api.services.control import RunControl
from yt_videos_api.services.faults import FaultPlan
from yt_videos_api.services.leases import Leases
from yt_videos_api.services.produce import Adapters, ArchiveRules
from yt_videos_api.storage.staging import Staging

VIDEO_ID = "aaaaaaaaaaa"


@dataclass
class Site:
    """`extract_failures` and `transfer_failures` of its rungs say what fails next."""

    archive: Archive
    engine: FakeEngine
    rungs: dict[str, FakeRung]
    leases: Leases
    archiver: Archiver

    def run(self) -> bool:
        """Run what is due; False when nothing is."""
        claimed = self.leases.claim()
        if claimed is None:
            return False
        self.archiver.run(claimed, RunControl(claimed.lease))
        self.leases.done_with(claimed.lease)
        return True


def streams() -> tuple[FakeStream, FakeStream]:
    """Video and audio of one second."""
    source = folder_of(Recipe(pattern=0, seconds=1, heights=(144, 240)))
    return (
        FakeStream(Stream("242", "video", "webm", "https", video_codec="vp9", height=240), source / "vp9-240.webm"),
        FakeStream(Stream("251", "audio", "webm", "https", audio_codec="opus"), source / "opus.webm"),
    )


def site_of(
    archive: Archive, gate: Gate, library: Path, *, clients: tuple[str, ...] = ("default",), reserve_bytes: int = 0
) -> Site:
    """One worker for a site whose video every one of `clients` can have."""
    tools = find_tools(None, None)
    rungs = {client: FakeRung(streams()) for client in clients}
    video = FakeVideo(facts_of(VIDEO_ID), rungs)
    engine = FakeEngine(
        {f"https://www.youtube.com/watch?v={VIDEO_ID}": video}, tools=(Path(tools.ffmpeg), Path(tools.ffprobe))
    )
    staging = Staging(library / ".staging")
    adapters = Adapters(
        archive.database, engine, gate, archive.library, staging, tools, archive.board, archive.lost_files
    )
    leases = archive.leases()
    rules = ArchiveRules(clients=clients, reserve_bytes=reserve_bytes)
    archiver = Archiver(adapters, leases, rules, FaultPlan(), now=archive.clock.now)
    return Site(archive, engine, rungs, leases, archiver)
