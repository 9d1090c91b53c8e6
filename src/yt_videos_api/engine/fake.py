"""An engine without a network: it offers what it is told and copies real files into staging.

For tests of everything above the engine; it passes the same contract as the real one.
"""

from __future__ import annotations

import json
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
from yt_videos_api.domain.ladder import SkipReason
from yt_videos_api.domain.languages import choose
from yt_videos_api.domain.lists import ENTRIES_AT_ONCE, ListEntry, ListFacts
from yt_videos_api.domain.offers import FetchedSubtitle, Look, MediaRequest, Offer, Part, Stream, VideoFacts

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


@dataclass(frozen=True, slots=True)
class FakeSubtitle:
    """A subtitle track and its text, which is WebVTT already."""

    language: str
    text: str
    automatic: bool = False


@dataclass(slots=True)
class FakeVideo:
    """What a site knows of one address. A rung that is not named here is unknown."""

    facts: VideoFacts
    rungs: Mapping[str, FakeRung]
    cover: Path | None = None
    subtitles: tuple[FakeSubtitle, ...] = ()
    subtitle_failures: list[str] = field(default_factory=list)
    info: Mapping[str, object] | None = None  # what `fetch_info` writes
    look_failures: list[str] = field(default_factory=list)


@dataclass(slots=True)
class FakeList:
    """A list at one address, in its order; may be changed between two runs."""

    facts: ListFacts
    entries: Sequence[ListEntry]
    open_failures: list[str] = field(default_factory=list)
    breaks: list[tuple[int, str]] = field(default_factory=list)  # after how many entries, with which code; each once


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
    """See cage.runs.Engine. `calls` is what runs were asked for, as (address, what).

    `videos` by address, a video of a page with several ones by `address#index`; `lists` by address.
    """

    def __init__(
        self,
        videos: Mapping[str, FakeVideo],
        *,
        tools: Sequence[Path] = (),
        lists: Mapping[str, FakeList] | None = None,
    ) -> None:
        self._videos = videos
        self._lists = lists if lists is not None else {}
        self._tools = tuple(str(tool) for tool in tools)
        self._holds: dict[tuple[str, str], Hold] = {}
        self._runs: list[FakeRun] = []
        self.calls: list[tuple[str, str]] = []

    def hold(self, url: str, what: str) -> Hold:
        """Make runs for `url` wait when they are asked for `what`.

        That is "extract", "transfer", "cover", "subtitles", "info", "run", or, with the address that is asked about,
        "look", "list" and "entries".
        """
        return self._holds.setdefault((url, what), Hold())

    def open(self, spec: RunSpec) -> FakeRun:
        """See Engine."""
        run = FakeRun(self._videos, self._lists, spec, self._tools, self._note)
        self._runs.append(run)
        return run

    def version(self) -> str:
        """See Engine."""
        return "fake"

    def impersonation_available(self) -> bool:
        """See Engine."""
        return True

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
        lists: Mapping[str, FakeList],
        spec: RunSpec,
        tools: Sequence[str],
        note: Callable[[str, str], Hold | None],
    ) -> None:
        self._videos = videos
        self._lists = lists
        self._listing: FakeListing | None = None
        self._spec = spec
        self._tools = tools
        self._note = note
        self._cancelled = threading.Event()
        self.group = _NO_GROUP
        spec.scratch.mkdir(parents=True, exist_ok=True)

    def extract(self, rung: str) -> Offer:
        """See EngineRun. An address that is in no script is "unsupported_url"."""
        self._arrive("extract")
        video = self._video()
        if rung not in video.rungs:
            raise UnknownRung(rung, SkipReason.UNKNOWN_CLIENT)
        _fail_next(video.rungs[rung].extract_failures)
        return Offer(rung, video.facts, tuple(fake.stream for fake in video.rungs[rung].streams))

    def transfer(self, offer: Offer, on_progress: Callable[[TransferProgress], None]) -> list[Part]:
        """See EngineRun."""
        self._arrive("transfer")
        rung = self._video().rungs[offer.rung]
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
        cover = self._video().cover
        if cover is None:
            return None
        return Path(shutil.copy(cover, self._spec.folder / f"cover{cover.suffix}")).name

    def fetch_subtitles(
        self, offer: Offer, languages: Sequence[str], *, automatic: bool
    ) -> tuple[FetchedSubtitle, ...]:
        """See EngineRun."""
        self._arrive("subtitles")
        video = self._video()
        _fail_next(video.subtitle_failures)
        own = [subtitle for subtitle in video.subtitles if not subtitle.automatic]
        known = {subtitle.language for subtitle in own}
        offered = own + [
            each for each in video.subtitles if automatic and each.automatic and each.language not in known
        ]
        wanted = choose([subtitle.language for subtitle in offered], languages)
        return tuple(self._store(subtitle) for subtitle in offered if subtitle.language in wanted)

    def fetch_info(self, offer: Offer) -> str | None:
        """See EngineRun."""
        self._arrive("info")
        info = self._video().info
        if info is None:
            return None
        path = self._spec.folder / "info.json"
        path.write_text(json.dumps(info))
        return path.name

    def look(self, url: str | None = None) -> Look:
        """See EngineRun. The formats are those of all rungs."""
        self._arrive("look", url)
        video = self._video(url)
        _fail_next(video.look_failures)
        streams = (fake.stream for rung in video.rungs.values() for fake in rung.streams)
        return Look(
            facts=video.facts,
            formats=tuple({stream.format_id: stream for stream in streams}.values()),
            subtitle_languages=tuple(each.language for each in video.subtitles if not each.automatic),
            automatic_languages=tuple(each.language for each in video.subtitles if each.automatic),
        )

    def open_list(self, url: str) -> ListFacts:
        """See EngineRun. The address of a video is "not_a_list", one that is in no script "list_unavailable"."""
        self._arrive("list", url)
        if url not in self._lists:
            raise DownloadFailure("not_a_list" if url in self._videos else "list_unavailable")
        _fail_next(self._lists[url].open_failures)
        self._listing = FakeListing(url, self._lists[url])
        return self._lists[url].facts

    def next_entries(self) -> tuple[ListEntry, ...]:
        """See EngineRun."""
        if self._listing is None:
            raise DownloadFailure("engine_crashed", "no list was opened")
        self._arrive("entries", self._listing.url)
        return self._listing.next_entries()

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

    def _video(self, url: str | None = None) -> FakeVideo:
        video = self._videos.get(_key(self._spec.media) if url is None else url)
        if video is None:
            raise DownloadFailure("unsupported_url")
        return video

    def _store(self, subtitle: FakeSubtitle) -> FetchedSubtitle:
        path = self._spec.folder / f"subtitle.{subtitle.language}.vtt"
        path.write_text(subtitle.text)
        return FetchedSubtitle(subtitle.language, subtitle.automatic, path.name)

    def _arrive(self, what: str, url: str | None = None) -> None:
        if (hold := self._note(url or self._spec.media.url, what)) is not None:
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


class FakeListing:
    """A list that was opened, and how far it has been read."""

    def __init__(self, url: str, fake: FakeList) -> None:
        self.url = url
        self._fake = fake
        self._entries = tuple(fake.entries)  # of a site, too, later pages are those of the list that was opened
        self._told = 0

    def next_entries(self) -> tuple[ListEntry, ...]:
        """See EngineRun."""
        end = self._told + ENTRIES_AT_ONCE
        for break_ in self._fake.breaks:
            after, code = break_
            if after == self._told:
                self._fake.breaks.remove(break_)
                raise DownloadFailure(code, "scripted")
            if self._told < after < end:
                end = after
        entries = self._entries[self._told : end]
        self._told += len(entries)
        return entries


def _key(media: MediaRequest) -> str:
    return media.url if media.entry_index is None else f"{media.url}#{media.entry_index}"


def _fail_next(failures: list[str]) -> None:
    if failures:
        raise DownloadFailure(failures.pop(0), "scripted")
