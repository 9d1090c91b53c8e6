"""The port of the engine: one run archives one video through the rungs of the client ladder, in a process of its own.

The engine decides nothing. The services ask it to extract with a rung, look at the offer, and ask it to transfer one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Protocol
from urllib.parse import urlsplit

from yt_videos_api.cage.base import Completed
from yt_videos_api.domain.choices import Browser
from yt_videos_api.domain.errors import Misconfigured
from yt_videos_api.domain.hosts import normalise_host
from yt_videos_api.domain.ladder import SkipReason
from yt_videos_api.domain.lists import ListEntry, ListFacts
from yt_videos_api.domain.offers import FetchedSubtitle, Look, MediaRequest, Offer, Part

# A rung that asks no site: it offers what was recorded of a live stream into the run's folder, as it is. The last
# resort when the site offers nothing more; an UnknownRung when nothing was recorded.
RECORDED_RUNG = "recorded"

_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class RunLimits:
    """Bounds on one run; the kernel enforces them (RLIMIT_*), the clock is ours."""

    wall_seconds: float = 6 * 3600
    file_bytes: int = 64 * 2**30  # RLIMIT_FSIZE
    data_bytes: int = 2 * 2**30  # RLIMIT_DATA; below 1 GiB deno and ffmpeg fail
    stall_seconds: float = 60  # no transfer progress for this long ends the transfer
    floor_bytes_per_second: int = 1024  # slower than this over stall_seconds counts as a stall


@dataclass(frozen=True, slots=True)
class JsRuntime:
    """A JavaScript runtime that solves YouTube's challenges."""

    name: str  # yt-dlp's word: deno, node, quickjs
    path: Path
    version: str = ""  # for people


@dataclass(frozen=True, slots=True)
class SiteAids:
    """What an installation has to get along with sites; the same for all of its runs."""

    js_runtime: JsRuntime | None = None
    po_tokens: tuple[str, ...] = field(default=(), repr=False)  # "CLIENT.CONTEXT+TOKEN", e.g. "web.gvs+..."; secret
    po_provider_url: str | None = None  # of a bgutil server, which the operator trusts

    @property
    def exceptions(self) -> frozenset[tuple[str, int]]:
        """What the gate has to let runs for YouTube out to (GateSession): the provider, wherever it is.

        Raises Misconfigured when its address is not of the form http(s)://host[:port][/path].
        """
        if self.po_provider_url is None:
            return frozenset()
        try:
            parts = urlsplit(self.po_provider_url)
            host, port = normalise_host(parts.hostname or ""), parts.port or _PORTS[parts.scheme]
        except (ValueError, KeyError):
            raise Misconfigured("YT_VIDEOS_PO_PROVIDER_URL is not of the form http://host:port") from None
        return frozenset({(host, port)})


@dataclass(frozen=True, slots=True)
class Access:
    """How one run presents itself to sites."""

    cookies: str | None = field(default=None, repr=False)  # a Netscape cookie file; secret
    browser: Browser | None = None  # to imitate


@dataclass(frozen=True, slots=True)
class RunSpec:
    """Everything a run may touch."""

    media: MediaRequest
    folder: Path  # staging folder of the download: parts are kept here and resumed from here
    scratch: Path  # HOME, TMPDIR and caches of the process; deleted with the run
    proxy_url: str  # the egress gate, credential included
    ca_file: Path | None  # PEM bundle to trust; None: certifi's
    lock_fd: int | None = None  # descriptor of the staging lock; every process of the run inherits it
    limits: RunLimits = RunLimits()
    access: Access = Access()


@dataclass(frozen=True, slots=True)
class TransferProgress:
    """How far a transfer is. Monotone in `done_bytes` within one `transfer` call."""

    done_bytes: int
    total_bytes: int | None  # an estimate while sizes are unknown
    bytes_per_second: float | None


