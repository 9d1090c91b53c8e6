"""Picture and sound that come apart stay together in time."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from tests.integration.media.studio import FRAGMENTED, Studio, facts, part
from yt_videos_api.domain.policy import Container
from yt_videos_api.media.mux import MuxPlan

LATE_SECONDS = 0.08  # two pictures: B-frames without an edit list


def starts(studio: Studio, path: Path) -> dict[str, float]:
    streams = studio.ask(path, "stream=codec_type,start_time:stream_disposition=attached_pic")["streams"]
    played = (each for each in streams if each["codec_type"] in {"video", "audio"})
    return {each["codec_type"]: float(each["start_time"]) for each in played if not each["disposition"]["attached_pic"]}


def fragments(studio: Studio, folder: Path, name: str, stream: str, ticks_per_second: int, later_seconds: int) -> None:
    """A fragmented part whose clock shows `later_seconds` at its start, as cuts from a live stream do."""
    path = folder / name
    options = ("-map", f"0:{stream}", "-c", "copy", "-frag_duration", "1000000", *FRAGMENTED)
    studio.ffmpeg("-i", str(studio.clip("h264.mp4")), *options, str(path))
    content, at = bytearray(path.read_bytes()), -1
    while (at := content.find(b"tfdt", at + 1)) >= 0:
        form = ">Q" if content[at + 4] else ">I"
        moment = struct.unpack_from(form, content, at + 8)[0]
        struct.pack_into(form, content, at + 8, moment + later_seconds * ticks_per_second)
    path.write_bytes(content)


@pytest.mark.parametrize("cover", [None, "cover.png"])
@pytest.mark.parametrize("later_seconds", [0, 1000])
@pytest.mark.parametrize("container", [Container.MP4, Container.MKV])
def test_a_picture_that_starts_later_still_does(
    studio: Studio, tmp_path: Path, container: Container, later_seconds: int, cover: str | None
) -> None:
    fragments(studio, tmp_path, "picture.mp4", "v", 12800, later_seconds)
    fragments(studio, tmp_path, "sound.m4a", "a", 44100, later_seconds)
    assert starts(studio, tmp_path / "picture.mp4")["video"] == pytest.approx(later_seconds + LATE_SECONDS, abs=0.005)
    studio.stage(tmp_path, "cover.png")
    parts = (part("picture.mp4", "video"), part("sound.m4a", "audio"))
    made = studio.mux(MuxPlan(tmp_path, parts, container, facts(), cover_file=cover))
    found = starts(studio, tmp_path / made.file)
    assert found["video"] - found["audio"] == pytest.approx(LATE_SECONDS, abs=0.03)
    assert found["audio"] < 0.1
    assert studio.verify(tmp_path / made.file).duration_seconds == pytest.approx(6.1, abs=0.1)
