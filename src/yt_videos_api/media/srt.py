"""SubRip beside the video, for players that know nothing else."""

from __future__ import annotations

from pathlib import Path

from yt_videos_api.domain.offers import FetchedSubtitle
from yt_videos_api.domain.webvtt import write_srt
from yt_videos_api.media.texts import read_subtitle


def write_srt_file(folder: Path, subtitle: FetchedSubtitle) -> str:
    """Write the subtitle, which lies in the staging folder as WebVTT of our own, once more; the name of the new file.

    Safe to repeat. Raises NotSubtitles when it is no WebVTT after all, DownloadFailure when it is no regular file.
    """
    cues = read_subtitle(folder, subtitle)
    path = (folder / subtitle.path).with_suffix(".srt")
    path.write_text(write_srt(cues), encoding="utf-8")
    return path.name
