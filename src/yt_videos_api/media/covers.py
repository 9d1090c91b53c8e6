"""Pictures on their way into a file or beside it: whatever a site sent becomes a JPEG, or is dropped."""

from __future__ import annotations

from pathlib import Path

from yt_videos_api.cage.base import ToolRunner
from yt_videos_api.domain.errors import DownloadFailure
from yt_videos_api.media.complaints import failure_of
from yt_videos_api.media.inputs import Input
from yt_videos_api.media.pictures import cover_arguments, own_cover_arguments
from yt_videos_api.media.sniff import sniff
from yt_videos_api.media.tools import Tools

# Names inside the staging folder.
_THUMBNAIL = "thumbnail.jpg"
_OWN_COVER = "own-cover"
_PICTURE_SECONDS = 120.0


def find_picture(folder: Path, file: str | None) -> Input | None:
    """The file if it is a picture at all; what claims to be one may be SVG, HTML or a playlist."""
    if file is None:
        return None
    try:
        demuxer = sniff(folder / file)
    except DownloadFailure:
        return None
    return Input(file, demuxer) if demuxer.is_image else None


def make_jpeg(runner: ToolRunner, tools: Tools, folder: Path, picture: Input, output: str) -> bool:
    """Whether `output` is a JPEG of `picture` now: one ffmpeg start. It belongs to the caller.

    Raises DownloadFailure only when the disk is full or the cage dies.
    """
    return _write(runner, [str(tools.ffmpeg), *cover_arguments(picture, output)], folder / output)


def write_thumbnail(runner: ToolRunner, tools: Tools, folder: Path, picture_file: str) -> str | None:
    """A JPEG of the picture, of at most 1280 pixels a side, in `folder`; its name, or None when it cannot be used.

    Safe to repeat. One ffmpeg start. Raises DownloadFailure only when the disk is full or the cage dies.
    """
    picture = find_picture(folder, picture_file)
    if picture is None or not make_jpeg(runner, tools, folder, picture, _THUMBNAIL):
        return None
    return _THUMBNAIL


def take_own_cover(runner: ToolRunner, tools: Tools, folder: Path, media_file: str) -> str | None:
    """The cover out of a media file in `folder`, as a file beside it that belongs to the caller; None without one."""
    argv = [str(tools.ffmpeg), *own_cover_arguments(Input(media_file, sniff(folder / media_file)), _OWN_COVER)]
    if not _write(runner, argv, folder / _OWN_COVER) or find_picture(folder, _OWN_COVER) is None:
        (folder / _OWN_COVER).unlink(missing_ok=True)
        return None
    return _OWN_COVER


def _write(runner: ToolRunner, argv: list[str], output: Path) -> bool:
    output.unlink(missing_ok=True)
    failure = failure_of(runner.run(argv, folder=output.parent, timeout_seconds=_PICTURE_SECONDS))
    if failure is None and output.is_file() and output.stat().st_size > 0:
        return True
    output.unlink(missing_ok=True)
    if failure and failure.code == "no_space":
        raise failure
    return False
