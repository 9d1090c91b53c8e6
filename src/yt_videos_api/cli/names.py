"""`yt-videos names`: what archived files are called."""

from __future__ import annotations

from typing import Annotated

import typer
from pydantic import TypeAdapter

from yt_videos_api.cli.installation import opened
from yt_videos_api.cli.options import JsonOption, print_json
from yt_videos_api.domain.name_template import NameTemplate
from yt_videos_api.services.naming import NamePreview, preview_names

app = typer.Typer(help="What archived files are called.", no_args_is_help=True)

_previews = TypeAdapter(tuple[NamePreview, ...])
_NOTHING_RENAMED = "Nothing was renamed. A template names what is archived from now on; what is there keeps its name."


@app.command()
def preview(
    template: Annotated[str | None, typer.Argument(help="A template to try. [YT_VIDEOS_NAME_TEMPLATE]")] = None,
    video: Annotated[str | None, typer.Option(help="Only this video, by its id.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Show what videos would be called by a template."""
    tried = None if template is None else NameTemplate.parse(template)
    with opened() as container:
        chosen = tried or container.settings.name_template
        previews = preview_names(container.database, chosen, video)
    if as_json:
        print_json(_previews, previews)
        return
    for shown in previews:
        typer.echo(f"{shown.path or '(an example)'}\n  -> {shown.would_be}\n   + {shown.another_rendition}")
    typer.echo(_NOTHING_RENAMED, err=True)
