"""Keeps the secrets of a run out of what its process writes: its log, and the details of its failures."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TextIO

_LEAST_CHARACTERS = 6  # shorter ones ("1", "en", "CAI") are no secrets, and would blot out half of the log
_MASK = "***"
# Tokens that come from a provider are not known beforehand, but where they stand is.
_TOKEN_IN_ADDRESS = re.compile(r"(?<=[?&/]pot[=/])[^&/\s\"']+")


class Secrets:
    """What must not be written."""

    def __init__(self, texts: Iterable[str]) -> None:
        long_enough = [text for text in texts if len(text) >= _LEAST_CHARACTERS]
        escaped = [ascii(text)[1:-1] for text in long_enough]  # as yt-dlp's messages are logged
        long = sorted({*long_enough, *escaped}, key=len, reverse=True)  # one may be a part of another
        self._pattern = re.compile("|".join(re.escape(text) for text in long)) if long else None

    def masked(self, text: str) -> str:
        """`text` without them."""
        text = _TOKEN_IN_ADDRESS.sub(_MASK, text)
        return self._pattern.sub(_MASK, text) if self._pattern else text


class MaskedWriter:
    """A text stream that masks what is written to it; stands for `sys.stderr`."""

    def __init__(self, stream: TextIO, secrets: Secrets) -> None:
        self._stream = stream
        self._secrets = secrets

    def write(self, text: str) -> int:
        """Write it masked."""
        self._stream.write(self._secrets.masked(text))
        return len(text)

    def flush(self) -> None:
        """See TextIO."""
        self._stream.flush()
