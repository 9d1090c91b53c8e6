"""Live streams: recorded to their end, to a limit, or as far as they came; continued after a crash."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.integration.engine.live_site import SECONDS, LiveSite, live_site
from tests.integration.engine.machine import members, wait_until
from tests.origin import Answer, Broadcast, Origin, Recipe, Video
from yt_videos_api.cage.plain import PlainRunner
from yt_videos_api.cage.runs import RECORDED_RUNG, RunLimits, RunSpec, TransferProgress, UnknownRung
from yt_videos_api.domain.choices import Live
from yt_videos_api.domain.errors import CancelRequested, DownloadFailure
from yt_videos_api.domain.offers import Cut, MediaRequest, Part
from yt_videos_api.domain.policy import Container, ContainerPolicy
from yt_videos_api.engine.run import YtDlpRun
from yt_videos_api.engine.ytdlp import YtDlpEngine
from yt_videos_api.media.expectation import expect
from yt_videos_api.media.mux import MuxPlan, mux
from yt_videos_api.media.tools import find_tools
from yt_videos_api.media.verify import verify

PACKETS_A_SECOND = 25 + 48_000 / 1024  # pictures and sound
QUICK = RunLimits(stall_seconds=5)
IMPATIENT = RunLimits(stall_seconds=1.5)


@pytest.fixture
def site() -> Iterator[LiveSite]:
    with live_site() as site:
        yield site


@pytest.fixture
def open_live(engine: YtDlpEngine, site: LiveSite, tmp_path: Path) -> Iterator[Callable[..., YtDlpRun]]:
    """Open a run that records the site's stream into the test's folder."""
    runs: list[YtDlpRun] = []

    def open_it(
        *,
        live: Live = Live.RECORD,
        seconds: float | None = None,
        limits: RunLimits = QUICK,
        policy: ContainerPolicy = ContainerPolicy.MP4,
        youtube: tuple[Origin, Video] | None = None,
    ) -> YtDlpRun:
        url, proxy_url, ca_file = site.url, site.proxy_url, None
        if youtube:
            url = f"https://www.youtube.com/watch?v={youtube[1].id}"
            proxy_url, ca_file = youtube[0].proxy_url, youtube[0].ca_bundle
        media = MediaRequest(url, policy, live=live, live_limit_seconds=seconds)
        folder = tmp_path / "staging"
        folder.mkdir(exist_ok=True)
        spec = RunSpec(media, folder, folder / "scratch", proxy_url=proxy_url, ca_file=ca_file, limits=limits)
        run = engine.open(spec)
        runs.append(run)
        return run

    yield open_it
    for run in runs:
        with run:
            pass


def record(run: YtDlpRun, told: list[TransferProgress] | None = None) -> Part:
    parts = run.transfer(run.extract("default"), (told if told is not None else []).append)
    assert len(parts) == 1
    return parts[0]


def content(tmp_path: Path, part: Part) -> bytes:
    return (tmp_path / "staging" / part.path).read_bytes()


def log(tmp_path: Path) -> str:
    return (tmp_path / "staging" / "engine.log").read_text()


def test_a_running_stream_is_refused_unless_it_is_to_be_recorded(open_live: Callable[..., YtDlpRun]) -> None:
    with pytest.raises(DownloadFailure) as caught:
        open_live(live=Live.REFUSE).extract("default")
    assert caught.value.code == "not_yet_available"


@pytest.mark.parametrize("kind", ["mpegts", "fmp4"])
def test_a_growing_stream_is_recorded_to_its_end(
    open_live: Callable[..., YtDlpRun], site: LiveSite, tmp_path: Path, kind: str
) -> None:
    site.kind = kind
    run, told = open_live(), list[TransferProgress]()
    offer = run.extract("default")
    assert (offer.facts.live_status, offer.facts.duration_seconds) == ("is_live", None)
    part = record(run, told)
    assert content(tmp_path, part) == site.bytes_of(*range(SECONDS))
    assert site.fetched == list(range(SECONDS))
    assert {progress.total_bytes for progress in told} == {None}
    assert told[-1].done_bytes == part.size_bytes


def test_picture_and_sound_that_come_apart_begin_at_the_same_moment(
    open_live: Callable[..., YtDlpRun], site: LiveSite, tmp_path: Path
) -> None:
    site.address, site.lead = "master.m3u8", 2
    run = open_live()
    offer = run.extract("default")
    assert [stream.kind for stream in offer.streams] == ["video", "audio"]
    parts = run.transfer(offer, lambda _: None)
    assert [content(tmp_path, part) for part in parts] == [site.bytes_of(1, 2, 3, 4, 5)] * 2


def test_a_recording_ends_at_its_limit_and_is_not_begun_again(
    open_live: Callable[..., YtDlpRun], site: LiveSite, tmp_path: Path
) -> None:
    with open_live(seconds=3) as run:
        part = record(run)
    assert content(tmp_path, part) == site.bytes_of(0, 1, 2)
    site.endless = True
    again = record(open_live(seconds=3))
    assert (again.size_bytes, again.resumed_bytes) == (part.size_bytes, part.size_bytes)
    assert part.cut is again.cut is Cut.LENGTH  # also a run after a crash knows that it is not the whole
    assert site.fetched == [0, 1, 2]


def test_what_fits_into_the_largest_size_is_kept(
    open_live: Callable[..., YtDlpRun], site: LiveSite, tmp_path: Path
) -> None:
    largest = len(site.bytes_of(0, 1, 2)) + 1000
    part = record(open_live(limits=RunLimits(stall_seconds=5, file_bytes=largest)))
    assert (content(tmp_path, part), part.cut) == (site.bytes_of(0, 1, 2), Cut.SIZE)


def test_a_recording_ends_before_the_time_of_its_run_is_up(
    open_live: Callable[..., YtDlpRun], site: LiveSite, tmp_path: Path
) -> None:
    site.endless = True
    began_at = time.monotonic()
    part = record(open_live(limits=RunLimits(stall_seconds=60, wall_seconds=4)))
    assert (content(tmp_path, part), part.cut) == (site.bytes_of(*range(SECONDS)), Cut.TIME)
    assert time.monotonic() - began_at < 4
    assert "the time of the run is up" in log(tmp_path)


def test_a_stream_that_stops_without_a_word_has_ended(
    open_live: Callable[..., YtDlpRun], site: LiveSite, tmp_path: Path
) -> None:
    site.endless = True
    part = record(open_live(limits=IMPATIENT))
    assert (content(tmp_path, part), part.cut) == (site.bytes_of(*range(SECONDS)), None)


def test_a_stream_of_which_nothing_comes_is_stalled(open_live: Callable[..., YtDlpRun], site: LiveSite) -> None:
    site.order, site.endless = [], True
    with pytest.raises(DownloadFailure) as caught:
        record(open_live(limits=IMPATIENT))
    assert caught.value.code == "stalled"


def test_a_segment_that_is_gone_leaves_a_gap_that_the_log_tells(
    open_live: Callable[..., YtDlpRun], site: LiveSite, tmp_path: Path
) -> None:
    site.gone = {2}
    assert content(tmp_path, record(open_live())) == site.bytes_of(0, 1, 3, 4, 5)
    assert f"1 segments before {site.first_sequence + 3} are missing" in log(tmp_path)


# Times of the files: a second each, from 0. A segment is lost; the clock starts anew, told or not; it leaps ahead.
@pytest.mark.parametrize("kind", ["mpegts", "fmp4"])
@pytest.mark.parametrize(
    ("order", "jumps", "gone"),
    [([0, 1, 2, 3, 4, 5], set(), {2}), ([3, 4, 5, 0, 1, 2], {3}, set()), ([2, 3, 0, 1], set(), set())],
    ids=["lost", "anew", "anew without a word"],
)
def test_a_recording_with_joints_is_a_whole_video(
    open_live: Callable[..., YtDlpRun],
    site: LiveSite,
    tmp_path: Path,
    kind: str,
    order: list[int],
    jumps: set[int],
    gone: set[int],
) -> None:
    site.kind, site.order, site.jumps, site.gone = kind, order, jumps, gone
    run = open_live()
    offer = run.extract("default")
    parts = tuple(run.transfer(offer, lambda _: None))
    folder, tools, runner = tmp_path / "staging", find_tools(None, None), PlainRunner()
    plan = MuxPlan(folder=folder, parts=parts, container=Container.MP4, facts=offer.facts)
    muxed = mux(runner, tools, plan)
    expected = expect(folder, parts, offer.facts)
    verified = verify(runner, tools, folder / muxed.file, Container.MP4, expected)
    assert verified.duration_seconds == pytest.approx(len(order), abs=0.2)
    assert verified.packets == pytest.approx((len(order) - len(gone)) * PACKETS_A_SECOND, abs=4)


def test_a_web_page_in_place_of_a_segment_is_not_recorded(
    open_live: Callable[..., YtDlpRun], site: LiveSite, tmp_path: Path
) -> None:
    site.page_at = 2
    assert content(tmp_path, record(open_live())) == site.bytes_of(0, 1, 3, 4, 5)


def test_an_encrypted_stream_is_recorded_in_the_clear(
    open_live: Callable[..., YtDlpRun], site: LiveSite, tmp_path: Path
) -> None:
    site.key = bytes(range(16))
    assert content(tmp_path, record(open_live())) == site.bytes_of(*range(SECONDS))


def test_any_other_cipher_is_drm(open_live: Callable[..., YtDlpRun], site: LiveSite) -> None:
    site.cipher, site.key = "SAMPLE-AES", bytes(16)
    with pytest.raises(DownloadFailure) as caught:
        record(open_live())
    assert caught.value.code == "drm_protected"


def test_an_address_that_the_site_withdraws_ends_the_recording_when_the_stream_is_over(
    open_live: Callable[..., YtDlpRun], site: LiveSite, tmp_path: Path
) -> None:
    site.withdrawn_after = 4
    assert content(tmp_path, record(open_live())) == site.bytes_of(*range(4))
    assert "the site says that the stream is over" in log(tmp_path)


@pytest.mark.usefixtures("killed")
def test_when_the_site_has_nothing_more_what_was_recorded_is_offered(
    open_live: Callable[..., YtDlpRun], site: LiveSite, tmp_path: Path
) -> None:
    site.withdrawn_after = 0
    part = record(open_live())
    assert content(tmp_path, part) == site.bytes_of(0, 1, 2)


def test_a_recording_is_the_last_rung_where_there_is_one(
    open_live: Callable[..., YtDlpRun], site: LiveSite, tmp_path: Path
) -> None:
    with open_live() as run, pytest.raises(UnknownRung):
        run.extract(RECORDED_RUNG)
    with open_live(seconds=2) as run:
        offer = run.extract("default")
        run.transfer(offer, lambda _: None)
    site.requests.clear()
    run = open_live()
    salvaged = run.extract(RECORDED_RUNG)
    assert salvaged == replace(offer, rung=RECORDED_RUNG)
    (part,) = run.transfer(salvaged, lambda _: None)
    assert content(tmp_path, part) == site.bytes_of(0, 1)
    assert site.requests == []


def test_a_site_that_stumbles_is_waited_for(open_live: Callable[..., YtDlpRun], site: LiveSite, tmp_path: Path) -> None:
    site.stumbles = 3
    assert content(tmp_path, record(open_live())) == site.bytes_of(*range(SECONDS))
    assert site.stumbles == 0


def test_a_cancelled_recording_ends_within_a_second(open_live: Callable[..., YtDlpRun], site: LiveSite) -> None:
    site.hold_at = 3
    run = open_live()
    offer = run.extract("default")
    cancelled_at: list[float] = []

    def cancel() -> None:
        assert site.held.wait(10)
        cancelled_at.append(time.monotonic())
        run.kill()

    canceller = threading.Thread(target=cancel)
    canceller.start()
    with pytest.raises(CancelRequested):
        run.transfer(offer, lambda _: None)
    canceller.join()
    wait_until(lambda: not members(run.group), "the end of the group")
    assert time.monotonic() - cancelled_at[0] < 1


@pytest.fixture(params=["mpegts", "fmp4"])
def killed(request: pytest.FixtureRequest, open_live: Callable[..., YtDlpRun], site: LiveSite) -> None:
    """A run that recorded the first three segments was killed by the kernel's hand; the stream goes on."""
    site.kind, site.hold_at = request.param, 3
    with open_live() as run:
        offer = run.extract("default")

        def kill() -> None:
            assert site.held.wait(10)
            os.killpg(run.group, signal.SIGKILL)

        killer = threading.Thread(target=kill)
        killer.start()
        with pytest.raises(DownloadFailure, match="engine_crashed"):
            run.transfer(offer, lambda _: None)
        killer.join()
    site.released.set()


