"""What several subcommands have in common."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from pydantic import TypeAdapter, ValidationError

from yt_videos_api.api.wording import complaints
from yt_videos_api.domain.errors import InvalidInput

JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for scripts.")]


def print_json(adapter: TypeAdapter[Any], value: Any) -> None:
    """Print `value` as JSON for scripts."""
    typer.echo(adapter.dump_json(value, indent=2).decode())


def spoken_error(error: ValidationError) -> InvalidInput:
    """The first of the errors as one of ours."""
    first = complaints(error.errors())[0]
    return InvalidInput(first.field or "choices", first.message, code=first.code)
