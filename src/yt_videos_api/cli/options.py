"""What several subcommands have in common."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from pydantic import TypeAdapter

JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for scripts.")]


def print_json(adapter: TypeAdapter[Any], value: Any) -> None:
    """Print `value` as JSON for scripts."""
    typer.echo(adapter.dump_json(value, indent=2).decode())