@pytest.mark.usefixtures("killed")
def test_a_killed_recording_is_continued(open_live: Callable[..., YtDlpRun], site: LiveSite, tmp_path: Path) -> None:
    (tape,) = (tmp_path / "staging").glob("live-*.mp4")
    with tape.open("ab") as file:
        file.write(b"half a segment")
    part = record(open_live())
    assert content(tmp_path, part) == site.bytes_of(*range(SECONDS))
    assert part.resumed_bytes == len(site.bytes_of(0, 1, 2))
    assert site.fetched == [0, 1, 2, 3, 3, 4, 5]


@pytest.mark.usefixtures("killed")
def test_what_a_killed_recording_missed_is_lost_but_nothing_else(
    open_live: Callable[..., YtDlpRun], site: LiveSite, tmp_path: Path
) -> None:
    site.lead, site.window = SECONDS, 1
    part = record(open_live())
    assert content(tmp_path, part) == site.bytes_of(0, 1, 2, 5)
    assert f"2 segments before {site.first_sequence + 5} are missing" in log(tmp_path)


@pytest.mark.usefixtures("killed")
def test_when_the_stream_has_ended_meanwhile_the_whole_video_is_fetched(
    open_live: Callable[..., YtDlpRun], site: LiveSite, tmp_path: Path
) -> None:
    site.ended = True
    run = open_live()
    offer = run.extract("default")
    assert offer.facts.live_status != "is_live"
    (part,) = run.transfer(offer, lambda _: None)
    assert content(tmp_path, part) == site.bytes_of(*range(SECONDS))
    assert part.resumed_bytes == 0


