"""Real media for the stand-in origin, made with ffmpeg from recipes and kept between runs."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from tests.origin.cache import made_once
from tests.origin.ffmpeg import run_ffmpeg, version

# Widths as YouTube has them; a file is as wide and high as the origin tells.
WIDTHS = {144: 256, 240: 426, 360: 640, 480: 854, 720: 1280, 1080: 1920}

FRAMES_PER_SECOND = 25
_EDITION = 2  # raise it when the arguments below change, so that no file of an older edition is served

_VIDEO = {
    "h264": ("mp4", ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p")),
    "av1": ("mp4", ("-c:v", "libsvtav1", "-preset", "12", "-pix_fmt", "yuv420p")),
    "vp9": ("webm", ("-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-pix_fmt", "yuv420p")),
}
_QUALITIES = {"h264": ("-crf", "32"), "vp9": ("-crf", "45", "-b:v", "0"), "av1": ("-crf", "50")}
_AUDIO = {"aac.m4a": ("-c:a", "aac"), "opus.webm": ("-c:a", "libopus")}


@dataclass(frozen=True, slots=True)
class Recipe:
    """A clip as a set of streams. Two patterns differ in every picture and every sound, so that a mix-up is seen."""

    pattern: int = 0
    seconds: float = 3  # of the clip, before it is repeated
    heights: tuple[int, ...] = (360, 720, 1080)  # ascending, of those in WIDTHS
    codecs: tuple[str, ...] = ("h264", "vp9")  # of those and av1; h264 is always among them
    kilobits: int | None = None  # per second and video stream, filled with noise; None: as small as it gets
    repeat: int = 1  # the clip this many times over, copied: big files in seconds

    @property
    def duration_seconds(self) -> float:
        """Of every stream."""
        return self.seconds * self.repeat


def big(pattern: int = 0) -> Recipe:
    """About 500 MB: four minutes of 1080p H.264 with AAC and Opus."""
    return Recipe(pattern=pattern, seconds=6, heights=(1080,), codecs=("h264",), kilobits=16_000, repeat=42)


def tiny(pattern: int = 0) -> Recipe:
    """A second of 144p, 20 KB: for videos that are wanted by the hundred."""
    return Recipe(pattern=pattern, seconds=1, heights=(144,))


def two_megabytes(pattern: int) -> Recipe:
    """About 2 MB: six seconds of 720p H.264 with AAC and Opus."""
    return Recipe(pattern=pattern, seconds=6, heights=(720,), codecs=("h264",), kilobits=2_600)


def folder_of(recipe: Recipe) -> Path:
    """The folder with the recipe's files, made now if the cache has it not. Never write into it.

    Holds `h264-<height>.mp4`, `vp9-<height>.webm` and `av1-<height>.mp4` (pictures alone), `aac.m4a` and `opus.webm`
    (sound alone), and at the lowest height `whole.mp4` and, with vp9, `whole.webm` (both); `cover.jpg` and `cover.webp`
    of 640x360.
    """
    return made_once(_key("media", recipe), lambda folder: _cook(recipe, folder))


def hls_folder_of(recipe: Recipe, kind: str) -> Path:
    """A folder with `<height>.m3u8` for each height and its segments of a second; `kind` is "mpegts" or "fmp4"."""
    return made_once(_key(f"hls-{kind}", recipe), lambda folder: _cut_hls(recipe, kind, folder))


def dash_folder_of(recipe: Recipe) -> Path:
    """A folder with `manifest.mpd` for all heights of H.264 and AAC, and its segments of a second."""
    return made_once(_key("dash", recipe), lambda folder: _cut_dash(recipe, folder))


def _key(what: str, recipe: Recipe) -> str:
    told = json.dumps([what, asdict(recipe), version(), _EDITION])
    return f"{what}-{hashlib.sha256(told.encode()).hexdigest()[:16]}"


def _cook(recipe: Recipe, folder: Path) -> None:
    if recipe.repeat > 1:
        _repeat_pictures(recipe, folder)
    else:
        run_ffmpeg("-f", "lavfi", "-i", _picture_source(recipe), *_picture_outputs(recipe), folder=folder)
    run_ffmpeg("-f", "lavfi", "-i", _sound_source(recipe), *_sound_outputs(), folder=folder)
    lowest = recipe.heights[0]
    _join(folder, f"h264-{lowest}.mp4", "aac.m4a", "whole.mp4")
    if "vp9" in recipe.codecs:
        _join(folder, f"vp9-{lowest}.webm", "opus.webm", "whole.webm")
    still = ("-i", f"h264-{lowest}.mp4", "-frames:v", "1", "-vf", "scale=640:360", "-update", "1")
    for cover in ("cover.jpg", "cover.webp"):
        run_ffmpeg(*still, cover, folder=folder)


def _picture_source(recipe: Recipe) -> str:
    top = recipe.heights[-1]
    picture = (
        f"testsrc2=size={WIDTHS[top]}x{top}:rate={FRAMES_PER_SECOND}:duration={recipe.seconds},"
        f"hue=h={recipe.pattern * 47 % 360}:b={recipe.pattern % 5 - 2}"
    )
    return f"{picture},noise=alls=60:allf=t:all_seed={recipe.pattern + 1}" if recipe.kilobits else picture


def _sound_source(recipe: Recipe) -> str:
    return f"sine=frequency={220 + 55 * recipe.pattern}:sample_rate=48000:duration={recipe.duration_seconds}"


def _picture_outputs(recipe: Recipe) -> Iterator[str]:
    for codec in recipe.codecs:
        extension, encoder = _VIDEO[codec]
        for height in recipe.heights:
            yield from ("-vf", f"scale={WIDTHS[height]}:{height}", *encoder, *_rate(recipe, codec))
            yield from ("-g", str(FRAMES_PER_SECOND), *_container_flags(extension), f"{codec}-{height}.{extension}")


def _container_flags(extension: str) -> tuple[str, ...]:
    # YouTube's own adaptive MP4 is fragmented, with an index in front: harder for a muxer than a plain one.
    return ("-movflags", "+frag_keyframe+empty_moov+default_base_moof+global_sidx") if extension == "mp4" else ()


def _rate(recipe: Recipe, codec: str) -> tuple[str, ...]:
    if recipe.kilobits:
        rate = f"{recipe.kilobits}k"
        return ("-b:v", rate, "-maxrate", rate, "-bufsize", rate)
    return _QUALITIES[codec]


def _sound_outputs() -> Iterator[str]:
    for name, encoder in _AUDIO.items():
        yield from (*encoder, "-ac", "2", "-b:a", "96k", name)


def _join(folder: Path, video: str, audio: str, whole: str) -> None:
    flags = ("-movflags", "+faststart") if whole.endswith(".mp4") else ()
    run_ffmpeg("-i", video, "-i", audio, "-c", "copy", *flags, whole, folder=folder)


def _repeat_pictures(recipe: Recipe, folder: Path) -> None:
    # Pictures alone: sound does not end on a frame of its codec, and each round would come 21 ms later.
    once = folder_of(replace(recipe, repeat=1))
    for codec in recipe.codecs:
        extension = _VIDEO[codec][0]
        for height in recipe.heights:
            name = f"{codec}-{height}.{extension}"
            loop = ("-stream_loop", str(recipe.repeat - 1), "-i", str(once / name))
            run_ffmpeg(*loop, "-c", "copy", *_container_flags(extension), name, folder=folder)


def _cut_hls(recipe: Recipe, kind: str, folder: Path) -> None:
    source = folder_of(recipe)
    for height in recipe.heights:
        inputs = ("-i", str(source / f"h264-{height}.mp4"), "-i", str(source / "aac.m4a"), "-c", "copy")
        names = {
            "mpegts": ("-hls_segment_filename", f"{height}-%03d.ts"),
            "fmp4": ("-hls_segment_filename", f"{height}-%03d.m4s", "-hls_fmp4_init_filename", f"{height}-init.mp4"),
        }
        cut = ("-f", "hls", "-hls_time", "1", "-hls_playlist_type", "vod", "-hls_segment_type", kind)
        run_ffmpeg(*inputs, *cut, *names[kind], f"{height}.m3u8", folder=folder)


def _cut_dash(recipe: Recipe, folder: Path) -> None:
    source = folder_of(recipe)
    names = [*(f"h264-{height}.mp4" for height in recipe.heights), "aac.m4a"]
    inputs = [part for name in names for part in ("-i", str(source / name))]
    maps = [part for index in range(len(names)) for part in ("-map", str(index))]
    cut = ("-f", "dash", "-seg_duration", "1", "-use_template", "1", "-use_timeline", "1")
    run_ffmpeg(*inputs, *maps, "-c", "copy", *cut, "manifest.mpd", folder=folder)
