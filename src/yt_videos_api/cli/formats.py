"""`yt-videos formats`: what a site offers at an address."""

from __future__ import annotations

import time
from typing import Annotated

import typer
from pydantic import TypeAdapter
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from yt_videos_api.cli.installation import opened
from yt_videos_api.cli.options import JsonOption, print_json
from yt_videos_api.domain.offers import Stream
from yt_videos_api.services.probes import ProbeView
from yt_videos_api.worker.process import working

LOOK_SECONDS = 0.1
WIDE = 200

_probe = TypeAdapter(ProbeView)


def formats(
    url: Annotated[str, typer.Argument(help="The address of one video, or a YouTube id.")], as_json: JsonOption = False
) -> None:
    """Show what a site offers. Exit 0 when it answered."""
    with opened() as container:
        probe = container.probes.ask(url)
        if probe.state == "queued":
            with working(container, threads=1):
                while probe.state == "queued":
                    time.sleep(LOOK_SECONDS)
                    probe = container.probes.ask(url)
    if as_json:
        print_json(_probe, probe)
    elif probe.error:
        typer.echo(f"{probe.url}: {probe.error.message} {probe.error.advice} [{probe.error.code}]", err=True)
    else:
        _print(probe)
    raise typer.Exit(0 if probe.state == "done" else 1)


def _print(probe: ProbeView) -> None:
    console = Console()
    if not console.is_terminal:
        console = Console(width=WIDE)  # nothing is cut for scripts and pagers
    if probe.video:
        console.print(escape(probe.video.title), highlight=False)
    table = Table("id", "kind", "picture", "fps", "codecs", "language", "bytes", "", box=None, pad_edge=False)
    for stream in probe.formats:
        table.add_row(*(escape(cell) for cell in _cells(stream)))
    console.print(table)
    for name, languages in (("Subtitles", probe.subtitles), ("Automatic subtitles", probe.automatic_subtitles)):
        if languages:
            console.print(escape(f"{name}: {', '.join(languages)}"), highlight=False)


def _cells(stream: Stream) -> tuple[str, ...]:
    size = f"{stream.width or '?'}x{stream.height}" if stream.height else ""
    codecs = "+".join(codec for codec in (stream.video_codec, stream.audio_codec) if codec)
    return (
        stream.format_id,
        stream.kind,
        size + (" HDR" if stream.hdr else ""),
        f"{stream.fps:g}" if stream.fps else "",
        codecs,
        stream.language or "",
        str(stream.size_bytes or ""),
        stream.note or "",
    )
