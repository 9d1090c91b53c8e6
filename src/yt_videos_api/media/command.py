"""The arguments of the one ffmpeg pass: a pure function of what lies in staging. No text of a site is among them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from yt_videos_api.domain.offers import Stream
from yt_videos_api.domain.policy import Container
from yt_videos_api.media.sniff import Demuxer

# Larger pictures are refused by the decoder before it allocates anything (a bomb of 10^9 pixels fits in some kB).
COVER_MAX_PIXELS = 40_000_000
COVER_MAX_SIDE = 1280
_COVER_DECODERS = {Demuxer.JPEG: "mjpeg", Demuxer.PNG: "png", Demuxer.WEBP: "webp", Demuxer.GIF: "gif"}
# An animated picture is cut to its first frame here: -frames on the cover's stream makes ffmpeg 9.0 end the whole
# output after one packet of each stream, with success. yuvj420p says full range in the way that the JPEG encoders of
# 5.1 to 9.0 all take.
_COVER_FILTER = (
    f"trim=end_frame=1,scale=w='min({COVER_MAX_SIDE},iw)':h='min({COVER_MAX_SIDE},ih)':force_original_aspect_ratio=decrease,"
    "format=yuvj420p"
)
# The index in front lets players start early; it costs 60 ms on 500 MB. FLAC in mp4 is "experimental" in 5.1.
_MP4_FLAGS = ("-movflags", "+faststart", "-strict", "experimental")
_QUIET = ("-hide_banner", "-nostdin", "-loglevel", "error", "-y")
# mp4 ignores when a cover is shown. But make_zero looks at the earliest packet of all: a cover at 0 would leave parts
# whose clock starts at 1000 s where they are.
_LATE_COVER_FILTER = f"{_COVER_FILTER},setpts=1000000/TB"
_FORMATS = {Container.MP4: "mp4", Container.MKV: "matroska", Container.WEBM: "webm"}


@dataclass(frozen=True, slots=True)
class Input:
    """One file of the staging folder and what it was found to be."""

    file: str
    demuxer: Demuxer


@dataclass(frozen=True, slots=True)
class Pass:
    """Everything the pass reads and writes; file names are relative to its working directory."""

    parts: Sequence[tuple[Stream, Input]]
    container: Container
    output: str
    metadata_file: str | None
    cover: Input | None  # a picture to be made a JPEG in this pass; mkv takes `attachment` instead
    attachment: str | None  # a JPEG that is one already; only for mkv
    cover_output: str  # written only when the container cannot hold the cover


def arguments(job: Pass) -> list[str]:
    """The arguments of the pass, after `ffmpeg`."""
    # Segments of an HLS playlist may each restart their continuity counters; ffmpeg marks the joint as corrupt, and
    # -xerror would end there. Transport streams are judged by transport.py instead, before they come here.
    strict = [] if any(part.demuxer is Demuxer.MPEGTS for _, part in job.parts) else ["-xerror"]
    return [
        *_QUIET,
        *strict,
        *(("-copyts",) if _shares_clock(job) else ()),
        *_inputs(job),
        *_media_output(job),
        *_sidecar_output(job),
    ]


def cover_arguments(cover: Input, output: str) -> list[str]:
    """The arguments, after `ffmpeg`, that make a JPEG of `cover` in a run of its own."""
    return [*_QUIET, "-xerror", *_cover_input(cover), *_jpeg_output(0, output)]


def _shares_clock(job: Pass) -> bool:
    """Whether picture and sound come apart but count time from the same zero.

    ffmpeg moves each input to start at zero by itself. A DASH picture that starts at 0.08 s beside a sound that starts
    at 0 would lose those 80 ms of lip sync. Other formats start anywhere, and there it is the better guess.
    """
    return len(job.parts) > 1 and all(part.demuxer in {Demuxer.MOV, Demuxer.MATROSKA} for _, part in job.parts)


def _inputs(job: Pass) -> list[str]:
    words: list[str] = []
    for _, part in job.parts:
        words += _input(part.demuxer, part.file)
    if job.cover:
        words += _cover_input(job.cover)
    if job.metadata_file:
        words += _input("ffmetadata", job.metadata_file)
    return words


def _cover_input(cover: Input) -> list[str]:
    decoder = ["-max_pixels", str(COVER_MAX_PIXELS), "-c:v", _COVER_DECODERS[cover.demuxer]]
    return decoder + _input(cover.demuxer, cover.file)


def _input(demuxer: str, file: str) -> list[str]:
    return ["-protocol_whitelist", "file", "-f", demuxer, "-i", f"file:{file}"]


def _media_output(job: Pass) -> list[str]:
    metadata = str(len(job.parts) + (job.cover is not None)) if job.metadata_file else "-1"
    return [
        *_maps(job),
        *("-map_metadata", metadata, "-map_chapters", metadata, "-metadata:s", "creation_time="),
        *("-c", "copy"),
        *_embedded_cover(job),
        *_attached_cover(job),
        *_tag(job),
        # Same parts, same bytes: no encoder name, no random ids.
        *("-fflags", "+bitexact", "-max_muxing_queue_size", "9999"),
        *(("-avoid_negative_ts", "make_zero") if _shares_clock(job) else ()),
        *(_MP4_FLAGS if job.container is Container.MP4 else ()),
        *("-f", _FORMATS[job.container], f"file:{job.output}"),
    ]


def _maps(job: Pass) -> list[str]:
    """First picture (V: no cover art of the source), first sound, our cover; data and subtitle streams stay behind."""
    words: list[str] = []
    for index, (stream, _) in enumerate(job.parts):
        if stream.kind != "audio":
            words += ["-map", f"{index}:V:0"]
        if stream.kind != "video":
            words += ["-map", f"{index}:a:0" + ("?" if stream.kind == "both" else "")]
    if job.cover and job.container.embeds_cover:
        words += ["-map", f"{len(job.parts)}:v:0"]
    return words


def _embedded_cover(job: Pass) -> list[str]:
    if job.cover is None or not job.container.embeds_cover:
        return []
    cover = f"v:{sum(stream.kind != 'audio' for stream, _ in job.parts)}"
    return [
        *(f"-c:{cover}", "mjpeg", f"-q:{cover}", "3", f"-filter:{cover}", _LATE_COVER_FILTER),
        *(f"-flags:{cover}", "+bitexact", f"-disposition:{cover}", "attached_pic"),
    ]


def _attached_cover(job: Pass) -> list[str]:
    """Matroska's own way. A picture stream marked as cover becomes a second video track there (5.1 and 9.0)."""
    if job.attachment is None:
        return []
    tags = ("-metadata:s:t:0", "mimetype=image/jpeg", "-metadata:s:t:0", "filename=cover.jpg")
    return ["-attach", f"file:{job.attachment}", *tags]


def _tag(job: Pass) -> list[str]:
    """Apple players want HEVC in mp4 to be called hvc1; ffmpeg says hev1 by itself."""
    h265 = any(stream.video_codec == "h265" for stream, _ in job.parts)
    return ["-tag:v:0", "hvc1"] if h265 and job.container is Container.MP4 else []


def _sidecar_output(job: Pass) -> list[str]:
    if job.cover is None or job.container.embeds_cover:
        return []
    return _jpeg_output(len(job.parts), job.cover_output)


def _jpeg_output(source: int, output: str) -> list[str]:
    return [
        *("-map", f"{source}:v:0", "-map_metadata", "-1", "-c:v", "mjpeg", "-q:v", "3"),
        *("-filter:v", _COVER_FILTER, "-flags:v", "+bitexact", "-f", "mjpeg", f"file:{output}"),
    ]
