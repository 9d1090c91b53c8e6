"""An engine without a network: it offers what it is told and copies real files into staging.

For tests of everything above the engine; it passes the same contract as the real one.
"""

from __future__ import annotations

import shutil
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

from yt_videos_api.cage.base import Completed
from yt_videos_api.cage.runs import RunSpec, TransferProgress, UnknownRung
from yt_videos_api.domain.errors import CancelRequested, DownloadFailure
from yt_videos_api.domain.offers import Offer, Part, Stream, VideoFacts

# Larger than any process id, so that whoever kills the group of a fake run kills nobody.
_NO_GROUP = 2**31 - 1
_POLL_SECONDS = 0.005


@dataclass(frozen=True, slots=True)
class FakeStream:
    """A stream and the file that is "fetched" for it."""

    stream: Stream
    source: Path


@dataclass(slots=True)
class FakeRung:
    """What one rung answers. The failures are raised one call after the other; after them the answer is good."""

    streams: tuple[FakeStream, ...] = ()
    extract_failures: list[str] = field(default_factory=list)
    transfer_failures: list[str] = field(default_factory=list)


@dataclass(slots=True)
class FakeVideo:
    """What a site knows of one address. A rung that is not named here is unknown."""

    facts: VideoFacts
    rungs: Mapping[str, FakeRung]
    cover: Path | None = None


class Hold:
    """A place where runs wait: `reached` tells the test, `release` lets them go on."""

    def __init__(self) -> None:
        self.reached = threading.Event()
        self._released = threading.Event()

    def release(self) -> None:
        """Let the run go on, now and whenever it comes here again."""
        self._released.set()

    def wait(self, cancelled: threading.Event) -> None:
        """For the run: until released or cancelled."""
        self.reached.set()
        while not self._released.wait(_POLL_SECONDS):
            if cancelled.is_set():
                return


class FakeEngine:
    """See cage.runs.Engine. `videos` by address; `calls` is what runs were asked for, as (address, what)."""

    def __init__(self, videos: Mapping[str, FakeVideo], *, tools: Sequence[Path] = ()) -> None:
        self._videos = videos
        self._tools = tuple(str(tool) for tool in tools)
        self._holds: dict[tuple[str, str], Hold] = {}
        self._runs: list[FakeRun] = []
        self.calls: list[tuple[str, str]] = []

    def hold(self, url: str, what: str) -> Hold:
        """Make runs for `url` wait when they are asked for `what`: "extract", "transfer", "cover" or "run"."""
        return self._holds.setdefault((url, what), Hold())

    def open(self, spec: RunSpec) -> FakeRun:
        """See Engine."""
        run = FakeRun(self._videos, spec, self._tools, self._note)
        self._runs.append(run)
        return run

    def version(self) -> str:
        """See Engine."""
        return "fake"

    def stop_when_idle(self, idle_seconds: float) -> None:
        """See Engine: there is nothing to stop."""

    def close(self) -> None:
        """See Engine."""
        for run in self._runs:
            run.kill()

    def _note(self, url: str, what: str) -> Hold | None:
        self.calls.append((url, what))
        return self._holds.get((url, what))


class FakeRun:
    """See cage.runs.EngineRun."""

    def __init__(
        self,
        videos: Mapping[str, FakeVideo],
        spec: RunSpec,
        tools: Sequence[str],
        note: Callable[[str, str], Hold | None],
    ) -> None:
        self._videos = videos
        self._spec = spec
        self._tools = tools
        self._note = note
        self._cancelled = threading.Event()
        self.group = _NO_GROUP
        spec.scratch.mkdir(parents=True, exist_ok=True)

    def extract(self, rung: str) -> Offer:
        """See EngineRun. An address that is in no script is "unsupported_url"."""
        self._arrive("extract")
        video = self._videos.get(self._spec.media.url)
        if video is None:
            raise DownloadFailure("unsupported_url")
        if rung not in video.rungs:
            raise UnknownRung(rung)
        _fail_next(video.rungs[rung].extract_failures)
        return Offer(rung, video.facts, tuple(fake.stream for fake in video.rungs[rung].streams))

    def transfer(self, offer: Offer, on_progress: Callable[[TransferProgress], None]) -> list[Part]:
        """See EngineRun."""
        self._arrive("transfer")
        rung = self._videos[self._spec.media.url].rungs[offer.rung]
        _fail_next(rung.transfer_failures)
        total = sum(fake.source.stat().st_size for fake in rung.streams)
        parts: list[Part] = []
        for fake in rung.streams:
            parts.append(self._copy(fake))
            on_progress(TransferProgress(sum(part.size_bytes for part in parts), total, None))
        return parts

    def fetch_cover(self, offer: Offer) -> str | None:
        """See EngineRun."""
        self._arrive("cover")
        cover = self._videos[self._spec.media.url].cover
        if cover is None:
            return None
        return Path(shutil.copy(cover, self._spec.folder / f"cover{cover.suffix}")).name

    def run(self, argv: Sequence[str], *, folder: Path, timeout_seconds: float) -> Completed:
        """See EngineRun. Really runs the tool, without a cage."""
        self._arrive("run")
        if not argv or argv[0] not in self._tools:
            raise DownloadFailure("media_tool_failed", "not one of the configured tools")
        pipe = subprocess.PIPE
        process = subprocess.Popen(argv, cwd=folder, stdin=subprocess.DEVNULL, stdout=pipe, stderr=pipe)
        stdout, stderr = self._wait(process, timeout_seconds)
        return Completed(process.returncode, stdout, stderr[-16 * 1024 :])

    def kill(self) -> None:
        """See EngineRun."""
        self._cancelled.set()

    def __enter__(self) -> FakeRun:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        shutil.rmtree(self._spec.scratch, ignore_errors=True)

    def _arrive(self, what: str) -> None:
        if (hold := self._note(self._spec.media.url, what)) is not None:
            hold.wait(self._cancelled)
        self._require_wanted()

    def _require_wanted(self) -> None:
        if self._cancelled.is_set():
            raise CancelRequested

    def _copy(self, fake: FakeStream) -> Part:
        size = fake.source.stat().st_size
        target = self._spec.folder / f"{fake.stream.format_id}.{fake.stream.ext}"
        there = target.exists() and target.stat().st_size == size
        if not there:
            shutil.copyfile(fake.source, target)
        return Part(fake.stream, target.name, size, resumed_bytes=size if there else 0)

    def _wait(self, process: subprocess.Popen[bytes], timeout_seconds: float) -> tuple[bytes, bytes]:
        with process:
            waited = 0.0
            while True:
                try:
                    return process.communicate(timeout=_POLL_SECONDS * 4)
                except subprocess.TimeoutExpired:
                    waited += _POLL_SECONDS * 4
                if self._cancelled.is_set() or waited >= timeout_seconds:
                    process.kill()
                    self._require_wanted()
                    raise DownloadFailure("time_limit", f"{process.args!r}")


def _fail_next(failures: list[str]) -> None:
    if failures:
        raise DownloadFailure(failures.pop(0), "scripted")
