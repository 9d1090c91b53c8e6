"""Further streams of a recipe, each made when it is first wanted: smoother ones, HDR ones, other languages."""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from tests.origin.cache import made_once
from tests.origin.ffmpeg import run_ffmpeg, version
from tests.origin.media import WIDTHS, Recipe

SMOOTH_FRAMES_PER_SECOND = 60
_EDITION = 1  # raise it when the arguments below change

_ENCODERS = {
    "h264": ("-c:v", "libx264", "-preset", "ultrafast", "-crf", "32", "-pix_fmt", "yuv420p",
             "-movflags", "+frag_keyframe+empty_moov+default_base_moof+global_sidx"),
    "vp9": ("-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-crf", "45", "-b:v", "0"),
    "aac": ("-c:a", "aac", "-ac", "2", "-b:a", "96k"),
    "opus": ("-c:a", "libopus", "-ac", "2", "-b:a", "96k"),
}  # fmt: skip
_HDR = "format=yuv420p10le,setparams=color_primaries=bt2020:color_trc=smpte2084:colorspace=bt2020nc"


def smooth_picture(recipe: Recipe, codec: str, height: int) -> Path:
    """The folder of the recipe's picture in 60 frames per second, as `smooth.mp4` (h264) or `smooth.webm` (vp9)."""
    name = f"smooth.{'mp4' if codec == 'h264' else 'webm'}"
    pixels = () if codec == "h264" else ("-pix_fmt", "yuv420p")
    source = _picture(recipe, height, SMOOTH_FRAMES_PER_SECOND)
    return _made(["smooth", asdict(recipe), codec, height], [*source, *_ENCODERS[codec], *pixels, "-g", "60", name])


def hdr_picture(recipe: Recipe, height: int) -> Path:
    """The folder of the recipe's picture as `hdr.webm`: VP9 profile 2, BT.2020 with PQ."""
    profile = ("-profile:v", "2", "-pix_fmt", "yuv420p10le", "-g", "25")
    source = _picture(recipe, height, 25)
    return _made(["hdr", asdict(recipe), height], [*source, "-vf", _HDR, *_ENCODERS["vp9"], *profile, "hdr.webm"])


def dubbed_sound(recipe: Recipe, codec: str, language: str) -> Path:
    """The folder of the sound in a language, which is a tone of its own, as `dubbed.m4a` (aac) or `dubbed.webm`."""
    name = f"dubbed.{'m4a' if codec == 'aac' else 'webm'}"
    tone = 300 + zlib.crc32(language.encode()) % 3000
    source = f"sine=frequency={tone}:sample_rate=48000:duration={recipe.duration_seconds}"
    return _made(["dubbed", source, codec], ["-f", "lavfi", "-i", source, *_ENCODERS[codec], name])


def _picture(recipe: Recipe, height: int, frames_per_second: int) -> tuple[str, ...]:
    size = f"{WIDTHS[height]}x{height}"
    seconds = recipe.duration_seconds
    picture = f"testsrc2=size={size}:rate={frames_per_second}:duration={seconds},hue=h={recipe.pattern * 47 % 360}"
    return ("-f", "lavfi", "-i", picture)


def _made(key: list[object], arguments: list[str]) -> Path:
    told = hashlib.sha256(json.dumps([*key, version(), _EDITION]).encode()).hexdigest()[:16]
    make: Callable[[Path], None] = lambda folder: run_ffmpeg(*arguments, folder=folder)  # noqa: E731
    return made_once(f"twin-{told}", make)
