"""`yt-videos cookies`: what sites know us by."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer
from pydantic import TypeAdapter

from yt_videos_api.cli.installation import opened
from yt_videos_api.cli.options import JsonOption, print_json
from yt_videos_api.domain.cookiefiles import MOST_BYTES
from yt_videos_api.domain.errors import InvalidInput
from yt_videos_api.services.cookies import CookieJarView

app = typer.Typer(help="Cookies that jobs with --cookies use; never shown again.", no_args_is_help=True)

_jars = TypeAdapter(tuple[CookieJarView, ...])
SiteArgument = Annotated[str, typer.Argument(help="The site, e.g. youtube.com.")]


@app.command("list")
def list_(as_json: JsonOption = False) -> None:
    """Show for which sites there are cookies."""
    with opened() as container:
        jars = container.cookies.list()
    if as_json:
        print_json(_jars, jars)
        return
    for jar in jars:
        typer.echo(_line(jar))


@app.command()
def put(
    site: SiteArgument,
    file: Annotated[Path, typer.Argument(help="A Netscape cookie file; - reads it from standard input.")],
) -> None:
    """Keep the cookies of a site, encrypted, instead of those that were there."""
    text = _read(file)
    with opened() as container:
        typer.echo(_line(container.cookies.put(site, text)))


@app.command()
def delete(site: SiteArgument) -> None:
    """Forget the cookies of a site."""
    with opened() as container:
        container.cookies.delete(site)
    typer.echo(f"The cookies of {site} are forgotten.")


def _read(file: Path) -> str:
    """One byte more than is allowed is read, so that a larger file is refused as such."""
    try:
        if str(file) == "-":
            content = sys.stdin.buffer.read(MOST_BYTES + 1)
        else:
            with file.open("rb") as opened:
                content = opened.read(MOST_BYTES + 1)
        return content.decode()
    except OSError as error:
        raise InvalidInput(str(file), f"cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError:
        raise InvalidInput(str(file), "is not text in UTF-8.") from None


def _line(jar: CookieJarView) -> str:
    until = f", the first until {jar.expires_at:%Y-%m-%d}" if jar.expires_at else ""
    return f"{jar.site}: {jar.cookie_count} cookies{until}"
