"""From settings to a program that can run: the only place that builds adapters."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, partial
from importlib.metadata import version
from pathlib import Path

from yt_videos_api.apis.http import JsonClient
from yt_videos_api.apis.sponsorblock import SponsorBlock
from yt_videos_api.apis.youtube_data import YouTubeData
from yt_videos_api.cage.ca import write_ca_bundle
from yt_videos_api.cage.gate import Gate
from yt_videos_api.cage.machine import this_machine
from yt_videos_api.cage.plain import PlainRunner
from yt_videos_api.cage.runs import Engine, RunLimits, SiteAids
from yt_videos_api.config import Settings
from yt_videos_api.db import migrate
from yt_videos_api.db.engine import Database
from yt_videos_api.dispatch.local import LocalAnnouncer
from yt_videos_api.domain.choices import SponsorBlockCategory
from yt_videos_api.domain.errors import DownloadFailure, Misconfigured
from yt_videos_api.domain.offers import Chapter
from yt_videos_api.domain.states import WorkKind
from yt_videos_api.engine import impersonate
from yt_videos_api.engine.runtimes import find_js_runtime
from yt_videos_api.engine.ytdlp import YtDlpEngine
from yt_videos_api.events.base import ProgressBoard
from yt_videos_api.events.database import DatabaseProgressBoard, open_sqlite_board
from yt_videos_api.media.tools import Tools, find_tools
from yt_videos_api.media.versions import versions
from yt_videos_api.services.archive import Archiver
from yt_videos_api.services.beside import Marks
from yt_videos_api.services.check import Checker
from yt_videos_api.services.cookies import Cookies
from yt_videos_api.services.downloads import LostFiles
from yt_videos_api.services.enrich import Enricher
from yt_videos_api.services.errands import Errand, Errands
from yt_videos_api.services.expand import Expander
from yt_videos_api.services.faults import FaultPlan, parse_faults
from yt_videos_api.services.health import HealthCheck
from yt_videos_api.services.housekeeping import Housekeeping
from yt_videos_api.services.installation import LibraryGuard, find_library_location, holds_other_files, tie_library
from yt_videos_api.services.items import Items
from yt_videos_api.services.jobs import Jobs
from yt_videos_api.services.leases import Leases
from yt_videos_api.services.means import MeansBook
from yt_videos_api.services.playlists import Playlists
from yt_videos_api.services.presets import Presets
from yt_videos_api.services.probe import Prober
from yt_videos_api.services.probes import Probes
from yt_videos_api.services.produce import Adapters, ArchiveRules
from yt_videos_api.services.publish import Publisher
from yt_videos_api.services.quota import ApiQuota
from yt_videos_api.services.sources import DataApi, ListSources
from yt_videos_api.services.submit import Submission, UrlRules
from yt_videos_api.services.trash import Trash
from yt_videos_api.services.vault import Vault, open_vault
from yt_videos_api.services.visit import Visitor
from yt_videos_api.storage.local import LocalLibrary
from yt_videos_api.storage.staging import Staging

PREFERRED_LIBRARY = Path("/mnt/media/youtube")


@dataclass(frozen=True)
class Container:
    """Everything an API process, a command or a worker needs. Close it."""

    settings: Settings
    database: Database
    library: LocalLibrary
    library_root: Path
    staging: Staging
    guard: LibraryGuard
    lost_files: LostFiles
    trash: Trash
    progress: ProgressBoard
    announcer: LocalAnnouncer
    faults: FaultPlan
    submission: Submission
    jobs: Jobs
    items: Items
    playlists: Playlists
    presets: Presets
    cookies: Cookies
    probes: Probes
    quota: ApiQuota
    checker: Checker
    health: HealthCheck
    impersonation_available: bool  # whether curl_cffi is installed

    def close(self) -> None:
        """Let go of files and connections."""
        self.progress.close()
        self.database.close()


@dataclass(frozen=True)
class WorkerParts:
    """What a process that archives needs beyond the container. Close it before the container."""

    leases: Leases
    archiver: Archiver
    errands: Errands
    housekeeping: Housekeeping
    engine: Engine
    gate: Gate

    def close(self) -> None:
        """Kill every process that was started and close the gate."""
        self.engine.close()
        self.gate.close()


def build_container(settings: Settings) -> Container:
    """Open the database and the library. Raises Misconfigured when they cannot be used as they are."""
    state = _prepare_state_directory(settings)
    vault = _open_vault(settings)
    database = open_database(settings)
    migrate.prepare(database, state)
    root = _library_root(settings, database)
    library, staging = LocalLibrary(root), Staging(root / ".staging")
    uuid = tie_library(database, library, str(root), holds_other_files=lambda: holds_other_files(root))
    progress = (
        open_sqlite_board(state / "progress.db")
        if settings.embedded
        else DatabaseProgressBoard(database.engine, owned=False)
    )
    announcer = LocalAnnouncer()
    faults = FaultPlan(parse_faults(settings.faults) if settings.testing else ())
    rules = UrlRules(settings.egress_ports, settings.egress_allow)
    guard = LibraryGuard(library, uuid)
    lost_files = LostFiles(database, library, guard)
    cookies = Cookies(database, vault)
    quota = ApiQuota(database)
    return Container(
        settings=settings,
        database=database,
        library=library,
        library_root=root,
        staging=staging,
        guard=guard,
        lost_files=lost_files,
        trash=Trash(database, library, guard, kept_seconds=settings.trash_days * 86400),
        progress=progress,
        announcer=announcer,
        faults=faults,
        submission=Submission(database, lost_files, announcer, url_rules=rules, faults=faults, has_cookies=cookies.has),
        jobs=Jobs(database, progress, announcer),
        items=Items(database, progress),
        playlists=Playlists(database),
        quota=quota,
        presets=Presets(database),
        cookies=cookies,
        probes=Probes(database, announcer, url_rules=rules, cache_seconds=settings.formats_cache_seconds),
        checker=Checker(database, library, staging, guard),
        health=HealthCheck(
            database,
            library,
            guard,
            location=str(root),
            reserve_bytes=settings.disk_reserve_bytes,
            lease_seconds=settings.lease_seconds,
            version=version("yt-videos-api"),
            tools=cache(lambda: tool_versions(settings)),
            youtube_api=quota.view if settings.youtube_api_key else None,
        ),
        impersonation_available=impersonate.available(),
    )


def build_worker(container: Container) -> WorkerParts:
    """Everything that archives: the engine, its cage and its gate. Nothing is started but the gate."""
    settings = container.settings
    tools = find_tools(settings.ffmpeg, settings.ffprobe)
    aids = SiteAids(find_js_runtime(settings.js_runtime), settings.po_tokens, settings.po_provider_url)
    gate = Gate(
        exceptions=settings.egress_allow,
        allowed_ports=settings.egress_ports,
        upstream=settings.upstream_proxy,
    )
    gate.start()
    engine = YtDlpEngine(tools=(tools.ffmpeg, tools.ffprobe), gate_port=gate.port, aids=aids)
    leases = Leases(container.database, this_machine(), lease_seconds=settings.lease_seconds)
    rules = _rules(settings)
    adapters = Adapters(
        container.database,
        engine,
        gate,
        container.library,
        container.staging,
        tools,
        container.progress,
        container.lost_files,
        MeansBook(container.cookies.find, settings.proxies, aids.exceptions),
        partial(_marks, settings, gate, rules.ca_file),
    )
    housekeeping = Housekeeping(
        container.database,
        container.library,
        container.staging,
        container.trash,
        keep_failed_seconds=settings.keep_failed_hours * 3600,
    )
    archiver = Archiver(adapters, leases, rules, container.faults)
    errands = Errands(container.database, leases, _errands(container, adapters, rules))
    return WorkerParts(leases, archiver, errands, housekeeping, engine, gate)


def _errands(container: Container, adapters: Adapters, rules: ArchiveRules) -> Mapping[WorkKind, Errand]:
    database, faults = container.database, container.faults
    visitor = Visitor(adapters, rules)
    sources = ListSources(visitor, _data_api(container, adapters.gate, rules.ca_file))
    publisher = Publisher(database, container.library, faults, names=rules.names)
    return {
        WorkKind.EXPAND: Expander(
            database, sources, container.announcer, container.lost_files, container.trash, faults
        ),
        WorkKind.PROBE: Prober(database, visitor),
        WorkKind.ENRICH: Enricher(adapters, visitor, rules, publisher, faults),
    }


def _marks(settings: Settings, gate: Gate, ca_file: Path | None, upstream: str | None) -> Marks:
    def marks(
        video_id: str, categories: Sequence[SponsorBlockCategory], duration_seconds: float | None
    ) -> tuple[Chapter, ...]:
        with JsonClient(gate, settings.sponsorblock_url, ca_file=ca_file, upstream=upstream) as client:
            return SponsorBlock(client).marks(video_id, categories, duration_seconds)

    return marks


def _data_api(container: Container, gate: Gate, ca_file: Path | None) -> DataApi | None:
    """The YouTube Data API, where there is a key for it."""
    settings, quota = container.settings, container.quota
    key = settings.youtube_api_key
    if key is None:
        return None

    @contextmanager
    def connect(upstream: str | None) -> Iterator[YouTubeData]:
        with JsonClient(gate, settings.youtube_api_url, ca_file=ca_file, upstream=upstream) as client:
            yield YouTubeData(client, key, quota.spend)

    return DataApi(connect, quota.exhausted, quota.record)


def open_database(settings: Settings) -> Database:
    """The database, as it is: not migrated."""
    url = settings.database_url or f"sqlite:///{settings.state_directory / 'yt-videos.db'}"
    return Database(url, pool_size=2 * settings.workers + 8)


def tool_versions(settings: Settings) -> dict[str, str]:
    """Versions of what the archive is made with; a tool that is missing says so."""
    found = {"yt-dlp": version("yt-dlp")}
    try:
        tools: Tools = find_tools(settings.ffmpeg, settings.ffprobe)
        return found | {tool.tool: tool.text for tool in versions(tools, PlainRunner())}
    except (Misconfigured, DownloadFailure) as error:
        return found | {"ffmpeg": f"missing: {error}"}


def trusted(settings: Settings) -> Path | None:
    """PEM file of the authorities to trust, made anew; None for the usual ones. The state directory must be there."""
    return write_ca_bundle(settings.ca_bundle, settings.state_directory) if settings.ca_bundle else None


def _rules(settings: Settings) -> ArchiveRules:
    limits = RunLimits(
        wall_seconds=settings.run_timeout_seconds,
        file_bytes=settings.max_file_bytes,
        stall_seconds=settings.stall_seconds,
    )
    return ArchiveRules(
        settings.player_clients,
        limits,
        trusted(settings),
        settings.disk_reserve_bytes,
        settings.live_max_seconds,
        settings.live_wait_hours * 3600,
        settings.name_template,
    )


def _open_vault(settings: Settings) -> Vault:
    """A key that the operator names is theirs to make: one made here would be a different one on every host."""
    named = settings.secret_key_file
    return open_vault(named or settings.state_directory / "secret.key", may_create=named is None)


def _prepare_state_directory(settings: Settings) -> Path:
    state = settings.state_directory
    try:
        state.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise Misconfigured(f"YT_VIDEOS_STATE_DIRECTORY: {state} cannot be made: {error.strerror}.") from error
    if not os.access(state, os.W_OK | os.X_OK):
        raise Misconfigured(f"YT_VIDEOS_STATE_DIRECTORY: {state} cannot be written by this user.")
    return state


def _library_root(settings: Settings, database: Database) -> Path:
    known = find_library_location(database)
    root = settings.output_directory or (Path(known) if known else _default_library())
    root = root.expanduser().absolute()
    if settings.embedded and settings.state_directory.absolute().is_relative_to(root):
        raise Misconfigured("YT_VIDEOS_STATE_DIRECTORY must not lie inside the library (YT_VIDEOS_OUTPUT_DIRECTORY).")
    try:
        root.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Misconfigured(f"YT_VIDEOS_OUTPUT_DIRECTORY: {root} cannot be made: {error.strerror}.") from error
    if not os.access(root, os.W_OK | os.X_OK):
        raise Misconfigured(f"YT_VIDEOS_OUTPUT_DIRECTORY: {root} cannot be written by this user.")
    return root.resolve()


def _default_library() -> Path:
    if PREFERRED_LIBRARY.is_dir() and os.access(PREFERRED_LIBRARY, os.W_OK | os.X_OK):
        return PREFERRED_LIBRARY
    return _videos_folder() / "youtube"


def _videos_folder() -> Path:
    """The user's video folder, as the desktop knows it (xdg-user-dirs), else ~/Videos."""
    config = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "user-dirs.dirs"
    try:
        lines = config.read_text().splitlines()
    except OSError:
        lines = []
    for line in lines:
        name, _, value = line.partition("=")
        if name.strip() == "XDG_VIDEOS_DIR" and value.strip('"') not in ("", "$HOME/"):
            return Path(value.strip('"').replace("$HOME", str(Path.home())))
    return Path.home() / "Videos"
