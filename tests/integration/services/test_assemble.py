"""P5 and P6 for every wish: what comes out is whole, in the right container, and says what became of the rest."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from tests.integration.media.studio import SECONDS, Studio, facts, part
from yt_videos_api.cage.base import Completed
from yt_videos_api.domain.choices import Extras
from yt_videos_api.domain.errors import DownloadFailure
from yt_videos_api.domain.offers import Chapter, FetchedSubtitle, Part, VideoFacts
from yt_videos_api.domain.policy import Container, ContainerPolicy
from yt_videos_api.domain.webvtt import Cue, write_vtt
from yt_videos_api.media.tools import find_tools
from yt_videos_api.media.verify import Verified
from yt_videos_api.services.assemble import Muxed, Wishes, assemble, check

BARE = Extras(embed_metadata=False, embed_cover_art=False)
CHAPTERS = (Chapter("One", 0.0, 2.0), Chapter("Two", 2.0, SECONDS))
SPOKEN = (FetchedSubtitle("en", automatic=False, path="subtitle.en.vtt"),)


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Studio:
    tools = find_tools(os.environ.get("YT_VIDEOS_FFMPEG"), os.environ.get("YT_VIDEOS_FFPROBE"))
    return Studio(tools, tmp_path_factory.mktemp("clips"))


class Bench:
    """One staging folder, and how much room it was asked for."""

    def __init__(self, studio: Studio, folder: Path) -> None:
        self.studio = studio
        self.folder = folder
        self.asked_bytes: list[int] = []
        self.starts: list[str] = []

    def run(self, argv: Sequence[str], *, folder: Path, timeout_seconds: float) -> Completed:
        """A ToolRunner that remembers what was started."""
        self.starts.append("ffprobe" if argv[0] == str(self.studio.tools.ffprobe) else "ffmpeg")
        return self.studio.runner.run(argv, folder=folder, timeout_seconds=timeout_seconds)

    def make(
        self, policy: str, *parts: Part, extras: Extras = BARE, told: VideoFacts | None = None, **more: object
    ) -> tuple[Muxed, Verified]:
        self.studio.stage(self.folder, *(each.path for each in parts if not (self.folder / each.path).exists()))
        known = told or facts()
        muxed = assemble(
            self,
            self.studio.tools,
            self.folder,
            parts=parts,
            facts=known,
            wishes=Wishes(ContainerPolicy(policy), extras),
            require_room=self.asked_bytes.append,
            **({"cover_file": None} | more),  # type: ignore[arg-type] # the keywords differ in type
        )
        return muxed, check(self, self.studio.tools, self.folder, muxed, known)


@pytest.fixture
def bench(studio: Studio, tmp_path: Path) -> Bench:
    return Bench(studio, tmp_path)


@pytest.mark.parametrize(
    ("policy", "video", "audio", "starts"),
    [
        ("webm", ("picture.webm", "vp9"), ("sound.webm", "opus"), ["ffmpeg", "ffprobe"]),
        ("mp4", ("picture.mp4", "h264"), ("sound.m4a", "aac"), ["ffmpeg", "ffprobe"]),
        ("mkv", ("picture.mp4", "h264"), ("sound.m4a", "aac"), ["ffmpeg", "ffmpeg", "ffprobe"]),
        ("m4a", None, ("sound.m4a", "aac"), ["ffmpeg", "ffprobe"]),
        ("flac", None, ("flac.flac", "flac"), ["ffmpeg", "ffprobe"]),
        ("opus", None, ("sound.webm", "opus"), ["ffmpeg", "ffmpeg", "ffprobe"]),
        ("mp3", None, ("sound.m4a", "aac"), ["ffmpeg", "ffprobe", "ffprobe"]),
    ],
)
def test_no_more_tools_are_started_than_it_takes(
    bench: Bench, policy: str, video: tuple[str, str] | None, audio: tuple[str, str], starts: list[str]
) -> None:
    """One pass and one reading; a JPEG first where covers are attached, the source read where sound is encoded."""
    bench.studio.stage(bench.folder, "cover.jpg")
    parts = [part(video[0], "video", video[1])] if video else []
    parts.append(part(audio[0], "audio", None, audio[1]))
    bench.make(policy, *parts, extras=Extras(), chapters=CHAPTERS, cover_file="cover.jpg")
    assert bench.starts == starts


@pytest.mark.parametrize(
    ("policy", "source", "came_as"),
    [
        ("m4a", "sound.m4a", None),
        ("m4a", "sound.webm", "opus"),
        ("mp3", "sound.m4a", "aac"),
        ("opus", "sound.webm", None),
        ("flac", "sound.webm", "opus"),
        ("mp3", "mp3.mp3", None),
        ("opus", "h264.mp4", "aac"),
        ("m4a", "h264.mp4", None),
    ],
)
def test_an_audio_policy_gives_sound_alone_and_tells_what_was_encoded(
    bench: Bench, policy: str, source: str, came_as: str | None
) -> None:
    kind = "both" if source == "h264.mp4" else "audio"
    muxed, found = bench.make(policy, part(source, kind), extras=Extras())
    assert (muxed.container, muxed.policy_met, muxed.transcoded_from) == (Container(policy), True, came_as)
    assert (found.video_codec, found.height) == (None, None)
    assert found.duration_seconds == pytest.approx(SECONDS, abs=0.1)


def test_room_is_asked_for_by_the_length_of_what_is_encoded(bench: Bench) -> None:
    bench.make("flac", part("sound.webm", "audio", None, "opus"), told=facts(duration_seconds=SECONDS))
    assert bench.asked_bytes == [6 * 192_000]
    bench.make("opus", replace(part("sound.webm", "audio", None, "opus"), size_bytes=777), extras=Extras())
    assert bench.asked_bytes[1:] == [777]


@pytest.mark.parametrize(("policy", "source"), [("opus", "ogg.opus"), ("flac", "flac.flac"), ("m4a", "sound.m4a")])
def test_sound_that_came_just_as_it_is_wanted_is_not_touched(bench: Bench, policy: str, source: str) -> None:
    if source == "ogg.opus":
        (bench.folder / source).write_bytes(bench.studio.clip("ogg.ogg").read_bytes())
    muxed, _ = bench.make(policy, part(source, "audio"))
    assert (muxed.name, bench.asked_bytes) == (source, [])


def test_an_m4a_of_fragments_is_put_in_order(bench: Bench) -> None:
    """What YouTube calls m4a is a DASH stream, in which players cannot seek."""
    bench.studio.ffmpeg(
        "-i", str(bench.studio.clip("sound.m4a")), "-c", "copy", "-f", "mp4", "-movflags", "+dash+global_sidx",
        str(bench.folder / "dash.m4a"),
    )  # fmt: skip
    muxed, _ = bench.make("m4a", part("dash.m4a", "audio", None, "aac"))
    assert muxed.name == "muxed.m4a"
    assert bench.studio.packets(bench.folder / muxed.name, "a:0") == bench.studio.packets(
        bench.folder / "dash.m4a", "a:0"
    )


def test_a_file_whose_name_promises_another_container_is_put_into_it(bench: Bench) -> None:
    (bench.folder / "matroska.webm").write_bytes(
        bench.studio.clip("vp9.webm").read_bytes().replace(b"\x42\x82\x84webm", b"\x42\x82\x84mkvx", 1)
    )
    muxed, found = bench.make("webm", part("matroska.webm", "both", "vp9", "opus"))
    assert (muxed.name, found.video_codec) == ("muxed.webm", "vp9")


def test_a_video_without_sound_gives_no_sound_file(bench: Bench) -> None:
    with pytest.raises(DownloadFailure) as failed:
        bench.make("mp3", part("picture.mp4", "both"))
    assert failed.value.code == "selection_unmet"


def test_chapters_alone_are_worth_a_pass(bench: Bench) -> None:
    muxed, _ = bench.make("mp4", part("h264.mp4", "both", "h264", "aac"), chapters=CHAPTERS)
    answer = bench.studio.ask(bench.folder / muxed.name, "chapter:chapter_tags")
    assert [each["tags"]["title"] for each in answer["chapters"]] == ["One", "Two"]
    unwanted = replace(BARE, embed_chapters=False)
    muxed, _ = bench.make("mp4", part("h264.mp4", "both", "h264", "aac"), chapters=CHAPTERS, extras=unwanted)
    assert muxed.name == "h264.mp4"


@pytest.mark.parametrize(
    ("policy", "wanted", "embedded"), [("mp4", True, ("en",)), ("mp4", False, ()), ("m4a", True, ())]
)
def test_subtitles_are_embedded_where_that_is_wanted_and_possible(
    bench: Bench, policy: str, wanted: bool, embedded: tuple[str, ...]
) -> None:
    (bench.folder / SPOKEN[0].path).write_text(write_vtt([Cue(1, 2, "Hello")]))
    extras = replace(BARE, embed_subtitles=wanted)
    muxed, _ = bench.make(policy, part("h264.mp4", "both", "h264", "aac"), extras=extras, subtitles=SPOKEN)
    assert muxed.embedded_subtitles == embedded


def test_an_archived_file_becomes_another_container_with_all_it_had(bench: Bench) -> None:
    bench.studio.stage(bench.folder, "cover.jpg")
    told = facts(description="Long")
    first, _ = bench.make(
        "mp4",
        part("h264.mp4", "both", "h264", "aac"),
        extras=Extras(),
        told=told,
        chapters=CHAPTERS,
        cover_file="cover.jpg",
    )
    (bench.folder / first.name).rename(bench.folder / "archived.mp4")
    archived = part("archived.mp4", "both", "h264", "aac")
    muxed, found = bench.make("mkv", archived, extras=Extras(), from_archive=True)
    assert (muxed.container, muxed.cover, found.height) == (Container.MKV, "embedded", 108)
    path = bench.folder / muxed.name
    answer = bench.studio.ask(path, "format_tags=description:chapter:chapter_tags")
    assert [each["tags"]["title"] for each in answer["chapters"]] == ["One", "Two"]
    assert "Long" in answer["format"]["tags"].values()
    assert bench.studio.packets(path, "V:0") == bench.studio.packets(bench.folder / "archived.mp4", "V:0")
    marked = (Chapter("Marked", 0.0, 1.0),)
    muxed, _ = bench.make(
        "mkv", archived, extras=replace(Extras(), embed_cover_art=False), chapters=marked, from_archive=True
    )
    answer = bench.studio.ask(bench.folder / muxed.name, "chapter:chapter_tags")
    assert [each["tags"]["title"] for each in answer["chapters"]] == ["Marked"]
    assert muxed.cover == "none"


def test_a_remux_of_a_damaged_archive_fails(bench: Bench) -> None:
    whole = bench.studio.clip("h264.mp4").read_bytes()
    for policy in ("mkv", "mp3"):
        (bench.folder / "archived.mp4").write_bytes(whole[: len(whole) // 2])
        with pytest.raises(DownloadFailure) as failed:
            bench.make(policy, part("archived.mp4", "both", "h264", "aac"), extras=Extras(), from_archive=True)
        assert failed.value.code == "damaged_media"
