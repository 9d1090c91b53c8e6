"""The one pass: what ends up in the file besides its streams."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.integration.media.studio import SECONDS, Studio, facts, part
from yt_videos_api.cage.base import Completed
from yt_videos_api.domain.errors import DownloadFailure
from yt_videos_api.domain.offers import Chapter, VideoFacts
from yt_videos_api.domain.policy import Container
from yt_videos_api.media.mux import MuxPlan, MuxResult, mux
from yt_videos_api.media.sniff import Demuxer, sniff

HOSTILE = 'A "title"; with = # \\ and\nlines\n[CHAPTER]\nSTART=5\n-y $(id) %(x)s 漢字 🎬'
CHAPTERS = (Chapter("One; =#", 0.0, 2.0), Chapter("Two\nlines", 2.0, 99.0))
VIDEO_CONTAINERS = [Container.WEBM, Container.MP4, Container.MKV]
COVERS = ["cover.jpg", "cover.png", "cover.webp", "cover.gif"]


def make(
    studio: Studio, folder: Path, container: Container, *, cover: str | None = None, told: VideoFacts | None = None
) -> MuxResult:
    source = "vp9.webm" if container is Container.WEBM else "h264.mp4"
    studio.stage(folder, source)
    return studio.mux(MuxPlan(folder, (part(source),), container, told or facts(), cover_file=cover))


def language_of(studio: Studio, path: Path) -> str | None:
    """Of the sound, as ffprobe reads it; None where none is told."""
    streams = studio.ask(path, "stream=codec_type:stream_tags=language")["streams"]
    (sound,) = (stream for stream in streams if stream["codec_type"] == "audio")
    told = sound.get("tags", {}).get("language")
    return None if told == "und" else told


def tags_of(answer: dict[str, Any]) -> dict[str, str]:
    return {key.lower(): value for key, value in answer["format"]["tags"].items()}


@pytest.mark.parametrize(
    ("container", "kind", "told", "written"),
    [
        (Container.WEBM, "both", "de-AT", "ger"),
        (Container.MKV, "both", "de", "ger"),
        (Container.MP4, "both", "de", "deu"),
        (Container.M4A, "audio", "en-US", "eng"),
        (Container.MKV, "both", "-y nonsense", None),
        (Container.MP4, "both", None, None),
    ],
)
def test_the_language_of_the_sound_stands_in_the_file(
    studio: Studio, tmp_path: Path, container: Container, kind: str, told: str | None, written: str | None
) -> None:
    name = {Container.WEBM: "vp9.webm", Container.M4A: "sound.m4a"}.get(container, "h264.mp4")
    studio.stage(tmp_path, name)
    spoken = part(name, kind)
    spoken = replace(spoken, stream=replace(spoken.stream, language=told))
    made = studio.mux(MuxPlan(tmp_path, (spoken,), container, facts()))
    assert language_of(studio, tmp_path / made.file) == written
    kept = MuxPlan(tmp_path, (part("archived"),), Container.MKV, facts(), keep_tags=True)
    if container is not Container.M4A:
        (tmp_path / made.file).rename(tmp_path / "archived")
        assert language_of(studio, tmp_path / studio.mux(kept).file) == written


def test_a_video_without_sound_has_no_language(studio: Studio, tmp_path: Path) -> None:
    studio.stage(tmp_path, "picture.mp4")
    silent = part("picture.mp4")
    silent = replace(silent, stream=replace(silent.stream, language="de"))
    made = studio.mux(MuxPlan(tmp_path, (silent,), Container.MKV, facts()))
    (stream,) = studio.ask(tmp_path / made.file, "stream=codec_type:stream_tags=language")["streams"]
    assert (stream["codec_type"], stream.get("tags", {}).get("language")) == ("video", None)


@pytest.mark.parametrize("container", VIDEO_CONTAINERS)
def test_metadata_comes_back_as_it_was_said(studio: Studio, tmp_path: Path, container: Container) -> None:
    told = facts(title=HOSTILE, channel=HOSTILE, description=HOSTILE + "\\", upload_date="20240506", chapters=CHAPTERS)
    made = make(studio, tmp_path, container, told=told)
    answer = studio.ask(tmp_path / made.file, "format_tags:chapter:chapter_tags")
    tags = tags_of(answer)
    assert (tags["title"], tags["artist"], tags["date"]) == (HOSTILE, HOSTILE, "2024-05-06")
    assert tags["description"] == HOSTILE + "\\ "
    assert tags["comment"] == told.webpage_url
    chapters = [(each["start_time"], float(each["end_time"]), each["tags"]["title"]) for each in answer["chapters"]]
    assert chapters == [("0.000000", 2.0, "One; =#"), ("2.000000", SECONDS, "Two lines")]


@pytest.mark.parametrize("container", VIDEO_CONTAINERS)
def test_no_metadata_when_none_is_wanted(studio: Studio, tmp_path: Path, container: Container) -> None:
    studio.ffmpeg(
        "-i", str(studio.clip("vp9.webm")), "-c", "copy", "-metadata", "title=theirs", str(tmp_path / "a.mkv")
    )
    told = facts(chapters=CHAPTERS)
    plan = MuxPlan(tmp_path, (part("a.mkv"),), container, told, embed_metadata=False, embed_chapters=False)
    answer = studio.ask(tmp_path / studio.mux(plan).file, "format_tags:chapter")
    assert "title" not in tags_of(answer)
    assert "comment" not in tags_of(answer)
    assert answer["chapters"] == []


@pytest.mark.parametrize("cover", COVERS)
@pytest.mark.parametrize("container", [Container.MP4, Container.MKV])
def test_a_cover_is_embedded_as_a_jpeg(studio: Studio, tmp_path: Path, container: Container, cover: str) -> None:
    studio.stage(tmp_path, cover)
    made = make(studio, tmp_path, container, cover=cover)
    assert made == MuxResult(f"muxed.{container}", "embedded", None)
    streams = studio.ask(tmp_path / made.file, "stream=codec_name,codec_type,width:stream_disposition")["streams"]
    pictures = [each for each in streams if each["disposition"]["attached_pic"]]
    assert [each["codec_name"] for each in pictures] == ["mjpeg"]
    assert pictures[0]["width"] <= 1280
    found = studio.verify(tmp_path / made.file)
    assert (found.video_codec, found.audio_codec, found.width) == ("h264", "aac", 192)
    assert not (tmp_path / "muxed-cover.jpg").exists()


@pytest.mark.parametrize("cover", COVERS)
def test_webm_gets_its_cover_as_a_sidecar(studio: Studio, tmp_path: Path, cover: str) -> None:
    studio.stage(tmp_path, cover)
    made = make(studio, tmp_path, Container.WEBM, cover=cover)
    assert made == MuxResult("muxed.webm", "sidecar", "muxed-cover.jpg")
    assert sniff(tmp_path / "muxed-cover.jpg") is Demuxer.JPEG
    (picture,) = studio.ask(tmp_path / "muxed-cover.jpg", "stream=codec_name,width,height")["streams"]
    assert picture["width"] <= 1280
    assert studio.verify(tmp_path / made.file).video_codec == "vp9"


BAD_COVERS = {
    "page": b"<html>",
    "svg": b'<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>',
    "empty": b"",
    "jpeg that is none": b"\xff\xd8\xff\xe0" + b"nonsense" * 50,
    "png that is none": b"\x89PNG\r\n\x1a\n" + bytes(200),
}


@pytest.mark.parametrize("kind", [*BAD_COVERS, "bomb", "missing", "link"])
@pytest.mark.parametrize("container", VIDEO_CONTAINERS)
def test_a_bad_cover_is_dropped_and_the_video_is_not(
    studio: Studio, tmp_path: Path, container: Container, kind: str
) -> None:
    if kind in BAD_COVERS:
        (tmp_path / "thumb").write_bytes(BAD_COVERS[kind])
    elif kind == "bomb":
        (tmp_path / "thumb").write_bytes(studio.clip("bomb.png").read_bytes())
    elif kind == "link":
        (tmp_path / "thumb").symlink_to(studio.clip("cover.jpg"))
    made = make(studio, tmp_path, container, cover="thumb")
    assert made == MuxResult(f"muxed.{container}", "dropped", None)
    assert studio.verify(tmp_path / made.file).packets > 300
    assert not (tmp_path / "muxed-cover.jpg").exists()


@pytest.mark.parametrize("container", VIDEO_CONTAINERS)
def test_the_same_parts_give_the_same_bytes(studio: Studio, tmp_path: Path, container: Container) -> None:
    studio.stage(tmp_path, "cover.jpg")
    results = []
    for _ in range(2):
        made = make(studio, tmp_path, container, cover="cover.jpg", told=facts(chapters=CHAPTERS))
        results.append((tmp_path / made.file).read_bytes())
    assert results[0] == results[1]


def test_nothing_is_left_beside_the_results(studio: Studio, tmp_path: Path) -> None:
    make(studio, tmp_path, Container.MP4)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["h264.mp4", "muxed.mp4"]


def test_the_index_of_an_mp4_stands_in_front(studio: Studio, tmp_path: Path) -> None:
    made = make(studio, tmp_path, Container.MP4)
    content = (tmp_path / made.file).read_bytes()
    assert 0 < content.index(b"moov") < content.index(b"mdat")


def test_hevc_in_mp4_is_tagged_for_apple_players(studio: Studio, tmp_path: Path) -> None:
    studio.stage(tmp_path, "h265.mp4")
    plan = MuxPlan(tmp_path, (part("h265.mp4", "both", "h265", "aac"),), Container.MP4, facts())
    answer = studio.ask(tmp_path / studio.mux(plan).file, "stream=codec_tag_string")
    assert answer["streams"][0]["codec_tag_string"] == "hvc1"


def test_titles_of_the_site_never_become_arguments(studio: Studio, tmp_path: Path) -> None:
    told = facts(title="TITLE-IN-ARGV", description="DESCRIPTION-IN-ARGV", chapters=(Chapter("CHAPTER-IN-ARGV", 0, 2),))
    studio.stage(tmp_path, "h264.mp4")
    seen: list[str] = []

    class Watching:
        def run(self, argv: Sequence[str], *, folder: Path, timeout_seconds: float) -> Completed:
            seen.extend(argv)
            return studio.runner.run(argv, folder=folder, timeout_seconds=timeout_seconds)

    mux(Watching(), studio.tools, MuxPlan(tmp_path, (part("h264.mp4"),), Container.MP4, told))
    assert "-f" in seen
    assert not [word for word in seen if "IN-ARGV" in word]
    # Every input is told what it is, and may open nothing but files.
    assert seen.count("-i") == 2
    before_inputs = [seen[at - 4 : at] for at, word in enumerate(seen) if word == "-i"]
    assert all(words[:3] == ["-protocol_whitelist", "file", "-f"] for words in before_inputs)


class Ending:
    """A runner whose tools end in a given way."""

    def __init__(self, returncode: int, printed: bytes) -> None:
        self.completed = Completed(returncode, b"", printed)
        self.starts = 0

    def run(self, argv: Sequence[str], *, folder: Path, timeout_seconds: float) -> Completed:
        assert argv
        assert timeout_seconds > 0
        (folder / "muxed.mp4").write_bytes(b"half")
        self.starts += 1
        return self.completed


@pytest.mark.parametrize(
    ("returncode", "printed", "code", "starts"),
    [
        (0, b"av_interleaved_write_frame(): No space left on device", "no_space", 1),
        (1, b"Invalid data found when processing input", "damaged_media", 2),
        (-11, b"", "damaged_media", 2),
        (1, b"Unknown muxer", "media_tool_failed", 2),
    ],
)
def test_a_failed_pass_leaves_no_file_and_is_repeated_once_without_the_cover(
    studio: Studio, tmp_path: Path, returncode: int, printed: bytes, code: str, starts: int
) -> None:
    studio.stage(tmp_path, "h264.mp4", "cover.jpg")
    runner = Ending(returncode, printed)
    plan = MuxPlan(tmp_path, (part("h264.mp4"),), Container.MP4, facts(), cover_file="cover.jpg")
    with pytest.raises(DownloadFailure) as failed:
        mux(runner, studio.tools, plan)
    assert (failed.value.code, runner.starts) == (code, starts)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["cover.jpg", "h264.mp4"]


@pytest.mark.parametrize("container", VIDEO_CONTAINERS)
def test_a_full_disk_is_told_apart_from_damage(studio: Studio, tmp_path: Path, container: Container) -> None:
    """/dev/full answers every write with ENOSPC, as a disk without room does."""
    source = "vp9.webm" if container is Container.WEBM else "h264.mp4"
    studio.stage(tmp_path, source)

    class NoRoom:
        def run(self, argv: Sequence[str], *, folder: Path, timeout_seconds: float) -> Completed:
            full = [*argv[:-1], "file:/dev/full"]
            return studio.runner.run(full, folder=folder, timeout_seconds=timeout_seconds)

    plan = MuxPlan(tmp_path, (part(source),), container, facts())
    with pytest.raises(DownloadFailure) as failed:
        mux(NoRoom(), studio.tools, plan)
    assert failed.value.code == "no_space"
