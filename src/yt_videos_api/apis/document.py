"""Reading JSON of others, in which everything may be missing or of another kind."""

from __future__ import annotations

from typing import Any

TEXT_CHARACTERS = 1000


def member(document: Any, *names: str) -> Any:
    """What lies at the path `names`; None where there is no such thing."""
    for name in names:
        document = document.get(name) if isinstance(document, dict) else None
    return document


def text(value: Any) -> str | None:
    """A text that files and databases can hold: valid UTF-8 without NUL, at most 1000 characters; None for none."""
    if not isinstance(value, str):
        return None
    sound = value[:TEXT_CHARACTERS].replace("\0", "").encode("utf-8", "replace").decode("utf-8")
    return sound.strip() or None


def count(value: Any) -> int | None:
    """A count, also where it is written as text; None for anything else."""
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) <= 9:
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**9 else None


def seconds(value: Any) -> float | None:
    """A length or position; None for what is none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if 0 <= value < 10**9 else None  # which neither NaN nor infinity is