class EngineRun(Protocol):
    """One process group working for one run.

    A context manager: leaving it kills the group and all that was started by it, and waits for their end. Raises
    DownloadFailure("engine_crashed") when they do not end: then nobody knows who still writes into the folder.
    """

    @property
    def group(self) -> int:
        """Process group id, for whoever has to kill it after a crash of ours."""

    def extract(self, rung: str) -> Offer:
        """Ask the site, as the player client `rung` ("default": yt-dlp's own choice), and pick streams.

        Raises DownloadFailure; its code tells whether the next rung may help. Raises UnknownRung for a client that this
        yt-dlp does not have, or that takes no cookies when there are those of an account.
        """

    def transfer(self, offer: Offer, on_progress: Callable[[TransferProgress], None]) -> list[Part]:
        """Fetch the streams of an offer made by this run into the staging folder, resuming what lies there.

        Raises DownloadFailure: "incomplete" when the site promised more bytes than it sent, "forbidden", "stalled", ...
        What `on_progress` raises comes out and ends the run: it can do nothing more.
        """

    def fetch_cover(self, offer: Offer) -> str | None:
        """Fetch the offer's thumbnail into the staging folder; its file name, or None when there is none to be had.

        Never raises for what the site does: a video without a cover is still a video.
        """

    def fetch_subtitles(
        self, offer: Offer, languages: Sequence[str], *, automatic: bool
    ) -> tuple[FetchedSubtitle, ...]:
        """Fetch the offer's subtitles in `languages` (domain/languages.py) into the staging folder.

        Of one language the site's own come before automatic ones, which are only looked at when `automatic`. What
        cannot be fetched or is no text track is left out; raises DownloadFailure only when the site pushes back or is
        away ("rate_limited", "network", ...).
        """

    def fetch_info(self, offer: Offer) -> str | None:
        """Write what yt-dlp knows of the offer as JSON into the staging folder, without addresses of media, headers,
        cookies and tokens; its file name, or None when it is too large to be of use.
        """

    def look(self, url: str | None = None) -> Look:
        """What the site says of the video at `url` (default: the run's own), by the site's default client.

        Raises DownloadFailure; of a live stream or premiere it tells like of any video.
        """

    def open_list(self, url: str) -> ListFacts:
        """Begin to list what is at `url`, which must be a list; nothing but its first page is fetched.

        Raises DownloadFailure: "not_a_list" when it is a single video or an empty page, "list_unavailable" when the
        site says that there is no such list (any more) or that it is private.
        """

    def next_entries(self) -> tuple[ListEntry, ...]:
        """The next entries of the list that was opened last, at most ENTRIES_AT_ONCE; empty at its end.

        Fetches further pages as needed; memory does not grow with the list. Raises DownloadFailure when the site breaks
        off: a list is never told to end before its end.
        """

    def run(self, argv: Sequence[str], *, folder: Path, timeout_seconds: float) -> Completed:
        """Run a media tool inside the cage of this run (see cage.base.ToolRunner)."""

    def kill(self) -> None:
        """Kill the whole group now, from any thread. Calls under way raise CancelRequested. Safe to repeat."""

    def __enter__(self) -> EngineRun: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class Engine(Protocol):
    """Starts runs."""

    def open(self, spec: RunSpec) -> EngineRun:
        """Start the process of one run.

        Raises DownloadFailure: "engine_crashed" when it cannot be started, "no_space" or "library_unavailable" when its
        folder cannot be written.
        """

    def version(self) -> str:
        """The version of yt-dlp."""

    def impersonation_available(self) -> bool:
        """Whether runs of this process can imitate browsers (`Access.browser`)."""

    def stop_when_idle(self, idle_seconds: float) -> None:
        """Give back the memory of the warm processes when no run was open for `idle_seconds`. Called now and then."""

    def close(self) -> None:
        """Kill everything that was started."""


class UnknownRung(Exception):
    """A rung that cannot be asked, or not in this run."""

    def __init__(self, rung: str, reason: SkipReason) -> None:
        super().__init__(f"{rung}: {reason}")
        self.reason = reason
