"""Fetches subtitle tracks, reads them, and writes them anew as WebVTT."""

from __future__ import annotations

import contextlib
import json
import re
import traceback
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from yt_dlp.networking import Request
from yt_dlp.utils import dfxp2srt

from yt_videos_api.domain.offers import FetchedSubtitle
from yt_videos_api.domain.webvtt import MAX_CHARACTERS, Cue, NotSubtitles, parse, parse_srt, tidy, write_vtt
from yt_videos_api.engine.caged import CagedYoutubeDL
from yt_videos_api.engine.errors import Stage, translate
from yt_videos_api.engine.tracks import Track, wanted_tracks

Info = Mapping[str, Any]

_PUSHED_BACK = frozenset(
    {"rate_limited", "bot_check", "network", "stalled", "unknown_host", "no_space", "library_unavailable"}
)
_LARGEST_BYTES = MAX_CHARACTERS
_TRIES = 2  # formats of one track
_ENTITIES = re.compile(rb"<!(DOCTYPE|ENTITY)", re.IGNORECASE)


def fetch_subtitles(
    ydl: CagedYoutubeDL, info: Info, languages: Sequence[str], *, automatic: bool, folder: Path
) -> list[FetchedSubtitle]:
    """See EngineRun."""
    fetched: list[FetchedSubtitle] = []
    for track in wanted_tracks(info, languages, automatic=automatic):
        cues = _read(ydl, info, track, folder)
        if cues:
            name = _file_name(track.language, {subtitle.path for subtitle in fetched})
            (folder / name).write_text(write_vtt(cues), encoding="utf-8")
            fetched.append(FetchedSubtitle(track.language, track.automatic, name))
    return fetched


def _read(ydl: CagedYoutubeDL, info: Info, track: Track, folder: Path) -> tuple[Cue, ...]:
    """The cues of the best format of a track that can be had; none when there is no such."""
    for form in track.formats[:_TRIES]:
        try:
            return read_cues(str(form["ext"]), _content(ydl, info, form, folder))
        except NotSubtitles:
            traceback.print_exc()
        except Exception as error:
            traceback.print_exc()
            failure = translate(error, (), Stage.EXTRACT)
            if failure.code in _PUSHED_BACK:
                raise failure from error
    return ()


def read_cues(ext: str, content: bytes) -> tuple[Cue, ...]:
    """The cues in a file of one of the kinds that we can read. Raises NotSubtitles."""
    if ext in ("ttml", "dfxp"):
        return _read_ttml(content)
    text = content.decode("utf-8-sig", "replace")
    if ext == "json3":
        return _read_json3(text)
    return parse(text) if ext == "vtt" else parse_srt(text)


def _read_ttml(content: bytes) -> tuple[Cue, ...]:
    if _ENTITIES.search(content):
        raise NotSubtitles("a TTML file that defines entities")
    try:
        return parse_srt(dfxp2srt(content))
    except NotSubtitles:
        raise
    except Exception as error:  # of yt-dlp's converter anything may come
        raise NotSubtitles(f"no TTML: {error}") from error


def _read_json3(text: str) -> tuple[Cue, ...]:
    """YouTube's own format: an event is a line, which is to be shown until the next one at the longest."""
    try:
        events = [event for event in json.loads(text)["events"] if event.get("segs")]
        lines = [(int(event["tStartMs"]), int(event.get("dDurationMs", 0)), _joined(event["segs"])) for event in events]
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise NotSubtitles("no events of YouTube's") from error
    lines = sorted(line for line in lines if line[2].strip())
    starts = [start for start, _, _ in lines]

    def end_of(start: int, duration: int) -> int:
        following = bisect_right(starts, start)
        return min(start + duration, starts[following]) if following < len(starts) else start + duration

    return tidy(Cue(start / 1000, end_of(start, duration) / 1000, words) for start, duration, words in lines)


def _joined(segments: Sequence[Info]) -> str:
    return "".join(str(segment.get("utf8") or "") for segment in segments)


def _content(ydl: CagedYoutubeDL, info: Info, form: Info, folder: Path) -> bytes:
    if form.get("data"):
        return str(form["data"]).encode()
    headers = form.get("http_headers") or info.get("http_headers") or {}
    if str(form.get("protocol") or "http").startswith("http") and form.get("protocol") != "http_dash_segments":
        with contextlib.closing(ydl.urlopen(Request(str(form["url"]), headers=headers))) as response:
            content: bytes = response.read(_LARGEST_BYTES + 1)
    else:
        content = _segments(ydl, {"http_headers": headers, **form}, folder)
    if len(content) > _LARGEST_BYTES:
        raise NotSubtitles("too long")
    return content


def _segments(ydl: CagedYoutubeDL, form: Info, folder: Path) -> bytes:
    """A track in pieces, put together by yt-dlp."""
    path = folder / f"subtitle.pieces.{form['ext']}"

    def refuse_large(status: Info) -> None:
        if status.get("filename") == str(path) and (status.get("downloaded_bytes") or 0) > _LARGEST_BYTES:
            raise NotSubtitles("too long")

    ydl.add_progress_hook(refuse_large)
    try:
        ydl.dl(str(path), dict(form), subtitle=True)  # raises when a piece is missing; what it returns says nothing
        with path.open("rb") as file:
            return file.read(_LARGEST_BYTES + 1)
    finally:
        for left in folder.glob("subtitle.pieces.*"):
            left.unlink()


def _file_name(language: str, taken: set[str]) -> str:
    plain = re.sub(r"[^A-Za-z0-9-]", "_", language)
    names = (f"subtitle.{plain}{'' if number == 1 else f'.{number}'}.vtt" for number in range(1, len(taken) + 2))
    return next(name for name in names if name not in taken)
