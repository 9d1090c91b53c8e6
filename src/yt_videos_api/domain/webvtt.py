"""Subtitles as plain cues: read from what sites send, written anew as WebVTT or SubRip.

Nothing of a file is passed on but times and text. Styles, regions, positions and markup are dropped, and what is left
is escaped: a hostile file can neither run as a script nor fetch anything where it is shown.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

MAX_CHARACTERS = 10 * 2**20
MAX_CUES = 100_000
_MAX_CUE_CHARACTERS = 5000

_CLOCK = r"(?:([0-9]{1,4}):)?([0-5]?[0-9]):([0-5]?[0-9])[.,]([0-9]{1,3})"
_TIMING = re.compile(rf"[ \t]*{_CLOCK}[ \t]*-->[ \t]*{_CLOCK}(?:[ \t].*)?")
_TAG = re.compile(r"</?[A-Za-z0-9][^<>]*>|</>")
_BRACE = re.compile(r"([{}])")
# Controls, marks that reorder a line, halves of surrogate pairs.
_UNWANTED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")
_BLANKS = re.compile("[ \t\xa0]+")
_LINE_ENDS = re.compile("\r\n|\r|\x0c|\x0b|\x85")


class NotSubtitles(ValueError):
    """No text track, or one beyond every measure."""


@dataclass(frozen=True, slots=True)
class Cue:
    """Some lines of text, and when they are shown; 0 <= start < end, to the millisecond."""

    start_seconds: float
    end_seconds: float
    text: str  # lines without markup; none is empty


def parse(content: str) -> tuple[Cue, ...]:
    """The cues of a WebVTT file, in order of time. Raises NotSubtitles."""
    _require_small(content)
    lines = _LINE_ENDS.sub("\n", content.removeprefix("\ufeff")).split("\n")
    if not re.fullmatch(r"WEBVTT(?:[ \t].*)?", lines[0]):
        raise NotSubtitles("it does not begin with WEBVTT")
    return tidy(Cue(start, end, _unescaped(_TAG.sub("", text))) for start, end, text in _blocks(lines[1:]))


def parse_srt(content: str) -> tuple[Cue, ...]:
    """The cues of a SubRip file, in order of time. Raises NotSubtitles."""
    _require_small(content)
    lines = _LINE_ENDS.sub("\n", content.removeprefix("\ufeff")).split("\n")
    return tidy(Cue(start, end, _TAG.sub("", text)) for start, end, text in _blocks(lines))


def tidy(cues: Iterable[Cue]) -> tuple[Cue, ...]:
    """Those of `cues` that say something at a time, cleaned and in order. Raises NotSubtitles when there are none."""
    kept: list[Cue] = []
    for cue in cues:
        start, end, text = round(cue.start_seconds, 3), round(cue.end_seconds, 3), clean_text(cue.text)
        if text and 0 <= start < end:
            kept.append(Cue(start, end, text))
        if len(kept) > MAX_CUES:
            raise NotSubtitles("too many cues")
    if not kept:
        raise NotSubtitles("no cues")
    return tuple(sorted(kept, key=lambda cue: (cue.start_seconds, cue.end_seconds)))


def clean_text(text: str) -> str:
    """`text` without controls, overrides and empty lines."""
    plain = _without_overrides(_UNWANTED.sub("", _LINE_ENDS.sub("\n", text)))
    lines = (_BLANKS.sub(" ", line).strip() for line in plain[:_MAX_CUE_CHARACTERS].split("\n"))
    return "\n".join(line for line in lines if line)


def write_vtt(cues: Sequence[Cue]) -> str:
    """A WebVTT file."""
    return "WEBVTT\n" + "".join(f"\n{_timing(cue, '.')}\n{_escaped(cue.text)}\n" for cue in cues)


def write_srt(cues: Sequence[Cue]) -> str:
    """A SubRip file. It knows no escapes: brackets that could begin markup become others."""
    numbered = enumerate(cues, 1)
    return "\n".join(f"{number}\n{_timing(cue, ',')}\n{_bracketless(cue.text)}\n" for number, cue in numbered)


def _without_overrides(text: str) -> str:
    r"""`text` without what SubRip players take for positions and colours: {\an8}.

    What is left when one is gone may be another one. One pass with a stack takes all: to look anew for the innermost
    ones took 5 s where some ten thousand stood inside of each other, and minutes for a file of the largest size.
    """
    if "{\\" not in text:
        return text
    kept: list[str] = []
    opened: list[int] = []  # places in `kept` of the braces that may still begin one
    for piece in _BRACE.split(text):
        if piece == "}" and opened and "".join(kept[opened[-1] + 1 :]).startswith("\\"):
            del kept[opened.pop() :]
            continue
        if piece == "{":
            opened.append(len(kept))
        elif piece == "}":
            opened.clear()  # it stays, so nothing around it is one
        kept.append(piece)
    return "".join(kept)


def _unescaped(text: str) -> str:
    try:
        return html.unescape(text)
    except ValueError as error:  # of a character with more digits than Python makes a number of
        raise NotSubtitles("no such character") from error


def _require_small(content: str) -> None:
    if len(content) > MAX_CHARACTERS:
        raise NotSubtitles("too long")


def _blocks(lines: Sequence[str]) -> Iterator[tuple[float, float, str]]:
    """Start, end and raw text of everything that has a line with times; notes, styles and regions have none."""
    timing: re.Match[str] | None = None
    text: list[str] = []
    for line in (*lines, ""):
        if not line.strip():
            if timing:
                yield _seconds(timing.groups()[:4]), _seconds(timing.groups()[4:]), "\n".join(text)
            timing = None
        elif timing:
            text.append(line)
        elif timing := _TIMING.fullmatch(line):
            text = []


def _seconds(clock: Sequence[str | None]) -> float:
    hours, minutes, seconds, fraction = clock
    whole = int(hours or 0) * 3600 + int(minutes or 0) * 60 + int(seconds or 0)
    return whole + int((fraction or "0").ljust(3, "0")) / 1000


def _timing(cue: Cue, point: str) -> str:
    return f"{_clock(cue.start_seconds, point)} --> {_clock(cue.end_seconds, point)}"


def _clock(seconds: float, point: str) -> str:
    minutes, milliseconds = divmod(round(seconds * 1000), 60_000)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{milliseconds // 1000:02}{point}{milliseconds % 1000:03}"


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _bracketless(text: str) -> str:
    return text.replace("<", "\N{SINGLE LEFT-POINTING ANGLE QUOTATION MARK}").replace(
        ">", "\N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK}"
    )
