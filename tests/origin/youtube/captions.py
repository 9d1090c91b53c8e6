"""Captions in the formats `/api/timedtext` can be asked for."""

from __future__ import annotations

import json

from tests.origin.body import Bytes
from tests.origin.message import Response, not_found


def captions(language: str, kind: str, seconds: float) -> Response:
    """One cue per second of the video, in vtt, srt, json3 or srv1; others are not found."""
    cues = [(second, f"{language} cue {second}") for second in range(max(1, int(seconds)))]
    match kind:
        case "vtt":
            text, content_type = "WEBVTT\n\n" + "\n".join(_cue(*cue, point=".") for cue in cues), "text/vtt"
        case "srt":
            numbered = (f"{number}\n{_cue(*cue, point=',')}" for number, cue in enumerate(cues, 1))
            text, content_type = "\n".join(numbered), "application/x-subrip"
        case "json3":
            text, content_type = _json3(cues), "application/json"
        case "srv1":
            lines = (f'<text start="{second}" dur="1">{words}</text>' for second, words in cues)
            text, content_type = f"<transcript>{''.join(lines)}</transcript>", "text/xml"
        case _:
            return not_found()
    return Response(Bytes(text.encode()), content_type=f"{content_type}; charset=utf-8")


def _cue(second: int, words: str, *, point: str) -> str:
    return f"{_clock(second)}{point}000 --> {_clock(second + 1)}{point}000\n{words}\n"


def _clock(second: int) -> str:
    return f"{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}"


def _json3(cues: list[tuple[int, str]]) -> str:
    events = [{"tStartMs": second * 1000, "dDurationMs": 1000, "segs": [{"utf8": words}]} for second, words in cues]
    return json.dumps({"wireMagic": "pb3", "events": events})
