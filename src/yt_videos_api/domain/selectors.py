"""Format selectors of experts: a small, certain part of yt-dlp's own language.

    selector     = choice { "/" choice }                    the first that the site has
    choice       = part [ "+" part ]                        one video with one audio
    part         = ( name | "(" selector ")" ) { filter } | filter { filter }
    name         = best, worst, b, w, bv, ba, wv, wa (in full: bestvideo, ...) with "*" and ".N", or a format id
    filter       = "[" key [ "!" ] operator [ "?" ] value "]"

What is left out on purpose is what could mean several files (`all`, `mergeall`, `,`) or never end (`~=`, a regular
expression). Spaces between words are allowed and mean nothing.
"""

from __future__ import annotations

import re
from enum import Enum
from typing import NoReturn

from yt_videos_api.domain.errors import InvalidInput

FIELD = "format_selector"
MOST_CHARACTERS = 300
_MOST_DEPTH = 5

_NUMBERS = frozenset({"height", "width", "fps", "tbr", "abr", "vbr", "asr", "filesize", "filesize_approx"})
_TEXTS = frozenset(
    {"ext", "vcodec", "acodec", "container", "protocol", "language", "format_id", "dynamic_range", "resolution"}
)
# yt-dlp's words for several files, and for picture galleries that are no video.
_REFUSED_NAMES = frozenset({"all", "mergeall", "mhtml"})

_ORDERED = re.compile(
    r"(?P<kind>best|worst|b|w)(?P<stream>video|audio|v|a)?(?P<any>\*)?(?:\.(?P<rank>[1-9][0-9]?))?(?![\w.*-])"
)
_FORMAT_ID = re.compile(r"[A-Za-z0-9_-]{1,32}(?![\w.*-])")
_KEY = re.compile(r"[a-z_]{1,20}")
_NUMBER_TEST = re.compile(
    r"(?P<operator><=|>=|<|>|!=|=) *(?P<none>\??) *(?P<value>[0-9]{1,12}(?:\.[0-9]{1,6})?[kKmMgG]?)"
)
_TEXT_TEST = re.compile(
    r"(?P<operator>!? *[\^$*]?=) *(?P<none>\??) *"
    r"(?:(?P<value>[A-Za-z0-9_.-]{1,64})|'(?P<single>[ !#-&(-\[\]-~]{1,64})'|\"(?P<double>[ !#-&(-\[\]-~]{1,64})\")"
)


class _Holds(Enum):
    """What a part brings, as far as its words tell."""

    VIDEO = "video"
    AUDIO = "audio"
    WHOLE = "whole"  # possibly both at once
    UNKNOWN = "unknown"  # a format id


def parse_selector(text: str) -> str:
    """The one spelling of a selector that yt-dlp understands and that means one file at most. Raises InvalidInput."""
    if len(text) > MOST_CHARACTERS:
        _refuse(f"has more than {MOST_CHARACTERS} characters.")
    reader = _Reader(text)
    canonical, _ = reader.selector(depth=0)
    reader.expect_end()
    return canonical


