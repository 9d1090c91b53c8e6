"""How a file is given to ffmpeg: with the demuxer that its first bytes call for, and no way to any other file."""

from __future__ import annotations

from dataclasses import dataclass

from yt_videos_api.media.sniff import Demuxer

QUIET = ("-hide_banner", "-nostdin", "-loglevel", "error", "-y")


@dataclass(frozen=True, slots=True)
class Input:
    """One file of the staging folder and what it was found to be."""

    file: str
    demuxer: Demuxer


def input_words(demuxer: str, file: str) -> list[str]:
    """The arguments that open `file`, relative to the working directory; options of this input come before them."""
    return ["-protocol_whitelist", "file", "-f", demuxer, "-i", f"file:{file}"]
