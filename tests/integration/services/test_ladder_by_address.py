"""Which clients are asked depends on the address that is visited, not on the video that is behind it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from tests.integration.services.conftest import Archive
from tests.integration.services.staged import facts_of
from yt_videos_api.cage.gate import Gate
from yt_videos_api.db.tables import Attempt, ClientHealth
from yt_videos_api.domain.offers import Stream
from yt_videos_api.engine.fake import FakeEngine, FakeRung, FakeStream, FakeVideo
from yt_videos_api.media.tools import find_tools
from yt_videos_api.services.archive import Archiver
from yt_videos_api.services.control import RunControl
from yt_videos_api.services.faults import FaultPlan
from yt_videos_api.services.produce import Adapters, ArchiveRules
from yt_videos_api.storage.staging import Staging

PAGE = "https://blog.example/post"
LIVE = "https://www.youtube.com/@channel/live"
WATCH = "https://www.youtube.com/watch?v=aaaaaaaaaaa"
STREAM = FakeStream(Stream("18", "both", "mp4", "https", height=360), Path("never read"))


@pytest.fixture
def gate() -> Iterator[Gate]:
    with Gate() as running:
        yield running


def refusing() -> FakeVideo:
    """A video that every client knows and nobody gets."""
    rungs = {name: FakeRung((STREAM,), transfer_failures=["forbidden"] * 9) for name in ("android", "web", "default")}
    return FakeVideo(facts_of("aaaaaaaaaaa"), rungs)


def run_once(archive: Archive, gate: Gate, folder: Path) -> None:
    tools = find_tools(None, None)
    engine = FakeEngine({PAGE: refusing(), LIVE: refusing(), WATCH: refusing()})
    staging = Staging(folder / "library" / ".staging")
    adapters = Adapters(
        archive.database, engine, gate, archive.library, staging, tools, archive.board, archive.lost_files
    )
    leases = archive.leases()
    rules = ArchiveRules(clients=("android", "web"), reserve_bytes=0)
    claimed = leases.claim()
    assert claimed is not None
    Archiver(adapters, leases, rules, FaultPlan(), now=archive.clock.now).run(claimed, RunControl(claimed.lease))
    leases.done_with(claimed.lease)


def asked(archive: Archive) -> list[str]:
    with archive.database.reading() as session:
        return list(session.scalars(select(Attempt.client).distinct().order_by(Attempt.client)))


def judged(archive: Archive) -> list[str]:
    with archive.database.reading() as session:
        return list(session.scalars(select(ClientHealth.client).order_by(ClientHealth.client)))


def test_a_page_with_an_embedded_video_is_asked_once_and_its_video_by_every_client(
    archive: Archive, gate: Gate, tmp_path: Path
) -> None:
    archive.submit(PAGE)
    run_once(archive, gate, tmp_path)
    assert (asked(archive), judged(archive)) == (["default"], [])
    archive.clock.advance(3600)
    run_once(archive, gate, tmp_path)
    assert (asked(archive), judged(archive)) == (["android", "default", "web"], ["android", "web"])


def test_a_youtube_address_without_an_id_has_the_whole_ladder_at_once(
    archive: Archive, gate: Gate, tmp_path: Path
) -> None:
    archive.submit(LIVE)
    run_once(archive, gate, tmp_path)
    assert (asked(archive), judged(archive)) == (["android", "web"], ["android", "web"])