class _Reader:
    """Reads a selector from left to right; every method returns what it read in canonical spelling."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def selector(self, *, depth: int) -> tuple[str, _Holds]:
        """`a/b/c`."""
        if depth > _MOST_DEPTH:
            _refuse(f"has more than {_MOST_DEPTH} parentheses inside each other.")
        choices = [self._choice(depth)]
        while self._take("/"):
            choices.append(self._choice(depth))
        return "/".join(choice for choice, _ in choices), _common({holds for _, holds in choices})

    def expect_end(self) -> None:
        """Nothing may follow."""
        self._skip_spaces()
        if self._at < len(self._text):
            self._refuse_here()

    def _choice(self, depth: int) -> tuple[str, _Holds]:
        first, holds = self._part(depth)
        if not self._take("+"):
            return first, holds
        second, others = self._part(depth)
        known = {holds, others}
        if _Holds.WHOLE in known or known in ({_Holds.VIDEO}, {_Holds.AUDIO}):
            _refuse(f"joins {first} with {second}: a + joins exactly one video (bv) with one audio (ba).")
        return f"{first}+{second}", _Holds.WHOLE

    def _part(self, depth: int) -> tuple[str, _Holds]:
        self._skip_spaces()
        if self._take("("):
            inner, holds = self.selector(depth=depth + 1)
            if not self._take(")"):
                _refuse(f"lacks a ) at character {self._at + 1}.")
            return f"({inner}){self._filters()}", holds
        if self._text.startswith("[", self._at):
            return f"best{self._filters()}", _Holds.WHOLE
        name, holds = self._name()
        return name + self._filters(), holds

    def _name(self) -> tuple[str, _Holds]:
        ordered = _ORDERED.match(self._text, self._at)
        if ordered:
            self._at = ordered.end()
            stream = (ordered["stream"] or "")[:1]
            return ordered[0], {"v": _Holds.VIDEO, "a": _Holds.AUDIO}.get(stream, _Holds.WHOLE)
        format_id = _FORMAT_ID.match(self._text, self._at)
        if format_id is None:
            self._refuse_here()
        if format_id[0] in _REFUSED_NAMES:
            _refuse(f"has the word {format_id[0]}, which does not mean one video.")
        self._at = format_id.end()
        return format_id[0], _Holds.UNKNOWN

    def _filters(self) -> str:
        filters = []
        while self._take("["):
            filters.append(self._filter())
        return "".join(filters)

    def _filter(self) -> str:
        self._skip_spaces()
        key = _KEY.match(self._text, self._at)
        if key is None or key[0] not in _NUMBERS | _TEXTS:
            named = f"by {key[0]}" if key else f"at character {self._at + 1}"
            _refuse(f"filters {named}; filters are: {', '.join(sorted(_NUMBERS | _TEXTS))}.")
        self._at = key.end()
        self._skip_spaces()
        test = self._number_test() if key[0] in _NUMBERS else self._text_test()
        if test is None:
            example = f"{key[0]}<=720" if key[0] in _NUMBERS else f"{key[0]}^=mp4"
            _refuse(f"has a filter by {key[0]} that cannot be read; it looks like [{example}].")
        if not self._take("]"):
            _refuse(f"lacks a ] at character {self._at + 1}.")
        return f"[{key[0]}{test}]"

    def _number_test(self) -> str | None:
        match = _NUMBER_TEST.match(self._text, self._at)
        if match is None:
            return None
        self._at = match.end()
        return f"{match['operator']}{match['none']}{match['value'].upper()}"

    def _text_test(self) -> str | None:
        """Values are quoted: yt-dlp takes what looks like a number for one, which no format id is ever equal to."""
        match = _TEXT_TEST.match(self._text, self._at)
        if match is None:
            return None
        self._at = match.end()
        value = match["value"] or match["single"] or match["double"]
        return f"{match['operator'].replace(' ', '')}{match['none']}'{value}'"

    def _take(self, letter: str) -> bool:
        self._skip_spaces()
        found = self._text.startswith(letter, self._at)
        self._at += found
        return found

    def _skip_spaces(self) -> None:
        while self._text.startswith(" ", self._at):
            self._at += 1

    def _refuse_here(self) -> NoReturn:
        if self._at >= len(self._text):
            _refuse("ends where a format is expected.")
        _refuse(f"cannot be read from character {self._at + 1} on; a selector looks like bv[height<=720]+ba/b.")


def _common(kinds: set[_Holds]) -> _Holds:
    """What a part holds whichever of its choices is taken."""
    certain = kinds - {_Holds.UNKNOWN}
    if not certain:
        return _Holds.UNKNOWN
    return certain.pop() if len(certain) == 1 else _Holds.WHOLE


def _refuse(problem: str) -> NoReturn:
    raise InvalidInput(FIELD, problem, code=FIELD)
