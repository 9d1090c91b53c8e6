"""What every engine promises; the real one and the fake are held to it."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import pytest

from tests.integration.engine.conftest import VIDEO
from tests.integration.engine.machine import FFMPEG, PYTHON, TOOLS
from tests.origin import Answer, Hold, Origin, Playlist, Video, faults
from tests.origin.media import folder_of
from yt_videos_api.cage.runs import Engine, EngineRun, RunSpec, TransferProgress, UnknownRung
from yt_videos_api.domain.errors import CancelRequested, DownloadFailure
from yt_videos_api.domain.lists import ENTRIES_AT_ONCE, ListEntry, ListFacts
from yt_videos_api.domain.offers import MediaRequest, Stream, VideoFacts
from yt_videos_api.domain.policy import ContainerPolicy
from yt_videos_api.domain.targets import youtube_address
from yt_videos_api.domain.webvtt import parse
from yt_videos_api.engine import fake
from yt_videos_api.engine.ytdlp import YtDlpEngine

URL = f"https://www.youtube.com/watch?v={VIDEO.id}"
LIST_ID = "PLcontract00000000"
LIST = f"https://www.youtube.com/playlist?list={LIST_ID}"
LISTED = tuple(f"contract{number:03}" for number in range(130))


class World(Protocol):
    """An engine, and a way to decide what its site does."""

    engine: Engine

    def spec(self) -> RunSpec: ...

    def failing_extraction(self) -> AbstractContextManager[object]:
        """With "private_video", inside the block."""

    def failing_transfer(self) -> AbstractContextManager[object]:
        """With "forbidden", inside the block."""

    def without_cover(self) -> None: ...

    def breaking_list(self) -> AbstractContextManager[object]:
        """Whose second piece fails with "network", inside the block."""

    def hold_transfer(self) -> Callable[[], object]:
        """Make it wait; call the answer to wait until it does."""


@dataclass
class RealWorld:
    engine: Engine
    origin: Origin
    folder: Path

    def spec(self) -> RunSpec:
        return spec_in(self.folder, self.origin.proxy_url, self.origin.ca_bundle)

    def failing_extraction(self) -> AbstractContextManager[object]:
        return self.origin.inject("player", Answer.PRIVATE)

    def failing_transfer(self) -> AbstractContextManager[object]:
        return self.origin.inject("media", faults.Status(403))

    def without_cover(self) -> None:
        self.origin.inject("thumbnail", faults.Status(404))

    def breaking_list(self) -> AbstractContextManager[object]:
        return self.origin.inject("list", faults.Status(500), video=LIST_ID, page=2)

    def hold_transfer(self) -> Callable[[], object]:
        hold: Hold = self.origin.hold("media", times=None)
        return hold.wait_reached


@dataclass
class FakeWorld:
    folder: Path
    source: Path
    rung: fake.FakeRung = field(default_factory=fake.FakeRung)

    def __post_init__(self) -> None:
        streams = (
            fake.FakeStream(Stream("248", "video", "webm", "https", video_codec="vp9", height=1080), self.source),
            fake.FakeStream(Stream("251", "audio", "webm", "https", audio_codec="opus"), self.source),
        )
        self.rung.streams = streams
        facts = VideoFacts("youtube", VIDEO.id, VIDEO.title, URL)
        text = "WEBVTT\n\n00:00:00.000 --> 00:00:01.000\nen cue 0\n"
        self.video = fake.FakeVideo(
            facts,
            {"default": self.rung},
            cover=self.source,
            subtitles=(fake.FakeSubtitle("en", text),),
            info={"id": VIDEO.id},
        )
        entries = [
            ListEntry(index, youtube_address(each), extractor="youtube", video_id=each)
            for index, each in enumerate(LISTED, 1)
        ]
        self.list = fake.FakeList(ListFacts("youtube:tab", LIST_ID, "A playlist", LIST), entries)
        self.fake_engine = fake.FakeEngine({URL: self.video}, tools=TOOLS, lists={LIST: self.list})
        self.engine: Engine = self.fake_engine

    def spec(self) -> RunSpec:
        return spec_in(self.folder, "http://127.0.0.1:9", None)

    def failing_extraction(self) -> AbstractContextManager[object]:
        self.rung.extract_failures.append("private_video")
        return nullcontext()

    def failing_transfer(self) -> AbstractContextManager[object]:
        self.rung.transfer_failures.append("forbidden")
        return nullcontext()

    def without_cover(self) -> None:
        self.video.cover = None

    def breaking_list(self) -> AbstractContextManager[object]:
        self.list.breaks.append((ENTRIES_AT_ONCE, "network"))
        return nullcontext()

    def hold_transfer(self) -> Callable[[], object]:
        hold = self.fake_engine.hold(URL, "transfer")
        return lambda: hold.reached.wait(10)


def spec_in(folder: Path, proxy_url: str, ca_file: Path | None) -> RunSpec:
    folder.mkdir(exist_ok=True)
    return RunSpec(
        media=MediaRequest(URL, ContainerPolicy.WEBM),
        folder=folder,
        scratch=folder / "scratch",
        proxy_url=proxy_url,
        ca_file=ca_file,
    )


@pytest.fixture(params=["real", "fake"])
def world(request: pytest.FixtureRequest, tmp_path: Path, origin: Origin, engine: YtDlpEngine) -> World:
    """Both in turn."""
    if request.param == "real":
        origin.add_playlist(Playlist(LIST_ID, LISTED, default_video=Video))
        return RealWorld(engine, origin, tmp_path / "staging")
    some_file = next(path for path in folder_of(origin._catalog.recipe_for(VIDEO.id)).iterdir() if path.is_file())
    return FakeWorld(tmp_path / "staging", some_file)


@pytest.fixture
def run(world: World) -> Iterator[EngineRun]:
    """An open run."""
    with world.engine.open(world.spec()) as run:
        yield run


def test_an_offer_has_facts_and_streams(run: EngineRun) -> None:
    offer = run.extract("default")
    assert (offer.rung, offer.facts.extractor, offer.facts.video_id) == ("default", "youtube", VIDEO.id)
    assert offer.facts.title == VIDEO.title
    assert [(stream.kind, stream.video_codec, stream.audio_codec) for stream in offer.streams] == [
        ("video", "vp9", None),
        ("audio", None, "opus"),
    ]
    assert offer.height == 1080


def test_a_transfer_puts_the_streams_into_the_folder_in_their_order(world: World, run: EngineRun) -> None:
    told: list[TransferProgress] = []
    offer = run.extract("default")
    parts = run.transfer(offer, told.append)
    assert [part.stream for part in parts] == list(offer.streams)
    for part in parts:
        assert (world.spec().folder / part.path).stat().st_size == part.size_bytes > 0
    done = [progress.done_bytes for progress in told]
    assert done == sorted(done)
    assert told[-1].done_bytes == told[-1].total_bytes == sum(part.size_bytes for part in parts)


def test_a_later_run_takes_over_the_finished_parts(world: World) -> None:
    for resumed in (False, True):
        with world.engine.open(world.spec()) as run:
            for part in run.transfer(run.extract("default"), lambda _: None):
                assert part.resumed_bytes == (part.size_bytes if resumed else 0)


def test_a_rung_that_does_not_exist_is_unknown_and_others_still_work(run: EngineRun) -> None:
    with pytest.raises(UnknownRung):
        run.extract("tv_embedded")
    assert run.extract("default").streams


def test_a_failed_extraction_tells_its_code_and_may_be_repeated(world: World, run: EngineRun) -> None:
    with world.failing_extraction(), pytest.raises(DownloadFailure, match="private_video"):
        run.extract("default")
    assert run.extract("default").streams


def test_a_failed_transfer_tells_its_code_and_may_be_repeated(world: World, run: EngineRun) -> None:
    offer = run.extract("default")
    with world.failing_transfer(), pytest.raises(DownloadFailure, match="forbidden"):
        run.transfer(offer, lambda _: None)
    assert len(run.transfer(offer, lambda _: None)) == 2


def test_a_cover_is_a_file_in_the_folder(world: World, run: EngineRun) -> None:
    name = run.fetch_cover(run.extract("default"))
    assert name is not None
    assert (world.spec().folder / name).stat().st_size > 0


def test_a_video_without_a_cover_is_still_a_video(world: World, run: EngineRun) -> None:
    world.without_cover()
    assert run.fetch_cover(run.extract("default")) is None


def test_subtitles_are_files_in_the_folder_in_the_wanted_languages(world: World, run: EngineRun) -> None:
    offer = run.extract("default")
    (track,) = run.fetch_subtitles(offer, ["en", "de"], automatic=True)
    assert (track.language, track.automatic) == ("en", False)
    assert parse((world.spec().folder / track.path).read_text())[0].text == "en cue 0"
    assert run.fetch_subtitles(offer, ["xx-*"], automatic=True) == ()


def test_info_is_a_json_file_in_the_folder(world: World, run: EngineRun) -> None:
    name = run.fetch_info(run.extract("default"))
    assert name is not None
    assert json.loads((world.spec().folder / name).read_text())["id"] == VIDEO.id


def test_a_look_tells_the_facts_and_all_formats(run: EngineRun) -> None:
    look = run.look()
    assert look == run.look(URL)
    assert (look.facts.video_id, look.facts.title) == (VIDEO.id, VIDEO.title)
    assert {"248", "251"} <= {stream.format_id for stream in look.formats}
    assert look.subtitle_languages == ("en",)


def test_a_list_is_told_piece_by_piece_until_its_end(run: EngineRun) -> None:
    facts = run.open_list(LIST)
    assert (facts.extractor, facts.list_id, facts.title) == ("youtube:tab", LIST_ID, "A playlist")
    pieces = [run.next_entries() for _ in range(4)]
    assert [len(piece) for piece in pieces] == [ENTRIES_AT_ONCE, len(LISTED) - ENTRIES_AT_ONCE, 0, 0]
    told = [entry for piece in pieces for entry in piece]
    assert [(entry.index, entry.video_id) for entry in told] == list(enumerate(LISTED, 1))


def test_a_list_that_breaks_off_fails_and_may_be_opened_again(world: World, run: EngineRun) -> None:
    with world.breaking_list():
        run.open_list(LIST)
        assert len(run.next_entries()) == ENTRIES_AT_ONCE
        with pytest.raises(DownloadFailure, match="network"):
            run.next_entries()
    run.open_list(LIST)
    assert run.next_entries()[0].index == 1


def test_what_is_no_list_is_told_from_one_that_is_missing(run: EngineRun) -> None:
    with pytest.raises(DownloadFailure, match="not_a_list"):
        run.open_list(URL)
    with pytest.raises(DownloadFailure, match="list_unavailable"):
        run.open_list("https://www.youtube.com/playlist?list=PLmissing0000000000")


def test_a_tool_runs_in_its_folder(world: World, run: EngineRun) -> None:
    code = "import os, sys; print(os.getcwd()); print('x' * 20000, 'end', file=sys.stderr); sys.exit(3)"
    completed = run.run([str(PYTHON), "-c", code], folder=world.spec().folder, timeout_seconds=10)
    assert completed.returncode == 3
    assert completed.stdout.decode().strip() == str(world.spec().folder)
    assert len(completed.stderr) == 16 * 1024
    assert completed.stderr.endswith(b"end\n")


def test_the_real_ffmpeg_runs(world: World, run: EngineRun) -> None:
    completed = run.run([str(FFMPEG), "-version"], folder=world.spec().folder, timeout_seconds=10)
    assert completed.returncode == 0
    assert completed.stdout.startswith(b"ffmpeg version")


def test_a_tool_that_takes_too_long_ends_as_time_limit(world: World, run: EngineRun) -> None:
    with pytest.raises(DownloadFailure, match="time_limit"):
        run.run([str(PYTHON), "-c", "import time; time.sleep(60)"], folder=world.spec().folder, timeout_seconds=0.2)
    assert run.run([str(PYTHON), "-c", ""], folder=world.spec().folder, timeout_seconds=10).returncode == 0


def test_nothing_but_the_configured_tools_is_started(world: World, run: EngineRun) -> None:
    with pytest.raises(DownloadFailure, match="media_tool_failed"):
        run.run(["/bin/sh", "-c", "true"], folder=world.spec().folder, timeout_seconds=10)


def test_kill_from_another_thread_ends_a_transfer_as_cancelled(world: World, run: EngineRun) -> None:
    wait_reached = world.hold_transfer()
    offer = run.extract("default")

    def kill() -> None:
        wait_reached()
        run.kill()
        run.kill()

    killer = threading.Thread(target=kill)
    killer.start()
    with pytest.raises(CancelRequested):
        run.transfer(offer, lambda _: None)
    killer.join()
    with pytest.raises(CancelRequested):
        run.extract("default")


def test_kill_ends_a_tool_as_cancelled(world: World, run: EngineRun) -> None:
    killer = threading.Timer(0.2, run.kill)
    killer.start()
    with pytest.raises(CancelRequested):
        run.run([str(PYTHON), "-c", "import time; time.sleep(60)"], folder=world.spec().folder, timeout_seconds=50)
    killer.join()


def test_leaving_a_run_removes_its_scratch_and_keeps_its_parts(world: World) -> None:
    with world.engine.open(world.spec()) as run:
        assert world.spec().scratch.is_dir()
        parts = run.transfer(run.extract("default"), lambda _: None)
    assert not world.spec().scratch.exists()
    assert all((world.spec().folder / part.path).exists() for part in parts)


def test_an_idle_engine_works_again(world: World) -> None:
    world.engine.stop_when_idle(0)
    assert world.engine.version()
    with world.engine.open(world.spec()) as run:
        assert run.extract("default").streams
