"""Captions in the formats `/api/timedtext` can be asked for."""

from __future__ import annotations

import json
from collections.abc import Mapping
from html import escape

from tests.origin.body import EMPTY, Bytes
from tests.origin.message import Response, not_found
from tests.origin.video import Caption, Video

Cues = list[tuple[int, str]]  # from which second on, for one second; the text as WebVTT has it

_TYPES = {"vtt": "text/vtt", "srt": "application/x-subrip", "json3": "application/json", "srv1": "text/xml"}

_STYLED_HEAD = """STYLE
::cue { background-image: linear-gradient(to bottom, dimgray, lightgray); color: papayawhip; }

REGION
id:fred
width:40%

NOTE a comment

"""
_HOSTILE_HEAD = """STYLE
::cue { background: url(http://169.254.169.254/latest/meta-data/) }
@import "https://evil.example.net/all.css";

"""
# Where one of these comes out as anything but text, somebody's page runs somebody else's script.
_HOSTILE = (
    '<script>alert("cue")</script>',
    "<img src=x onerror=alert(1)>",
    "&lt;script&gt;alert(2)&lt;/script&gt;",
    '<c.a" onclick="alert(3)>',
    "<iframe src='http://169.254.169.254/'></iframe>",
    "\u202eright to left\u0000 and nothing\x1b[2J",
    "x" * 5_000,
)
_HOSTILE_CUES = (
    "00:00:09.000 --> 00:00:01.000\nbackwards\n",
    "99:99:99.999 --> never\nno time\n",
    "00:00:00.500 --> 00:00:01.500\na --> b\n",
    "00:00:00.000 --> 00:00:00.900 position:120% line:-9999 region:nowhere\nout of order\n",
)


def find_caption(video: Video, query: Mapping[str, str]) -> Caption | None:
    """The track that is asked for, if the video has it; a translation must be offered."""
    automatic = query.get("kind") == "asr"
    if query.get("tlang") and query["tlang"] not in video.translations:
        return None
    fitting = (each for each in video.captions if (each.language, each.automatic) == (query.get("lang"), automatic))
    return next(fitting, None)


def captions(caption: Caption, query: Mapping[str, str], seconds: float) -> Response:
    """One cue per second of the video, in vtt, srt, json3 or srv1; others are not found."""
    kind = query.get("fmt", "srv1")
    if kind not in _TYPES:
        return not_found()
    content_type = f"{_TYPES[kind]}; charset=utf-8"
    if caption.style == "empty":
        return Response(EMPTY, content_type=content_type)
    cues = _cues(caption, query.get("tlang", ""), seconds)
    text = {"vtt": _vtt, "srt": _srt, "json3": _json3, "srv1": _srv1}[kind](caption, cues)
    return Response(Bytes(text.encode()), content_type=content_type)


def _cues(caption: Caption, translation: str, seconds: float) -> Cues:
    spoken = f"{translation} from {caption.language}" if translation else caption.language
    plain = [(second, f"{spoken} cue {second}") for second in range(max(1, int(seconds)))]
    match caption.style:
        case "no_cues":
            return []
        case "styled":
            return [(second, f"<v Ann><c.yellow>{text}</c></v> <i>&amp;</i> <b>more</b>") for second, text in plain]
        case "hostile":
            return plain + [(second, f"{spoken} {text}") for second, text in enumerate(_HOSTILE, len(plain))]
        case _:
            return plain


def _vtt(caption: Caption, cues: Cues) -> str:
    head = {"styled": _STYLED_HEAD, "hostile": _HOSTILE_HEAD}.get(caption.style, "")
    settings = " align:start position:0%" if caption.style == "styled" else ""
    told = [_cue(*cue, point=".", settings=settings) for cue in cues]
    told += _HOSTILE_CUES if caption.style == "hostile" else ()
    return f"WEBVTT\nKind: captions\nLanguage: {caption.language}\n\n{head}" + "\n".join(told)


def _srt(_: Caption, cues: Cues) -> str:
    return "\n".join(f"{number}\n{_cue(*cue, point=',')}" for number, cue in enumerate(cues, 1))


def _json3(_: Caption, cues: Cues) -> str:
    events = [{"tStartMs": second * 1000, "dDurationMs": 1000, "segs": [{"utf8": words}]} for second, words in cues]
    return json.dumps({"wireMagic": "pb3", "events": events})


def _srv1(_: Caption, cues: Cues) -> str:
    lines = (f'<text start="{second}" dur="1">{escape(words)}</text>' for second, words in cues)
    return f"<transcript>{''.join(lines)}</transcript>"


def _cue(second: int, words: str, *, point: str, settings: str = "") -> str:
    return f"{_clock(second)}{point}000 --> {_clock(second + 1)}{point}000{settings}\n{words}\n"


def _clock(second: int) -> str:
    return f"{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}"
