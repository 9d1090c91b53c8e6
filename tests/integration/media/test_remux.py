"""From one archived file to another container: the same packets, with the tags, chapters and cover it had."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.integration.media.studio import SECONDS, Studio, facts, part
from tests.integration.media.test_sound_files import read_tags
from yt_videos_api.domain.offers import Chapter
from yt_videos_api.domain.policy import Container
from yt_videos_api.media.covers import take_own_cover, write_thumbnail
from yt_videos_api.media.expectation import expect
from yt_videos_api.media.jpeg import jpeg_size
from yt_videos_api.media.mux import MuxPlan

CHAPTERS = (Chapter("One", 0.0, 2.6), Chapter("Two", 2.6, SECONDS))
TOLD = facts(title="Title", channel="Channel", description="Long", upload_date="20240506", chapters=CHAPTERS)
# What the database still knows of it: no description, no chapters.
KNOWN = facts(title="Title", channel="Channel", upload_date="20240506")


def archived(studio: Studio, folder: Path, source: str, container: Container) -> str:
    """An archived file, with everything in it that its container can hold."""
    studio.stage(folder, source, "cover.jpg")
    kind = "audio" if container.audio_only else "both"
    made = studio.mux(MuxPlan(folder, (part(source, kind),), container, TOLD, cover_file="cover.jpg"))
    return (folder / made.file).rename(folder / f"archived.{container}").name


@pytest.mark.parametrize(
    ("source", "first", "second"),
    [
        ("h264.mp4", Container.MP4, Container.MKV),
        ("h264.mp4", Container.MKV, Container.MP4),
        ("vp9.webm", Container.WEBM, Container.MKV),
        ("vp9.webm", Container.MKV, Container.WEBM),
    ],
)
def test_a_remux_has_the_same_packets_tags_chapters_and_cover(
    studio: Studio, tmp_path: Path, source: str, first: Container, second: Container
) -> None:
    name = archived(studio, tmp_path, source, first)
    cover = "cover.jpg" if first is Container.WEBM else take_own_cover(studio.runner, studio.tools, tmp_path, name)
    assert cover
    assert jpeg_size((tmp_path / cover).read_bytes()) in {(1280, 720), (1920, 1080)}
    plan = MuxPlan(tmp_path, (part(name),), second, KNOWN, cover_file=cover, keep_tags=True, keep_chapters=True)
    made = studio.mux(plan)
    assert made.cover == ("sidecar" if second is Container.WEBM else "embedded")
    for stream in ("V:0", "a:0"):
        packets = studio.packets(tmp_path / made.file, stream)
        assert len(packets) > 100
        assert packets == studio.packets(tmp_path / name, stream)
    answer = studio.ask(tmp_path / made.file, "format_tags:chapter:chapter_tags:stream=codec_type")
    tags = {key.lower(): value for key, value in answer["format"]["tags"].items()}
    assert (tags["title"], tags["artist"], tags["description"]) == ("Title", "Channel", "Long")
    assert (tags["comment"], tags["date"]) == (TOLD.webpage_url, "2024-05-06")
    assert "major_brand" not in tags or second is Container.MP4
    assert [each["tags"]["title"] for each in answer["chapters"]] == ["One", "Two"]
    studio.verify(tmp_path / made.file, expect(tmp_path, plan.parts, KNOWN))


@pytest.mark.parametrize(
    ("source", "first", "second", "encode"),
    [
        ("h264.mp4", Container.MP4, Container.M4A, None),
        ("h264.mp4", Container.MP4, Container.MP3, "mp3"),
        ("vp9.webm", Container.MKV, Container.OPUS, None),
        ("sound.webm", Container.OPUS, Container.FLAC, "flac"),
        ("flac.flac", Container.FLAC, Container.MP3, "mp3"),
    ],
)
def test_the_sound_of_an_archived_file_is_taken_out_with_tags_and_cover(
    studio: Studio, tmp_path: Path, source: str, first: Container, second: Container, encode: str | None
) -> None:
    name = archived(studio, tmp_path, source, first)
    cover = take_own_cover(studio.runner, studio.tools, tmp_path, name)
    # FLAC and Ogg call their description a comment: there it is the database that has to know it.
    known = replace(KNOWN, description="Long") if first in {Container.OPUS, Container.FLAC} else KNOWN
    more = {"facts": known, "cover_file": cover, "keep_tags": True, "keep_chapters": True, "encode_audio_to": encode}
    made, found = studio.archive_sound(tmp_path, second, part(name, "audio" if first.audio_only else "both"), **more)
    assert found.duration_seconds == pytest.approx(SECONDS, abs=0.1)
    tags = read_tags(tmp_path / made.file)
    assert tags.texts == ["Title", "Channel", "2024-05-06", "Long", TOLD.webpage_url]
    assert [title for _, title in tags.chapters] == ["One", "Two"]
    # ffmpeg 5.1 moves chapters along with the priming of Opus.
    assert [start for start, _ in tags.chapters] == pytest.approx([0.0, 2.6], abs=0.01)
    assert jpeg_size(tags.cover) == (1280, 720)
    if encode is None:
        assert studio.packets(tmp_path / made.file, "a:0") == studio.packets(tmp_path / name, "a:0")


def test_nothing_is_kept_that_is_not_wanted(studio: Studio, tmp_path: Path) -> None:
    name = archived(studio, tmp_path, "h264.mp4", Container.MP4)
    wishes = MuxPlan(
        tmp_path,
        (part(name),),
        Container.MKV,
        KNOWN,
        embed_metadata=False,
        embed_chapters=False,
        keep_tags=True,
        keep_chapters=True,
    )
    answer = studio.ask(tmp_path / studio.mux(wishes).file, "format_tags:chapter:stream=codec_type")
    assert answer["chapters"] == []
    assert "title" not in {key.lower() for key in answer["format"].get("tags", {})}
    assert [each["codec_type"] for each in answer["streams"]] == ["video", "audio"]


@pytest.mark.parametrize("name", ["h264.mp4", "flac.flac", "cover.jpg"])
def test_a_file_without_a_cover_has_none_to_give(studio: Studio, tmp_path: Path, name: str) -> None:
    studio.stage(tmp_path, "h264.mp4", "flac.flac", "cover.jpg")
    found = take_own_cover(studio.runner, studio.tools, tmp_path, name) if name != "cover.jpg" else None
    assert found is None
    assert sorted(each.name for each in tmp_path.iterdir()) == ["cover.jpg", "flac.flac", "h264.mp4"]


@pytest.mark.parametrize("cover", ["cover.jpg", "cover.png", "cover.webp", "cover.gif", "bomb.png"])
def test_a_thumbnail_is_a_jpeg_of_sane_size_or_none(studio: Studio, tmp_path: Path, cover: str) -> None:
    studio.stage(tmp_path, cover)
    made = write_thumbnail(studio.runner, studio.tools, tmp_path, cover)
    if cover == "bomb.png":
        assert made is None
        assert [each.name for each in tmp_path.iterdir()] == [cover]
    else:
        assert made == "thumbnail.jpg"
        assert max(jpeg_size((tmp_path / made).read_bytes()) or (0,)) in {1280, 320, 64}
