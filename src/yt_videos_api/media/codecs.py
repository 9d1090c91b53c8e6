"""Names of codecs: ffmpeg's words turned into those of domain.offers."""

from __future__ import annotations

_NAMES = {"hevc": "h265", "mp3float": "mp3"}


def codec_name(ffmpeg_name: str) -> str:
    """The normalised name; ffmpeg's own where ours has none."""
    return _NAMES.get(ffmpeg_name, ffmpeg_name)
