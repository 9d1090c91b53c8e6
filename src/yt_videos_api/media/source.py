"""What a file with the sound of another file alone must turn out to be."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from yt_videos_api.cage.base import ToolRunner
from yt_videos_api.domain.offers import Part, VideoFacts
from yt_videos_api.media.expectation import Expectation, expect
from yt_videos_api.media.judgement import first, own_seconds
from yt_videos_api.media.tools import Tools
from yt_videos_api.media.verify import read_whole


def expect_sound(
    runner: ToolRunner, tools: Tools, folder: Path, part: Part, facts: VideoFacts, *, encoded: bool
) -> Expectation:
    """The expectation for the sound of `part`, which still lies in `folder`.

    Sound that came alone and was copied is compared with what its header tells. Else the source is read: its sound may
    be shorter than its picture, and an encoder makes a whole file of any part of a source. Raises DownloadFailure as
    `verify` does when the source is damaged.
    """
    expected = expect(folder, (part,), facts)
    if part.stream.kind == "audio" and not encoded:
        return expected
    reading = read_whole(runner, tools, folder / part.path, replace(expected, audio=True))
    sound = first(reading, "audio")
    return Expectation(audio=True, audio_seconds=own_seconds(sound) if sound else None)
