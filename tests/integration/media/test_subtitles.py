"""Subtitles in the file: read back with their times and languages, shown to nobody who did not ask."""

from __future__ import annotations

import struct
import subprocess
from pathlib import Path

import pytest

from tests.integration.media.studio import FRAGMENTED, SECONDS, Studio, facts, part
from yt_videos_api.domain.errors import DownloadFailure
from yt_videos_api.domain.offers import Chapter, FetchedSubtitle
from yt_videos_api.domain.policy import Container
from yt_videos_api.domain.webvtt import Cue, parse, write_vtt
from yt_videos_api.media.expectation import Expectation
from yt_videos_api.media.mux import MuxPlan

ENGLISH = (Cue(1.5, 2.5, "Hello <you>\n& line"), Cue(4.0, 5.0, "漢字"))
GERMAN = (Cue(0.2, 2.5, "Hallo"), Cue(5.0, 99.0, "länger als das Bild"))
SPOKEN = (
    FetchedSubtitle("en", automatic=False, path="subtitle.en.vtt"),
    FetchedSubtitle("de-AT", automatic=True, path="subtitle.de-AT.vtt"),
)
CONTAINERS = {Container.WEBM: "webvtt", Container.MP4: "mov_text", Container.MKV: "subrip"}


def stage(studio: Studio, folder: Path, *clips: str) -> None:
    studio.stage(folder, *clips)
    for subtitle, cues in zip(SPOKEN, (ENGLISH, GERMAN), strict=True):
        (folder / subtitle.path).write_text(write_vtt(cues), encoding="utf-8")


def read_back(studio: Studio, path: Path, track: int) -> tuple[Cue, ...]:
    argv = [
        str(studio.tools.ffmpeg),
        "-v",
        "error",
        "-copyts",
        "-i",
        str(path),
        "-map",
        f"0:s:{track}",
        "-f",
        "webvtt",
        "-",
    ]
    done = subprocess.run(argv, check=True, timeout=30, capture_output=True)
    # ffmpeg decodes what is escaped and does not escape it again.
    return parse(done.stdout.decode().replace("<you>", "&lt;you&gt;"))


@pytest.mark.parametrize("container", CONTAINERS)
@pytest.mark.parametrize("cover", [None, "cover.png"])
def test_subtitles_come_back_as_they_were_said(
    studio: Studio, tmp_path: Path, container: Container, cover: str | None
) -> None:
    names = ("picture.webm", "sound.webm") if container is Container.WEBM else ("picture.mp4", "sound.m4a")
    stage(studio, tmp_path, *names, "cover.png")
    parts = (part(names[0], "video"), part(names[1], "audio"))
    made = studio.mux(MuxPlan(tmp_path, parts, container, facts(), cover_file=cover, subtitles=SPOKEN))
    assert made.subtitles == SPOKEN
    entries = "stream=codec_name,codec_type:stream_tags=language,title,handler_name:stream_disposition=default"
    streams = studio.ask(tmp_path / made.file, entries)["streams"]
    texts = [each for each in streams if each["codec_type"] == "subtitle"]
    assert [each["codec_name"] for each in texts] == [CONTAINERS[container]] * 2
    assert [each["disposition"]["default"] for each in texts] == [0, 0]
    german = "deu" if container is Container.MP4 else "ger"
    assert [each["tags"]["language"] for each in texts] == ["eng", german]
    title = "handler_name" if container is Container.MP4 else "title"
    assert [each["tags"][title] for each in texts] == ["en", "de-AT (auto)"]
    first, second = read_back(studio, tmp_path / made.file, 0), read_back(studio, tmp_path / made.file, 1)
    hello = "Hello ‹you›\n& line" if container is Container.MKV else "Hello <you>\n& line"
    assert [each.text for each in first] == [hello, "漢字"]
    # Where pictures are reordered all of it begins a little later.
    begin = float(studio.ask(tmp_path / made.file, "stream=start_time")["streams"][0]["start_time"])
    assert begin < 0.1
    assert [each.start_seconds - begin for each in first] == pytest.approx([1.5, 4.0], abs=0.03)
    assert [each.end_seconds - begin for each in first] == pytest.approx([2.5, 5.0], abs=0.03)
    assert second[0].text == "Hallo"
    left = {"cover.png", made.file, *names, *(each.path for each in SPOKEN), *filter(None, [made.cover_file])}
    assert {each.name for each in tmp_path.iterdir()} == left
    found = studio.verify(tmp_path / made.file, Expectation(SECONDS, True, True, subtitles=2))
    assert found.duration_seconds == pytest.approx(SECONDS, abs=0.1)