# A second of media in a tenth of one, so that nobody waits; the smallest that the stand-in makes.
BRISK = Broadcast(every_seconds=0.1, recipe=Recipe(seconds=4, heights=(144, 360), codecs=("h264",)))


def test_a_stream_of_youtube_is_recorded_until_it_ends_and_is_a_video_then(
    open_live: Callable[..., YtDlpRun], origin: Origin, tmp_path: Path
) -> None:
    video = origin.add(Video("liveEngine0", answer=Answer.LIVE, broadcast=BRISK))
    ended = threading.Event()

    def end(progress: TransferProgress) -> None:
        if progress.done_bytes and not ended.is_set():
            ended.set()
            origin.end_live(video.id)

    with open_live(youtube=(origin, video)) as run:
        offer = run.extract("default")
        assert [(stream.kind, stream.height, stream.size_bytes) for stream in offer.streams] == [("both", 360, None)]
        (part,) = run.transfer(offer, end)
    assert part.size_bytes > 0
    assert "the stream has ended" in log(tmp_path)
    after = open_live(youtube=(origin, video)).extract("default")
    assert (after.facts.live_status, after.facts.duration_seconds) != ("is_live", None)
    assert {stream.kind for stream in after.streams} == {"video", "audio"}


def test_of_a_premiere_its_start_is_told(open_live: Callable[..., YtDlpRun], origin: Origin) -> None:
    starts_at = datetime(2031, 5, 6, 7, 8, 9, tzinfo=UTC)
    video = origin.add(Video("liveEngine1", answer=Answer.PREMIERE, broadcast=replace(BRISK, starts_at=starts_at)))
    with pytest.raises(DownloadFailure) as caught:
        open_live(youtube=(origin, video)).extract("default")
    assert (caught.value.code, caught.value.retry_at) == ("not_started", starts_at.timestamp())
    with pytest.raises(DownloadFailure) as caught:
        open_live(youtube=(origin, video), live=Live.REFUSE).extract("default")
    assert (caught.value.code, caught.value.retry_at) == ("not_yet_available", None)


def test_a_premiere_that_has_begun_is_recorded(open_live: Callable[..., YtDlpRun], origin: Origin) -> None:
    video = origin.add(Video("liveEngine2", answer=Answer.PREMIERE, broadcast=BRISK))
    origin.start_live(video.id)
    assert record(open_live(youtube=(origin, video), seconds=1)).size_bytes > 0
