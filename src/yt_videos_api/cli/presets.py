"""`yt-videos presets`: sets of choices under a name."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer
from pydantic import TypeAdapter, ValidationError

from yt_videos_api.api.schemas import NewPreset
from yt_videos_api.cli.installation import opened
from yt_videos_api.cli.options import JsonOption, print_json, spoken_error
from yt_videos_api.domain.errors import InvalidInput
from yt_videos_api.services.presets import PresetView

app = typer.Typer(help="Sets of choices under a name, for `archive --preset`.", no_args_is_help=True)

_preset, _presets = TypeAdapter(PresetView), TypeAdapter(tuple[PresetView, ...])
NameArgument = Annotated[str, typer.Argument(help="Lower-case letters, digits and hyphens.")]


@app.command("list")
def list_(as_json: JsonOption = False) -> None:
    """Show all presets."""
    with opened() as container:
        found = container.presets.list()
    if as_json:
        print_json(_presets, found)
        return
    width = max(len(preset.name) for preset in found)
    for preset in found:
        typer.echo(f"{preset.name:{width}}  {preset.description}")


@app.command()
def show(name: NameArgument) -> None:
    """Show one preset as JSON."""
    with opened() as container:
        print_json(_preset, container.presets.get(name))


@app.command()
def save(
    name: NameArgument,
    choices: Annotated[str, typer.Argument(help="""As in POST /jobs: '{"quality": "480p"}'.""")],
    description: Annotated[str, typer.Option(help="One sentence.")] = "",
) -> None:
    """Save choices under a name, instead of what was there."""
    body = _read(choices, description)
    body.require_consistent()
    with opened() as container:
        print_json(_preset, container.presets.replace(name, body.description, body.choices.given()))


@app.command()
def delete(name: NameArgument) -> None:
    """Forget a preset."""
    with opened() as container:
        container.presets.delete(name)
    typer.echo(f"The preset {name} is forgotten.")


def _read(choices: str, description: str) -> NewPreset:
    try:
        told: Any = json.loads(choices)
        return NewPreset.model_validate({"description": description, "choices": told})
    except (json.JSONDecodeError, RecursionError):
        raise InvalidInput("choices", "must be a JSON object.") from None
    except ValidationError as error:
        raise spoken_error(error) from None
