"""`yt-videos doctor`: what is good and what is missing on this system."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import typer
from pydantic import TypeAdapter
from rich.console import Console
from rich.table import Table

from yt_videos_api.apis.http import JsonClient
from yt_videos_api.bootstrap import build_container, trusted
from yt_videos_api.cage.gate import Gate
from yt_videos_api.cage.plain import PlainRunner
from yt_videos_api.config import Settings
from yt_videos_api.domain.errors import DownloadFailure, Misconfigured, Unavailable
from yt_videos_api.engine import impersonate, pot_provider
from yt_videos_api.engine.runtimes import find_js_runtime
from yt_videos_api.log import configure_logging
from yt_videos_api.media.tools import find_tools
from yt_videos_api.services.doctor import (
    Finding,
    Severity,
    examine_cage,
    examine_engine,
    examine_media,
    examine_python,
)
from yt_videos_api.services.doctor_sites import (
    examine_data_api,
    examine_impersonation,
    examine_javascript,
    examine_tokens,
)

_findings = TypeAdapter(list[Finding])
_MARKS = {Severity.OK: "[green]ok[/]", Severity.WARNING: "[yellow]warning[/]", Severity.ERROR: "[red]error[/]"}


def doctor(settings: Settings, *, as_json: bool) -> int:
    """Examine, say what was found, and return the exit code: 1 when something is broken."""
    configure_logging("error", as_json=settings.logs_json)
    findings = [
        examine_python(),
        *examine_engine(),
        _examine_runtime(settings),
        examine_impersonation(impersonate.installed_version(), usable=impersonate.available()),
        examine_data_api(has_key=settings.youtube_api_key is not None),
        *_examine_tools(settings),
        *examine_cage(),
    ]
    findings += _examine_installation(settings)
    if as_json:
        typer.echo(_findings.dump_json(findings, indent=2).decode())
    else:
        _print(findings)
    return 1 if any(finding.severity is Severity.ERROR for finding in findings) else 0


def _examine_runtime(settings: Settings) -> Finding:
    try:
        return examine_javascript(find_js_runtime(settings.js_runtime))
    except Misconfigured as error:
        return Finding("javascript", Severity.ERROR, f"{error}.")


def _examine_tokens(settings: Settings) -> Finding:
    tokens, url = len(settings.po_tokens), settings.po_provider_url
    plugin = pot_provider.installed_version()
    if url is None:
        return examine_tokens(by_hand=tokens, ping=None, plugin=plugin)
    with Gate(upstream=settings.upstream_proxy) as gate, JsonClient(gate, url, ca_file=trusted(settings)) as client:
        return examine_tokens(by_hand=tokens, ping=lambda: client.get("/ping", {}), plugin=plugin)


def _examine_tools(settings: Settings) -> list[Finding]:
    try:
        return examine_media(find_tools(settings.ffmpeg, settings.ffprobe), PlainRunner())
    except Misconfigured as error:
        return [Finding("ffmpeg", Severity.ERROR, f"{error}.")]


def _examine_installation(settings: Settings) -> Iterator[Finding]:
    try:
        container = build_container(settings)
    except (Misconfigured, Unavailable, DownloadFailure) as error:
        yield Finding("installation", Severity.ERROR, str(error))
        return
    with closing(container):
        yield _examine_tokens(settings)
        kind = "SQLite" if container.database.is_sqlite else "PostgreSQL"
        yield Finding("database", Severity.OK, f"{kind} answers.")
        problem = container.guard.problem()
        yield Finding("library", Severity.ERROR if problem else Severity.OK, problem or f"{container.library_root}.")
        free, reserve = container.library.free_bytes(), settings.disk_reserve_bytes
        enough = free >= reserve
        message = f"{free / 1e9:.1f} GB free, {reserve / 1e9:.1f} GB are kept in reserve."
        yield Finding(
            "disk", Severity.OK if enough else Severity.WARNING, message, "" if enough else "Free some space."
        )


def _print(findings: list[Finding]) -> None:
    table = Table(box=None, show_header=False, pad_edge=False)
    for finding in findings:
        table.add_row(_MARKS[finding.severity], finding.area, f"{finding.message} {finding.advice}".strip())
    Console().print(table)
