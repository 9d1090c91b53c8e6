"""The recording of an offer: its streams side by side, beginning at the same moment."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from pathlib import Path

from yt_videos_api.cage.runs import RunLimits, TransferProgress
from yt_videos_api.domain.errors import DownloadFailure
from yt_videos_api.engine.errors import Stage, translate
from yt_videos_api.engine.live import Recording
from yt_videos_api.engine.live_bounds import Bounds
from yt_videos_api.engine.live_playlist import Playlist
from yt_videos_api.engine.live_recorder import Recorder, Surroundings
from yt_videos_api.engine.live_source import LiveSource
from yt_videos_api.engine.live_tape import Tape
from yt_videos_api.engine.part import Fetched
from yt_videos_api.engine.progress import Meter
from yt_videos_api.engine.watch import Watch

_TICK_SECONDS = 0.25
_STALLS = 2
# A live stream is judged by its segments: between them nothing comes, and short answers pass unseen by the watchdog,
# which looks at the connections that are open when it looks.
_NO_FLOOR = -1.0


def record_parts(
    recording: Recording,
    *,
    folder: Path,
    limits: RunLimits,
    deadline: float,
    watch: Watch,
    tell: Callable[[TransferProgress], None],
) -> list[Fetched]:
    """Record the streams into `folder`, in their order, until the stream is over or a limit is reached.

    The run is killed at `deadline` (monotonic). Raises DownloadFailure; what was recorded stays, and the next call
    appends to it.
    """
    meter = Meter(tell)
    bounds = Bounds(limits, deadline, recording.longest_seconds)
    around = Surroundings(bounds, meter, limits.stall_seconds, recording.ydl.log.debug, recording.renew)
    sources = [LiveSource(recording.ydl, part) for part in recording.parts]
    try:
        if recording.over:
            return [_as_it_is(Tape(folder, part)) for part in recording.parts]
        with watch.watching(floor_bytes_per_second=_NO_FLOOR):
            recorders = [Recorder(source, Tape(folder, source.part), around) for source in sources]
            _begin_together(recorders, sources, around)
            fetched = _all_at_once(recorders, around, watch)
    except Exception as error:
        raise translate(error, recording.ydl.log.warnings, Stage.TRANSFER) from error
    meter.finish()
    return fetched


def _as_it_is(tape: Tape) -> Fetched:
    tape.finish()
    return tape.fetched(resumed_bytes=tape.recorded.size_bytes)


def _begin_together(recorders: Sequence[Recorder], sources: Sequence[LiveSource], around: Surroundings) -> None:
    """Streams of one video are joined by where they begin, so they have to begin at the same moment."""
    if len(sources) < 2:
        return
    until = time.monotonic() + around.stall_seconds
    playlists = [source.playlist() for source in sources]
    while not all(playlist.segments for playlist in playlists) and time.monotonic() < until:
        around.bounds.pause(min(1.0, around.stall_seconds / 8))
        playlists = [source.playlist() for source in sources]
    for recorder, sequence in zip(recorders, common_beginning(playlists), strict=True):
        recorder.begin_with(sequence)


def common_beginning(playlists: Sequence[Playlist]) -> list[int]:
    """The first segment of each playlist that all have: by the clock of the day where it is told, else by number."""
    clocks = [playlist.segments[0].starts_at if playlist.segments else None for playlist in playlists]
    numbers = [playlist.segments[0].sequence if playlist.segments else 0 for playlist in playlists]
    known = [clock for clock in clocks if clock is not None]
    if len(known) < len(clocks):
        return [max(numbers)] * len(playlists)
    return [_first_at(playlist, max(known)) for playlist in playlists]


def _first_at(playlist: Playlist, moment: float) -> int:
    """The segment that begins nearest to `moment`."""
    nearest = min(playlist.segments, key=lambda segment: abs((segment.starts_at or 0.0) - moment))
    return nearest.sequence


def _all_at_once(recorders: Sequence[Recorder], around: Surroundings, watch: Watch) -> list[Fetched]:
    with ThreadPoolExecutor(len(recorders), thread_name_prefix="live") as pool:
        running = [pool.submit(recorder.record) for recorder in recorders]
        pending = set(running)
        while pending:
            done, pending = wait(pending, timeout=_TICK_SECONDS, return_when=FIRST_EXCEPTION)
            failure = _first_failure(done) or _stuck(recorders, around.stall_seconds)
            if pending and failure is not None:
                # The others would go on until the stream ends: cut them off, then tell why.
                around.bounds.fail(failure)
                watch.trip(failure)
                wait(pending)
                raise failure
    return [future.result() for future in running]


def _first_failure(done: Iterable[Future[Fetched]]) -> DownloadFailure | None:
    error = next((error for future in done if (error := future.exception())), None)
    return None if error is None else translate(error, (), Stage.TRANSFER)


def _stuck(recorders: Sequence[Recorder], stall_seconds: float) -> DownloadFailure | None:
    """A recorder ends by itself when nothing comes, unless a segment trickles in byte by byte."""
    seconds = max(time.monotonic() - recorder.grown_at for recorder in recorders)
    return DownloadFailure("stalled", f"no segment in {seconds:.0f} s") if seconds > _STALLS * stall_seconds else None
