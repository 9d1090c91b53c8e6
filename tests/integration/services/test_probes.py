"""What a site offers: asked once, answered by whichever worker comes, kept for a while."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select

from tests.integration.services.conftest import Archive
from tests.integration.services.staged import facts_of
from yt_videos_api.cage.gate import Gate
from yt_videos_api.db.tables import Probe, Run, Work
from yt_videos_api.domain.errors import DrainRequested, InvalidInput
from yt_videos_api.domain.offers import Stream
from yt_videos_api.domain.states import WorkKind
from yt_videos_api.engine.fake import FakeEngine, FakeRung, FakeStream, FakeSubtitle, FakeVideo
from yt_videos_api.media.tools import find_tools
from yt_videos_api.services.control import RunControl
from yt_videos_api.services.errands import Errands
from yt_videos_api.services.leases import Leases
from yt_videos_api.services.probe import Prober
from yt_videos_api.services.probes import Probes
from yt_videos_api.services.produce import Adapters, ArchiveRules
from yt_videos_api.services.submit import UrlRules
from yt_videos_api.services.visit import Visitor
from yt_videos_api.storage.staging import Staging

VIDEO_ID = "aaaaaaaaaaa"
WATCH = f"https://www.youtube.com/watch?v={VIDEO_ID}"
STREAM = Stream("248", "video", "webm", "https", video_codec="vp9", height=1080, fps=25.0, size_bytes=10)
CACHE_SECONDS = 900.0


@pytest.fixture
def gate() -> Iterator[Gate]:
    with Gate() as running:
        yield running


class Asked:
    """An archive in which people ask, and one worker that answers."""

    def __init__(self, archive: Archive, gate: Gate, folder: Path) -> None:
        self.archive = archive
        self.video = FakeVideo(
            facts_of(VIDEO_ID),
            {"default": FakeRung((FakeStream(STREAM, Path("never read")),))},
            subtitles=(FakeSubtitle("en", ""), FakeSubtitle("de", "", automatic=True)),
        )
        self.engine = FakeEngine({WATCH: self.video})
        self.probes = Probes(
            archive.database,
            archive.announcer,
            url_rules=UrlRules(),
            cache_seconds=CACHE_SECONDS,
            now=archive.clock.now,
        )
        self.leases: Leases = archive.leases()
        adapters = Adapters(
            archive.database,
            self.engine,
            gate,
            archive.library,
            Staging(folder / "library" / ".staging"),
            find_tools(None, None),
            archive.board,
            archive.lost_files,
        )
        prober = Prober(archive.database, Visitor(adapters, ArchiveRules(reserve_bytes=0)), now=archive.clock.now)
        self.errands = Errands(archive.database, self.leases, {WorkKind.PROBE: prober}, now=archive.clock.now)

    def work(self, *, stopped: bool = False) -> bool:
        """Do what is due; False when nothing is."""
        claimed = self.leases.claim()
        if claimed is None:
            return False
        control = RunControl(claimed.lease)
        if stopped:
            control.stop(DrainRequested)
        self.errands.run(claimed, control)
        self.leases.done_with(claimed.lease)
        return True

    def looks(self) -> int:
        return self.engine.calls.count((WATCH, "look"))


@pytest.fixture
def asked(archive: Archive, gate: Gate, tmp_path: Path) -> Asked:
    return Asked(archive, gate, tmp_path)


def test_a_question_is_answered_once_and_kept_for_a_while(asked: Asked) -> None:
    assert asked.probes.ask(VIDEO_ID).state == "queued"
    assert asked.probes.ask(f"https://youtu.be/{VIDEO_ID}").state == "queued"
    assert asked.work()
    assert not asked.work()
    answer = asked.probes.ask(WATCH)
    assert (answer.state, answer.formats, answer.error) == ("done", (STREAM,), None)
    assert (answer.subtitles, answer.automatic_subtitles) == (("en",), ("de",))
    assert answer.video is not None
    assert answer.video.video_id == VIDEO_ID

    asked.archive.clock.advance(CACHE_SECONDS - 1)
    assert asked.probes.ask(WATCH) == answer
    asked.archive.clock.advance(2)
    again = asked.probes.ask(WATCH)
    assert (again.state, again.formats) == ("queued", ())
    assert asked.work()
    assert asked.probes.ask(WATCH).state == "done"
    assert asked.looks() == 2
    with asked.archive.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Probe)) == 1
        assert session.scalar(select(func.count()).select_from(Work)) == 0
        assert set(session.scalars(select(Run.outcome))) == {"finalized"}


def test_a_failure_is_an_answer_and_one_that_may_pass_is_soon_asked_for_again(asked: Asked) -> None:
    asked.video.look_failures += ["private_video", "network"]
    asked.probes.ask(WATCH)
    assert asked.work()
    private = asked.probes.ask(WATCH)
    assert (private.state, private.error and private.error.code) == ("failed", "private_video")
    asked.archive.clock.advance(60)
    assert asked.probes.ask(WATCH) == private

    asked.archive.clock.advance(CACHE_SECONDS)
    assert asked.probes.ask(WATCH).error is None
    assert asked.work()
    away = asked.probes.ask(WATCH)
    assert (away.state, away.error and away.error.code) == ("failed", "network")
    asked.archive.clock.advance(60)
    assert asked.probes.ask(WATCH).state == "queued"
    assert asked.work()
    assert asked.probes.ask(WATCH).state == "done"


def test_a_worker_that_stops_leaves_the_question_to_the_next_one(asked: Asked) -> None:
    asked.probes.ask(WATCH)
    assert asked.work(stopped=True)
    assert asked.probes.ask(WATCH).state == "queued"
    assert asked.work()
    assert asked.probes.ask(WATCH).state == "done"


def test_eight_people_who_ask_at_once_ask_once(asked: Asked) -> None:
    barrier, states = threading.Barrier(8), []

    def ask() -> None:
        barrier.wait()
        states.append(asked.probes.ask(WATCH).state)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert states == ["queued"] * 8
    assert asked.work()
    assert not asked.work()


def test_a_question_goes_before_downloads(asked: Asked) -> None:
    asked.archive.submit("bbbbbbbbbbb")
    asked.archive.clock.advance(60)
    asked.probes.ask(WATCH)
    claimed = asked.leases.claim()
    assert claimed is not None
    assert claimed.lease.kind is WorkKind.PROBE


def test_answers_that_nobody_wants_any_more_are_forgotten(asked: Asked) -> None:
    asked.probes.ask(WATCH)
    assert asked.work()
    asked.archive.clock.advance(2 * 24 * 3600)
    asked.probes.ask("https://other.example/")
    assert asked.work()
    with asked.archive.database.reading() as session:
        assert list(session.scalars(select(Probe.source_url))) == ["https://other.example/"]


def test_a_list_offers_no_formats(asked: Asked) -> None:
    for address in ("https://www.youtube.com/@someone", "https://www.youtube.com/playlist?list=PLaaaaaaaaaaaaaa"):
        with pytest.raises(InvalidInput) as refused:
            asked.probes.ask(address)
        assert (refused.value.field, refused.value.code) == ("url", "url.list")
