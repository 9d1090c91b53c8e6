"""Honest files pass, as they are and after the pass, in every container that can hold them."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.integration.media.studio import SECONDS, Studio, facts, part
from yt_videos_api.domain.policy import Container, fits
from yt_videos_api.media.expectation import Expectation, expect
from yt_videos_api.media.streams import probe_streams

# name, picture, sound, length in seconds
FILES = [
    ("h264.mp4", "h264", "aac", SECONDS),
    ("faststart.mp4", "h264", "aac", SECONDS),
    ("fragmented.mp4", "h264", "aac", SECONDS),
    ("dash.mp4", "h264", None, SECONDS),
    ("h265.mp4", "h265", "aac", SECONDS),
    ("mpeg4.mp4", "mpeg4", "mp3", SECONDS),
    ("flac.mp4", "h264", "flac", SECONDS),
    ("ac3.mkv", "h264", "ac3", SECONDS),
    ("vp9.webm", "vp9", "opus", SECONDS),
    ("live.webm", "vp9", "opus", SECONDS),
    ("opus.mp4", "vp9", "opus", SECONDS),
    ("vp8.webm", "vp8", "vorbis", SECONDS),
    ("av1.webm", "av1", "opus", SECONDS),
    ("av1.mp4", "av1", "opus", SECONDS),
    ("slides.mp4", "h264", "aac", 15.0),
    ("slides.webm", "vp9", None, 30.0),
    ("screen.mp4", "h264", None, 17.0),
    ("screen.webm", "vp9", None, 17.0),
    ("jitter.mkv", "h264", None, 14.7),
    ("one-picture.mp4", "h264", None, 0.04),
    ("one-picture.webm", "vp9", None, 0.04),
    ("blink.mp4", "h264", "aac", 0.2),
    ("short-sound.mp4", "h264", "aac", SECONDS),
    ("late-picture.mkv", "h264", "aac", 8.0),
    ("late-picture.mp4", "h264", "aac", 8.0),
    ("pauses.webm", "vp9", "opus", SECONDS),
    ("with-cover.mp4", "h264", "aac", SECONDS),
]
OTHERS = [("hls.ts", "h264", "aac"), ("flv.flv", "h264", "aac")]
SOUNDS = [("mp3.mp3", "mp3"), ("adts.aac", "aac"), ("ogg.ogg", "opus"), ("flac.flac", "flac"), ("sound.m4a", "aac")]


@pytest.mark.parametrize(("name", "video", "audio", "seconds"), FILES)
def test_a_whole_file_passes_as_it_is(
    studio: Studio, tmp_path: Path, name: str, video: str | None, audio: str | None, seconds: float
) -> None:
    studio.stage(tmp_path, name)
    found = studio.verify(tmp_path / name, Expectation(seconds, video=True, audio=audio is not None))
    assert (found.video_codec, found.audio_codec, found.width, found.height) == (video, audio, 192, 108)
    assert found.duration_seconds == pytest.approx(seconds, abs=0.35)
    assert found.packets > 0
    assert [each.name for each in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize(("name", "video", "audio", "seconds"), [*FILES, *((*row, SECONDS) for row in OTHERS)])
def test_a_whole_part_passes_in_each_container_that_fits(
    studio: Studio, tmp_path: Path, name: str, video: str | None, audio: str | None, seconds: float
) -> None:
    studio.stage(tmp_path, name)
    containers = [each for each in Container if not each.audio_only and fits(each, video, audio)]
    assert Container.MKV in containers
    for container in containers:
        found = studio.archive(tmp_path, container, part(name, "both", video, audio), duration_seconds=seconds)
        assert (found.video_codec, found.audio_codec, found.height) == (video, audio, 108)
        # ffmpeg's mp4 header may count a long frame duration twice where pictures are reordered: never less, though.
        assert seconds - 0.35 <= found.duration_seconds <= seconds + 2.5


@pytest.mark.parametrize(("name", "audio"), SOUNDS)
def test_sound_alone_passes(studio: Studio, tmp_path: Path, name: str, audio: str) -> None:
    studio.stage(tmp_path, name)
    found = studio.archive(tmp_path, Container.MKV, part(name, "audio", None, audio))
    assert (found.video_codec, found.audio_codec) == (None, audio)
    assert found.duration_seconds == pytest.approx(SECONDS, abs=0.2)


@pytest.mark.parametrize(
    ("container", "video", "audio"),
    [
        (Container.MP4, "picture.mp4", "sound.m4a"),
        (Container.MP4, "dash.mp4", "sound.m4a"),
        (Container.WEBM, "picture.webm", "sound.webm"),
        (Container.MKV, "picture.webm", "sound.m4a"),
    ],
)
def test_separate_picture_and_sound_become_one(
    studio: Studio, tmp_path: Path, container: Container, video: str, audio: str
) -> None:
    studio.stage(tmp_path, video, audio)
    parts = (part(video, "video"), part(audio, "audio"))
    expected = expect(tmp_path, parts, facts())
    assert expected.video_seconds == pytest.approx(SECONDS, abs=0.1)
    assert expected.audio_seconds == pytest.approx(SECONDS, abs=0.1)
    found = studio.archive(tmp_path, container, *parts)
    assert found.video_codec
    assert found.audio_codec
    assert found.packets >= 150 + SECONDS * 40
    kinds = [stream["codec_type"] for stream in studio.ask(tmp_path / f"muxed.{container}", "stream")["streams"]]

    assert kinds[:2] == ["video", "audio"]


def test_a_cut_by_edit_list_passes(studio: Studio, tmp_path: Path) -> None:
    studio.ffmpeg("-ss", "1.3", "-i", str(studio.clip("h264.mp4")), "-c", "copy", str(tmp_path / "cut.mp4"))
    assert studio.verify(tmp_path / "cut.mp4", Expectation(4.7)).duration_seconds == pytest.approx(4.7, abs=0.05)
    for container in (Container.MP4, Container.MKV):
        studio.archive(tmp_path, container, part("cut.mp4"), duration_seconds=4.7)


def test_segments_that_restart_their_counters_pass(studio: Studio, tmp_path: Path) -> None:
    (tmp_path / "joined.ts").write_bytes(b"".join(studio.segments()))
    # The counters do restart: what rejects every such joint rejects this file.
    strict = ("-xerror", "-i", str(tmp_path / "joined.ts"), "-c", "copy", "-f", "null", "-")
    with pytest.raises(subprocess.CalledProcessError):
        studio.ffmpeg(*strict)
    studio.archive(tmp_path, Container.MP4, part("joined.ts"))


@pytest.mark.parametrize(("name", "video", "audio"), [*(row[:3] for row in FILES), *OTHERS])
def test_streams_are_known_before_the_pass(
    studio: Studio, tmp_path: Path, name: str, video: str | None, audio: str | None
) -> None:
    studio.stage(tmp_path, name)
    found = probe_streams(studio.runner, studio.tools, tmp_path / name)
    assert (found.video_codec, found.audio_codec, found.width, found.height) == (video, audio, 192, 108)
