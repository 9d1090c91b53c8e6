"""All subcommands, and how their errors are said."""

from __future__ import annotations

import sys
from importlib.metadata import version as installed_version
from typing import Annotated

import typer

from yt_videos_api.bootstrap import open_database
from yt_videos_api.cli import archive as archiving
from yt_videos_api.cli import check as checking
from yt_videos_api.cli import cookies, formats, presets
from yt_videos_api.cli import doctor as examining
from yt_videos_api.cli import names as naming
from yt_videos_api.cli.options import JsonOption
from yt_videos_api.config import load_settings
from yt_videos_api.db import migrate as migrations
from yt_videos_api.domain.errors import Conflict, DownloadFailure, InvalidInput, Misconfigured, NotFound, Unavailable
from yt_videos_api.worker.process import run_worker

EXIT_COULD_NOT = 2

app = typer.Typer(
    name="yt-videos",
    help="Archive videos from YouTube and every other site yt-dlp knows.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

app.command()(archiving.archive)
app.command()(formats.formats)
app.add_typer(presets.app, name="presets")
app.add_typer(cookies.app, name="cookies")
app.add_typer(naming.app, name="names")


@app.callback()
def _common(
    version: Annotated[bool, typer.Option("--version", help="Print the version and end.", is_eager=True)] = False,
) -> None:
    if version:
        typer.echo(f"yt-videos {installed_version('yt-videos-api')}, yt-dlp {installed_version('yt-dlp')}")
        raise typer.Exit


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on. [YT_VIDEOS_HOST]")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on. [YT_VIDEOS_PORT]")] = None,
) -> None:
    """Start API and workers in this process."""
    # All other commands do without a web framework, and start a quarter sooner.
    from yt_videos_api.cli import serve as serving

    overrides = {"host": host, "port": port}
    serving.serve(load_settings(**{name: value for name, value in overrides.items() if value is not None}))


@app.command()
def worker() -> None:
    """Start a worker: any number of them, on any host that reaches the database and the library."""
    run_worker(load_settings())


@app.command()
def migrate() -> None:
    """Bring the database to the version this program needs."""
    settings = load_settings()
    settings.state_directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    database = open_database(settings)
    migrations.upgrade(database)
    database.close()
    typer.echo("The database is up to date.")


@app.command()
def check(
    quick: Annotated[bool, typer.Option("--quick", help="The database, and sizes.")] = False,
    deep: Annotated[bool, typer.Option("--deep", help="Read every file and compare its SHA-256.")] = False,
    repair: Annotated[bool, typer.Option("--repair", help="Mend what can be; no media is ever deleted.")] = False,
    subset: Annotated[str | None, typer.Option(help="n/t: only the n-th of t parts of the files, e.g. 1/7.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Prove that the archive is whole. Exit 0: it is; 1: it is not; 2: that could not be found out."""
    if quick and deep:
        raise InvalidInput("--quick", "and --deep exclude each other.")
    depth = "quick" if quick else "deep" if deep else "normal"
    raise typer.Exit(checking.check(load_settings(), depth, subset=subset, repair=repair, as_json=as_json))


@app.command()
def doctor(as_json: JsonOption = False) -> None:
    """Look at this system: tools, cages, database, library. Exit 0 unless something is broken."""
    raise typer.Exit(examining.doctor(load_settings(), as_json=as_json))


def main() -> None:
    """Entry point of the console script."""
    try:
        app()
    except (Misconfigured, InvalidInput, Conflict, NotFound, Unavailable) as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(EXIT_COULD_NOT)
    except DownloadFailure as failure:
        sys.stderr.write(f"{failure.kind.message} {failure.kind.advice}\n")
        sys.exit(EXIT_COULD_NOT)