@pytest.mark.parametrize("container", [Container.MP4, Container.MKV])
def test_subtitles_follow_a_clock_that_does_not_begin_at_zero(
    studio: Studio, tmp_path: Path, container: Container
) -> None:
    stage(studio, tmp_path)
    for name, stream, ticks in (("picture.mp4", "v", 12800), ("sound.m4a", "a", 44100)):
        options = ("-map", f"0:{stream}", "-c", "copy", "-frag_duration", "1000000", *FRAGMENTED)
        studio.ffmpeg("-i", str(studio.clip("h264.mp4")), *options, str(tmp_path / name))
        content, at = bytearray((tmp_path / name).read_bytes()), -1
        while (at := content.find(b"tfdt", at + 1)) >= 0:
            moment = struct.unpack_from(">Q", content, at + 8)[0]
            struct.pack_into(">Q", content, at + 8, moment + 1000 * ticks)
        (tmp_path / name).write_bytes(content)
    parts = (part("picture.mp4", "video"), part("sound.m4a", "audio"))
    made = studio.mux(MuxPlan(tmp_path, parts, container, facts(), subtitles=SPOKEN))
    cues = read_back(studio, tmp_path / made.file, 0)
    assert [each.start_seconds for each in cues] == pytest.approx([1.5, 4.0], abs=0.1)
    assert studio.verify(tmp_path / made.file).duration_seconds == pytest.approx(SECONDS, abs=0.2)


def test_subtitles_that_cannot_be_read_cost_neither_the_others_nor_the_video(studio: Studio, tmp_path: Path) -> None:
    stage(studio, tmp_path, "h264.mp4")
    (tmp_path / SPOKEN[1].path).write_text("no subtitles")
    made = studio.mux(MuxPlan(tmp_path, (part("h264.mp4"),), Container.MP4, facts(), subtitles=SPOKEN))
    assert made.subtitles == SPOKEN[:1]
    assert studio.verify(tmp_path / made.file, Expectation(subtitles=1)).packets > 300


def test_a_file_without_the_subtitles_that_were_put_in_is_no_whole_file(studio: Studio, tmp_path: Path) -> None:
    studio.stage(tmp_path, "h264.mp4")
    with pytest.raises(DownloadFailure, match="0 of 2 subtitles"):
        studio.verify(tmp_path / "h264.mp4", Expectation(subtitles=2))


def test_sound_files_hold_no_subtitles(studio: Studio, tmp_path: Path) -> None:
    stage(studio, tmp_path, "sound.m4a")
    made, _ = studio.archive_sound(tmp_path, Container.M4A, part("sound.m4a", "audio"), subtitles=SPOKEN)
    assert made.subtitles == ()


@pytest.mark.parametrize("container", CONTAINERS)
def test_texts_that_go_on_do_not_hide_that_the_end_is_missing(
    studio: Studio, tmp_path: Path, container: Container
) -> None:
    stage(studio, tmp_path)
    if container is Container.WEBM:
        studio.ffmpeg("-t", "3", "-i", str(studio.clip("vp9.webm")), "-c", "copy", str(tmp_path / "short.webm"))
        source = "short.webm"
    else:
        whole = studio.clip("hls.ts").read_bytes()
        (tmp_path / "short.ts").write_bytes(whole[: len(whole) // 2 // 188 * 188])
        source = "short.ts"
    told = facts(chapters=(Chapter("All", 0.0, SECONDS),))
    made = studio.mux(MuxPlan(tmp_path, (part(source),), container, told, subtitles=SPOKEN))
    with pytest.raises(DownloadFailure, match="the site says"):
        studio.verify(tmp_path / made.file, Expectation(SECONDS))
