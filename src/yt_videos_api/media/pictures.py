"""The arguments that make a JPEG of whatever picture a site calls its thumbnail."""

from __future__ import annotations

from yt_videos_api.domain.policy import Container
from yt_videos_api.media.inputs import QUIET, Input, input_words
from yt_videos_api.media.sniff import Demuxer

# Larger pictures are refused by the decoder before it allocates anything (a bomb of 10^9 pixels fits in some kB).
COVER_MAX_PIXELS = 40_000_000
COVER_MAX_SIDE = 1280
_DECODERS = {Demuxer.JPEG: "mjpeg", Demuxer.PNG: "png", Demuxer.WEBP: "webp", Demuxer.GIF: "gif"}
# An animated picture is cut to its first frame here: -frames on the cover's stream makes ffmpeg 9.0 end the whole
# output after one packet of each stream, with success. yuvj420p says full range in the way that the JPEG encoders of
# 5.1 to 9.0 all take.
_FILTER = (
    f"trim=end_frame=1,scale=w='min({COVER_MAX_SIDE},iw)':h='min({COVER_MAX_SIDE},ih)':force_original_aspect_ratio=decrease,"
    "format=yuvj420p"
)
# mp4 ignores when a cover is shown. But make_zero looks at the earliest packet of all: a cover at 0 would leave parts
# whose clock starts at 1000 s where they are. Elsewhere it comes first: FLAC and MP3 hold back all sound until then.
_LATE_FILTER = f"{_FILTER},setpts=1000000/TB"
# What the tags of MP3 and FLAC call the kind of a picture; without it they say "other".
_FRONT_COVER = ("-metadata:s:v", "title=Cover", "-metadata:s:v", "comment=Cover (front)")


def cover_input(cover: Input) -> list[str]:
    """Open a picture with the one decoder for its kind, and a limit on its size."""
    decoder = ["-max_pixels", str(COVER_MAX_PIXELS), "-c:v", _DECODERS[cover.demuxer]]
    return decoder + input_words(cover.demuxer, cover.file)


def cover_arguments(cover: Input, output: str) -> list[str]:
    """The arguments, after `ffmpeg`, that make a JPEG of `cover` in a run of its own."""
    return [*QUIET, "-xerror", *cover_input(cover), *jpeg_output(0, output)]


def own_cover_arguments(part: Input, output: str) -> list[str]:
    """The arguments, after `ffmpeg`, that take the cover out of a media file, as it is: a JPEG, or whatever."""
    # Everything that is a picture, without what plays (V): the covers.
    maps = ("-map", "0:v?", "-map", "-0:V?", "-map_metadata", "-1")
    return [*QUIET, *input_words(part.demuxer, part.file), *maps, "-c", "copy", "-f", "image2pipe", f"file:{output}"]


def jpeg_output(source: int, output: str) -> list[str]:
    """Write the picture of input number `source` as a JPEG file."""
    return [
        *("-map", f"{source}:v:0", "-map_metadata", "-1", "-c:v", "mjpeg", "-q:v", "3"),
        *("-filter:v", _FILTER, "-flags:v", "+bitexact", "-f", "mjpeg", f"file:{output}"),
    ]


def embedded_cover(container: Container, stream: int) -> list[str]:
    """Make output stream number `stream` of the pictures the cover of the file."""
    cover = f"v:{stream}"
    late = container is Container.MP4
    return [
        *(f"-c:{cover}", "mjpeg", f"-q:{cover}", "3", f"-filter:{cover}", _LATE_FILTER if late else _FILTER),
        *(f"-flags:{cover}", "+bitexact", f"-disposition:{cover}", "attached_pic"),
        *(_FRONT_COVER if container in {Container.MP3, Container.FLAC} else ()),
    ]


def attached_cover(file: str) -> list[str]:
    """Matroska's own way. A picture stream marked as cover becomes a second video track there (5.1 and 9.0)."""
    tags = ("-metadata:s:t:0", "mimetype=image/jpeg", "-metadata:s:t:0", "filename=cover.jpg")
    return ["-attach", f"file:{file}", *tags]
