"""Readers of archived files that owe nothing to the product: a tag reader, ffmpeg, and parsers of the tests' own."""

from __future__ import annotations

import base64
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mutagen
from mutagen.flac import Picture

from tests.origin.ffmpeg import executable

_TIMES = re.compile(r"(?:(\d+):)?(\d\d):(\d\d)[.,](\d{3}) --> (?:(\d+):)?(\d\d):(\d\d)[.,](\d{3})(?: .*)?")
_MARKUP = re.compile(r"</?[a-z][^>]*>| <i>&</i> <b>more</b>")
Cues = list[tuple[float, float, str]]  # from, to, in seconds; the text


def read_cues(text: str) -> Cues:
    """The cues of a WebVTT or SRT file, strictly: an unreadable line of times is an error."""
    blocks = [block.splitlines() for block in re.split(r"\n\s*\n", text.replace("\r\n", "\n").strip())]
    if blocks and blocks[0][0].startswith("WEBVTT"):
        blocks = blocks[1:]
    else:
        numbers = [block[0] for block in blocks]
        assert numbers == [str(number) for number in range(1, len(blocks) + 1)], "SRT numbers its cues"
        blocks = [block[1:] for block in blocks]
    return [_cue(block) for block in blocks]


def _cue(block: list[str]) -> tuple[float, float, str]:
    times = _TIMES.fullmatch(block[0])
    assert times, f"no times: {block!r}"
    start, end = _seconds(times.groups()[:4]), _seconds(times.groups()[4:])
    return start, end, "\n".join(block[1:])


def _seconds(parts: tuple[str | None, ...]) -> float:
    hours, minutes, seconds, thousandths = (int(part or 0) for part in parts)
    return hours * 3600 + minutes * 60 + seconds + thousandths / 1000


def embedded_cues(path: Path, index: int) -> Cues:
    """The cues of the subtitle track number `index` inside of a file."""
    argv = [executable(), "-v", "error", "-xerror", "-i", str(path), "-map", f"0:s:{index}", "-f", "srt", "-"]
    told = subprocess.run(argv, capture_output=True, text=True, check=True, timeout=60)
    assert told.stderr == ""
    return read_cues(told.stdout)


def language_of(cues: Cues) -> str:
    """The language that all cues say of themselves: those of the origin are "LANGUAGE cue NUMBER", some with markup."""
    languages = {_MARKUP.sub("", text).split(" cue ")[0] for _, _, text in cues}
    assert len(languages) == 1, cues
    return languages.pop()


@dataclass
class SoundTags:
    """What a tag reader finds in a file of sound."""

    texts: list[str]  # title, artist, date, address
    chapters: list[tuple[float, str]]
    pictures: list[bytes]


def read_sound(path: Path) -> SoundTags:
    """Tags, chapters and covers of an m4a, mp3, opus or flac file."""
    file: Any = mutagen.File(path)
    return {".m4a": _m4a, ".mp3": _mp3, ".opus": _vorbis, ".flac": _vorbis}[path.suffix](file)


def _m4a(file: Any) -> SoundTags:
    texts = [file[key][0] for key in ("\xa9nam", "\xa9ART", "\xa9day", "\xa9cmt")]
    chapters = [(each.start, each.title) for each in file.chapters or ()]
    return SoundTags(texts, chapters, [bytes(each) for each in file.get("covr", [])])


def _mp3(file: Any) -> SoundTags:
    texts = [str(file[key]) for key in ("TIT2", "TPE1", "TDRC", "TXXX:comment")]
    marks = sorted(file.tags.getall("CHAP"), key=lambda mark: mark.start_time)
    chapters = [(mark.start_time / 1000, str(mark.sub_frames["TIT2"])) for mark in marks]
    return SoundTags(texts, chapters, [each.data for each in file.tags.getall("APIC")])


def _vorbis(file: Any) -> SoundTags:
    texts = [file[key][0] for key in ("title", "artist", "date", "purl")]
    names = sorted(key for key in file if key.startswith("chapter") and key.endswith("name"))
    chapters = [(float(file[key[:-4]][0].split(":")[-1]), file[key][0]) for key in names]
    read: Any = Picture
    packed = [read(base64.b64decode(text)) for text in file.get("metadata_block_picture", [])]
    pictures = [*getattr(file, "pictures", []), *packed]
    return SoundTags(texts, chapters, [each.data for each in pictures])
