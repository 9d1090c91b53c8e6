"""Where a page of a list ended, as a text that a client hands back. Opaque to it; anything else is refused."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from typing import NoReturn

from yt_videos_api.domain.errors import InvalidInput, NotFound
from yt_videos_api.services.ids import require_id

_LARGEST = 2**31 - 1  # what an INTEGER of PostgreSQL holds


def write_moment(moment: datetime, row_id: str) -> str:
    """Behind a row that is sorted by a moment, then by its id."""
    return _write(f"{moment.isoformat()} {row_id}")


def read_moment(cursor: str) -> tuple[datetime, str]:
    """The inverse of `write_moment`. Raises InvalidInput."""
    moment, _, row_id = _read(cursor).partition(" ")
    try:
        require_id(row_id, "no cursor of ours")
        return datetime.fromisoformat(moment).astimezone(UTC), row_id
    except (ValueError, OverflowError, NotFound):
        _refuse()


def write_number(number: int) -> str:
    """Behind a row that is sorted by a number that no other row has."""
    return _write(str(number))


def read_number(cursor: str) -> int:
    """The inverse of `write_number`. Raises InvalidInput."""
    return _number(_read(cursor))


def write_place(number: int, row_id: str) -> str:
    """Behind a row that is sorted by a number, then by its id."""
    return _write(f"{number} {row_id}")


def read_place(cursor: str) -> tuple[int, str]:
    """The inverse of `write_place`. Raises InvalidInput."""
    number, _, row_id = _read(cursor).partition(" ")
    try:
        require_id(row_id, "no cursor of ours")
    except NotFound:
        _refuse()
    return _number(number), row_id


def _number(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 11 and int(text) <= _LARGEST):
        _refuse()
    return int(text)


def _write(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode()


def _read(cursor: str) -> str:
    try:
        return base64.urlsafe_b64decode(cursor.encode()).decode()
    except ValueError:
        _refuse()


def _refuse() -> NoReturn:
    raise InvalidInput("cursor", "must be the next_cursor of an earlier page.", code="cursor") from None
