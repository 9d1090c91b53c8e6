"""The pattern by which published files are called, e.g. `{channel}/{upload_date} - {title} [{id}]`.

An operator's text, so it is read once and strictly; what comes of it with the words of a site is in domain/names.py.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from typing import NoReturn

from yt_videos_api.domain.errors import InvalidInput
from yt_videos_api.domain.safe_names import safe_text

FIELD = "YT_VIDEOS_NAME_TEMPLATE"
DEFAULT_TEXT = "{channel}/{upload_date} - {title} [{id}]"

_MOST_FOLDERS = 5
# With an id of 64 bytes, the marks of further renditions and all else, this leaves room for a piece of the title.
_MOST_LITERAL_BYTES = 40
_PIECE = re.compile(r"\{([^{}]*)\}|([^{}]+)|([{}])")
_OF_IDS = re.compile(r"[A-Za-z0-9_-]")


class Placeholder(Enum):
    """What a name can be made of."""

    CHANNEL = "channel"  # the site where there is none
    CHANNEL_ID = "channel_id"
    EXTRACTOR = "extractor"  # the site
    UPLOAD_DATE = "upload_date"  # 2024-01-31
    YEAR = "year"
    MONTH = "month"  # 01
    TITLE = "title"
    ID = "id"
    HEIGHT = "height"  # 1080p
    CONTAINER = "container"  # webm


Piece = str | Placeholder


@dataclass(frozen=True, slots=True)
class NameTemplate:
    """A template that was read: the pieces of its folders and of the file's name without extension."""

    text: str
    folders: tuple[tuple[Piece, ...], ...]
    stem: tuple[Piece, ...]

    @classmethod
    def parse(cls, text: str) -> NameTemplate:
        """Read a template. Raises InvalidInput that names the setting and says what is allowed."""
        *folders, stem = [_pieces(component) for component in text.split("/")]
        if not 1 <= len(folders) <= _MOST_FOLDERS:
            _refuse(f"must have one to {_MOST_FOLDERS} folders before the name, as in {DEFAULT_TEXT}.")
        if stem.count(Placeholder.ID) != 1:
            _refuse("must have {id} in its last part: it keeps two videos with one title apart.")
        _require_bounds(stem)
        return cls(text, tuple(folders), stem)


def _pieces(component: str) -> tuple[Piece, ...]:
    if not component:
        _refuse("must not be empty, nor begin or end with / or have two of them together.")
    pieces = tuple(_piece(match) for match in _PIECE.finditer(component))
    literals = [piece for piece in pieces if not isinstance(piece, Placeholder)]
    placeholders = [piece for piece in pieces if isinstance(piece, Placeholder)]
    if len(set(placeholders)) < len(placeholders):
        _refuse("must not name one thing twice in one part.")
    if len("".join(literals).encode()) > _MOST_LITERAL_BYTES:
        _refuse(f"has more than {_MOST_LITERAL_BYTES} bytes of text of its own in one part.")
    if component[0] in " .-~" or component[-1] in " .":
        _refuse("must have no part that begins with a space, a dot, - or ~, or ends with a space or dot.")
    return pieces


def _piece(match: re.Match[str]) -> Piece:
    name, literal, brace = match.groups()
    if brace:
        _refuse("has a { or } that belongs to nothing.")
    if literal is None:
        try:
            return Placeholder(name)
        except ValueError:
            allowed = ", ".join(f"{{{known.value}}}" for known in Placeholder)
            _refuse(f"has {{{name}}}, which is not known; there are: {allowed}.")
    text = str(literal)
    if safe_text(f"x{text}x") != f"x{text}x":
        _refuse(f"has {text!r}, which is not safe in names on every system.")
    return text


def _require_bounds(stem: tuple[Piece, ...]) -> None:
    """What stands beside the id must not look like a part of it."""
    at = stem.index(Placeholder.ID)
    before, after = stem[:at], stem[at + 1 :]
    if (before and _touches(before[-1], -1)) or (after and _touches(after[0], 0)):
        _refuse("must set {id} apart, as in [{id}].")


def _touches(piece: Piece, index: int) -> bool:
    return isinstance(piece, Placeholder) or bool(_OF_IDS.match(piece[index]))


def _refuse(problem: str) -> NoReturn:
    raise InvalidInput(FIELD, problem, code="name_template")


DEFAULT_TEMPLATE = NameTemplate.parse(DEFAULT_TEXT)
