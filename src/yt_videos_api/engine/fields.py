"""Reading typed fields out of a message that may be hostile."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

from yt_videos_api.engine.messages import ProtocolError

# C0 and C1 controls except tab and newline, and halves of surrogate pairs, which no UTF-8 can carry.
_UNWANTED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_MAX_INTEGER = 2**53


class Fields:
    """Typed access to one JSON object. Every method raises ProtocolError when the field is not what it should be."""

    def __init__(self, source: object) -> None:
        if not isinstance(source, Mapping):
            raise ProtocolError("an object is expected")
        self._source = source

    def text(self, name: str, *, limit: int = 4096) -> str:
        """A string, cleaned of controls and lone surrogates, cut to `limit` characters."""
        value = self._source.get(name)
        if not isinstance(value, str):
            raise ProtocolError(f"{name} is not a string")
        return _UNWANTED.sub("", value[:limit])

    def optional_text(self, name: str, *, limit: int = 4096) -> str | None:
        """Like `text`; None when the field is missing or null."""
        return None if self._source.get(name) is None else self.text(name, limit=limit)

    def integer(self, name: str, *, least: int = 0) -> int:
        """A whole number from `least` up to 2**53."""
        value = self._source.get(name)
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= _MAX_INTEGER:
            raise ProtocolError(f"{name} is not a whole number")
        return value

    def optional_integer(self, name: str) -> int | None:
        """Like `integer`; None when the field is missing or null."""
        return None if self._source.get(name) is None else self.integer(name)

    def number(self, name: str) -> float:
        """A finite number that is not negative."""
        value = self._source.get(name)
        if not isinstance(value, int | float) or isinstance(value, bool):
            raise ProtocolError(f"{name} is not a number")
        if not math.isfinite(value) or not 0 <= value <= _MAX_INTEGER:
            raise ProtocolError(f"{name} is out of range")
        return float(value)

    def optional_number(self, name: str) -> float | None:
        """Like `number`; None when the field is missing or null."""
        return None if self._source.get(name) is None else self.number(name)

    def flag(self, name: str) -> bool:
        """True or false."""
        value = self._source.get(name)
        if not isinstance(value, bool):
            raise ProtocolError(f"{name} is not a truth value")
        return value

    def optional_flag(self, name: str) -> bool | None:
        """Like `flag`; None when the field is missing or null."""
        return None if self._source.get(name) is None else self.flag(name)

    def texts(self, name: str, *, limit: int, characters: int) -> tuple[str, ...]:
        """A list of at most `limit` strings, each cleaned and cut like `text`."""
        value = self._source.get(name)
        if not isinstance(value, list) or len(value) > limit:
            raise ProtocolError(f"{name} is not a list of at most {limit}")
        return tuple(Fields({name: each}).text(name, limit=characters) for each in value)

    def items(self, name: str, *, limit: int = 1000) -> list[Fields]:
        """A list of objects, at most `limit` of them."""
        value = self._source.get(name)
        if not isinstance(value, list) or len(value) > limit:
            raise ProtocolError(f"{name} is not a list of at most {limit}")
        return [Fields(item) for item in value]

    def object(self, name: str) -> Fields:
        """An object inside this one."""
        return Fields(self._source.get(name))
