"""The watchdog ends what stands still, and only that; progress never goes back."""

from __future__ import annotations

import threading
import time

import pytest

from yt_videos_api.cage.runs import TransferProgress
from yt_videos_api.domain.errors import DownloadFailure
from yt_videos_api.engine.progress import Meter
from yt_videos_api.engine.watch import Watch

STALL_SECONDS = 0.08


class Line:
    """Traffic that arrives at a steady rate."""

    def __init__(self, bytes_per_second: float) -> None:
        self._rate = bytes_per_second
        self._began = time.monotonic()
        self.was_cut = threading.Event()

    def received_bytes(self) -> int:
        return int((time.monotonic() - self._began) * self._rate)

    def cut(self) -> None:
        self.was_cut.set()


def wait_for_cut(line: Line, seconds: float) -> None:
    """What a reader does: it waits, and fails when its connection is cut."""
    if line.was_cut.wait(seconds):
        raise ConnectionResetError


def run(line: Line, *, floor: float, seconds: float, longest: float | None = None) -> None:
    watch = Watch(line, STALL_SECONDS)
    with watch.watching(floor_bytes_per_second=floor, longest_seconds=longest):
        wait_for_cut(line, seconds)


@pytest.mark.parametrize("rate", [0, 500])
def test_less_than_the_floor_is_a_stall(rate: float) -> None:
    line = Line(rate)
    with pytest.raises(DownloadFailure, match="stalled"):
        run(line, floor=1000, seconds=5)


@pytest.mark.parametrize(("rate", "floor"), [(3000, 1000), (100, 0)])
def test_more_than_the_floor_may_take_its_time(rate: float, floor: float) -> None:
    line = Line(rate)
    run(line, floor=floor, seconds=4 * STALL_SECONDS)
    assert not line.was_cut.is_set()


def test_what_trickles_for_ever_ends_at_the_longest_time() -> None:
    line = Line(100_000)
    with pytest.raises(DownloadFailure, match="stalled"):
        run(line, floor=0, seconds=5, longest=0.1)


def test_after_a_trip_nothing_new_is_fetched_until_the_next_time() -> None:
    line = Line(100_000)
    watch = Watch(line, STALL_SECONDS)
    watch.trip(DownloadFailure("forbidden"))
    watch.trip(DownloadFailure("network"))
    with pytest.raises(DownloadFailure, match="forbidden"):
        watch.check()
    with watch.watching(floor_bytes_per_second=0):
        watch.check()


def test_an_error_without_a_trip_passes_as_it_is() -> None:
    watch = Watch(Line(100_000), STALL_SECONDS)
    with pytest.raises(KeyError), watch.watching(floor_bytes_per_second=0):
        raise KeyError("a bug")


def test_progress_adds_up_and_never_goes_back() -> None:
    told: list[TransferProgress] = []
    meter = Meter(told.append)
    meter.expect("video", done_bytes=50, total_bytes=100)
    meter.expect("audio", done_bytes=0, total_bytes=None)
    meter.advance("video", done_bytes=60, total_bytes=100)
    meter.advance("video", done_bytes=0, total_bytes=100)
    meter.advance("audio", done_bytes=10, total_bytes=20)
    meter.finish()
    assert [progress.done_bytes for progress in told] == [60, 60]
    assert [progress.total_bytes for progress in told] == [None, 120]


def test_progress_is_told_some_times_a_second_whatever_happens() -> None:
    told: list[TransferProgress] = []
    meter = Meter(told.append)
    for done in range(5000):
        meter.advance("video", done_bytes=done, total_bytes=5000)
    assert 1 <= len(told) <= 3
