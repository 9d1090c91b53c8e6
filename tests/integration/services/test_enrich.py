"""What is asked for beside an archived video, as far as no site has to be asked for it."""

from __future__ import annotations

from pathlib import Path

from tests.integration.services.conftest import Archive
from tests.integration.services.staged import publish
from yt_videos_api.cage.gate import Gate
from yt_videos_api.domain.choices import Extras
from yt_videos_api.domain.states import JobState, WorkKind
from yt_videos_api.engine.fake import FakeEngine
from yt_videos_api.media.tools import find_tools
from yt_videos_api.services.control import RunControl
from yt_videos_api.services.enrich import Enricher
from yt_videos_api.services.errands import Errands
from yt_videos_api.services.faults import FaultPlan
from yt_videos_api.services.leases import Leases
from yt_videos_api.services.produce import Adapters, ArchiveRules
from yt_videos_api.services.publish import Publisher
from yt_videos_api.services.visit import Visitor
from yt_videos_api.storage.staging import Staging


def errands_of(archive: Archive, engine: FakeEngine, leases: Leases, library: Path) -> Errands:
    """What fetches later; the gate is not even open."""
    adapters = Adapters(
        archive.database,
        engine,
        Gate(),
        archive.library,
        Staging(library / ".staging"),
        find_tools(None, None),
        archive.board,
        archive.lost_files,
    )
    rules = ArchiveRules(clients=("default",))
    publisher = Publisher(archive.database, archive.library, FaultPlan(), now=archive.clock.now)
    enricher = Enricher(adapters, Visitor(adapters, rules), rules, publisher, FaultPlan(), now=archive.clock.now)
    return Errands(archive.database, leases, {WorkKind.ENRICH: enricher}, now=archive.clock.now)


def test_thumbnail_that_lies_there_as_the_cover_is_had_without_asking_anybody(archive: Archive, tmp_path: Path) -> None:
    leases, engine = archive.leases(), FakeEngine({})
    archive.submit("aaaaaaaaaaa")
    first = leases.claim()
    assert first is not None
    publish(archive, first, tmp_path / "staged", "content")
    leases.done_with(first.lease)
    job_id = archive.submit("aaaaaaaaaaa", extras=Extras(thumbnail=True))
    later = leases.claim()
    assert later is not None
    errands_of(archive, engine, leases, tmp_path / "library").run(later, RunControl(later.lease))
    leases.done_with(later.lease)
    assert archive.jobs.get(job_id).state is JobState.DONE
    assert engine.calls == []
    assert archive.jobs.get(archive.submit("aaaaaaaaaaa", extras=Extras(thumbnail=True))).state is JobState.DONE
