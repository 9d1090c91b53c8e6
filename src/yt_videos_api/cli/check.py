"""`yt-videos check`: the archive proves itself."""

from __future__ import annotations

import re

import typer
from pydantic import TypeAdapter

from yt_videos_api.bootstrap import build_container
from yt_videos_api.config import Settings
from yt_videos_api.domain.errors import InvalidInput
from yt_videos_api.log import configure_logging
from yt_videos_api.services.check import Depth, Report

_report = TypeAdapter(Report)


def check(settings: Settings, depth: str, *, subset: str | None, repair: bool, as_json: bool) -> int:
    """Check, say what was found, and return the exit code."""
    configure_logging("error", as_json=settings.logs_json)
    container = build_container(settings)
    try:
        report = container.checker.check(Depth(depth), subset=_parse_subset(subset), repair=repair)
    finally:
        container.close()
    typer.echo(_report.dump_json(report, indent=2).decode() if as_json else _text(report))
    return 1 if any(not violation.repaired for violation in report.violations) else 0


def _parse_subset(text: str | None) -> tuple[int, int] | None:
    if text is None:
        return None
    match = re.fullmatch(r"(\d{1,6})/(\d{1,6})", text)
    if match is None or not 1 <= int(match[1]) <= int(match[2]):
        raise InvalidInput("--subset", "must be n/t with n from 1 to t, e.g. 1/7.")
    return int(match[1]), int(match[2])


def _text(report: Report) -> str:
    lines = [
        f"{violation.invariant} {violation.subject}: {violation.message}"
        + (" Repaired:" if violation.repaired else "")
        + f" {violation.advice}"
        for violation in report.violations
    ]
    if not lines:
        lines.append("Clean.")
    read = f"{report.bytes_hashed} bytes read" if report.bytes_hashed else "sizes compared; --deep reads every byte"
    lines.append(f"{report.files_checked} files, {read}.")
    return "\n".join(lines)
