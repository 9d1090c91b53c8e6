"""P5 and P6: one file out of the parts, verified packet by packet."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from yt_videos_api.cage.base import ToolRunner
from yt_videos_api.domain.choices import Extras
from yt_videos_api.domain.errors import DownloadFailure
from yt_videos_api.domain.offers import Chapter, FetchedSubtitle, Part, Stream, VideoFacts
from yt_videos_api.domain.policy import Container, ContainerChoice, ContainerPolicy, choose_container
from yt_videos_api.media.container import container_of
from yt_videos_api.media.covers import take_own_cover
from yt_videos_api.media.expectation import Expectation, expect
from yt_videos_api.media.mux import Cover, MuxPlan, mux
from yt_videos_api.media.source import expect_sound
from yt_videos_api.media.streams import probe_streams
from yt_videos_api.media.tools import Tools
from yt_videos_api.media.verify import Verified, verify

# Fragments strung together (HLS, DASH) have no index of the whole: players could not seek in them.
_ONE_FILE = frozenset({"http", "https"})


# What a second of encoded sound takes at most; lossless sound as much as what it is made of.
_ENCODED_BYTES_PER_SECOND = {"flac": 192_000}
_LOSSY_BYTES_PER_SECOND = 40_000


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the file is to be like."""

    container_policy: ContainerPolicy
    extras: Extras


@dataclass(frozen=True, slots=True)
class Muxed:
    """The file, not verified yet. Names inside the staging folder."""

    name: str
    container: Container
    policy_met: bool
    cover: Cover
    cover_name: str | None
    parts: tuple[Part, ...]  # what it was made of, with the codecs that were found
    transcoded_from: str | None = None  # the codec of the sound as it came, when it was re-encoded
    embedded_subtitles: tuple[str, ...] = ()  # languages; all others that were fetched can only lie beside the file


def assemble(
    runner: ToolRunner,
    tools: Tools,
    folder: Path,
    *,
    parts: tuple[Part, ...],
    facts: VideoFacts,
    wishes: Wishes,
    cover_file: str | None,
    require_room: Callable[[int], None],
    subtitles: tuple[FetchedSubtitle, ...] = (),
    chapters: tuple[Chapter, ...] | None = None,
    from_archive: bool = False,
) -> Muxed:
    """P5: at most one ffmpeg pass, none when the site sent just what was asked for. Raises DownloadFailure.

    `chapters` come with the marks that were wished for (domain/chapters.py); None: those of `facts`. `subtitles` are
    embedded where that is wished for and possible. The only part may be a file `from_archive`: of its tags those are
    kept that `facts` lack, its chapters unless others are given, its cover unless there is a `cover_file`.
    `require_room` is told how many bytes a pass is about to write, and raises when there is no room for them.
    """
    parts = tuple(_with_codecs(runner, tools, folder, part) for part in parts)
    choice = _container_for(wishes.container_policy, tuple(part.stream for part in parts))
    extras = wishes.extras
    if from_archive and cover_file is None and extras.embed_cover_art:
        cover_file = take_own_cover(runner, tools, folder, parts[0].path)
    plan = MuxPlan(
        folder=folder,
        parts=parts,
        container=choice.container,
        facts=facts if chapters is None else replace(facts, chapters=chapters),
        embed_metadata=extras.embed_metadata,
        embed_chapters=extras.embed_chapters,
        cover_file=cover_file,
        subtitles=subtitles if extras.embed_subtitles else (),
        encode_audio_to=choice.encode_audio_to,
        keep_tags=from_archive,
        keep_chapters=from_archive and chapters is None,
    )
    if not from_archive and _is_complete(plan):
        return Muxed(parts[0].path, choice.container, choice.policy_met, "none", None, parts)
    require_room(_bytes_to_come(plan))
    result = mux(runner, tools, plan)
    return Muxed(
        result.file,
        choice.container,
        choice.policy_met,
        result.cover,
        result.cover_file,
        parts,
        transcoded_from=_sound_codec(parts) if choice.encode_audio_to else None,
        embedded_subtitles=tuple(subtitle.language for subtitle in result.subtitles),
    )


def surely_needs_pass(streams: Sequence[Stream], wishes: Wishes) -> bool:
    """Whether it is certain, before a byte has arrived, that a pass will write all of them once more."""
    return (
        len(streams) > 1 or wishes.extras.embed_metadata or any(stream.protocol not in _ONE_FILE for stream in streams)
    )


def check(runner: ToolRunner, tools: Tools, folder: Path, muxed: Muxed, facts: VideoFacts) -> Verified:
    """P6, its first half: read every packet. Raises DownloadFailure."""
    return verify(
        runner, tools, folder / muxed.name, muxed.container, _expectation(runner, tools, folder, muxed, facts)
    )


def forget_parts(folder: Path, parts: tuple[Part, ...]) -> None:
    """Remove parts, and the stamps beside them that would let the next run take them for good."""
    names = tuple(part.path for part in parts)
    for path in folder.iterdir():
        if path.name in names or path.name.startswith(tuple(f"{name}." for name in names)):
            path.unlink()


def _with_codecs(runner: ToolRunner, tools: Tools, folder: Path, part: Part) -> Part:
    """A site that does not tell its codecs (any plain media file) is asked by looking into what it sent."""
    stream = part.stream
    told = {"video": stream.video_codec, "audio": stream.audio_codec, "both": stream.video_codec and stream.audio_codec}
    if told[stream.kind]:
        return part
    found = probe_streams(runner, tools, folder / part.path)
    stream = replace(
        stream,
        kind="audio" if found.video_codec is None else "both" if found.audio_codec else "video",
        video_codec=found.video_codec,
        audio_codec=found.audio_codec,
        height=stream.height or found.height,
    )
    return replace(part, stream=stream)


def _container_for(policy: ContainerPolicy, streams: tuple[Stream, ...]) -> ContainerChoice:
    video = next((stream.video_codec for stream in streams if stream.kind != "audio"), None)
    audio = next((stream.audio_codec for stream in streams if stream.audio_codec), None)
    if policy.audio_only and audio is None:
        raise DownloadFailure("selection_unmet", "only sound is wanted, and there is none")
    return choose_container(policy, video, audio)


def _sound_codec(parts: tuple[Part, ...]) -> str | None:
    return next((part.stream.audio_codec for part in parts if part.stream.audio_codec), None)


def _bytes_to_come(plan: MuxPlan) -> int:
    copied = sum(part.size_bytes for part in plan.parts)
    if plan.encode_audio_to is None:
        return copied
    per_second = _ENCODED_BYTES_PER_SECOND.get(plan.encode_audio_to, _LOSSY_BYTES_PER_SECOND)
    return max(copied, int((plan.facts.duration_seconds or 0) * per_second))


def _is_complete(plan: MuxPlan) -> bool:
    """Whether the only part can be published as it came."""
    part, container = plan.parts[0], plan.container
    if len(plan.parts) > 1 or part.stream.protocol not in _ONE_FILE or part.stream.ext != container:
        return False
    wanted_inside = plan.embed_metadata or (plan.embed_chapters and plan.facts.chapters) or plan.subtitles
    if wanted_inside or plan.cover_file is not None:
        return False
    # The first frame of an MP3 tells how long it is, if somebody wrote it; after a pass of ours it does.
    if container is Container.MP3 or (container.audio_only and part.stream.kind != "audio"):
        return False
    return container_of(plan.folder / part.path) is container


def _expectation(runner: ToolRunner, tools: Tools, folder: Path, muxed: Muxed, facts: VideoFacts) -> Expectation:
    if muxed.container.audio_only:
        part = next(part for part in muxed.parts if part.stream.kind != "video")
        return expect_sound(runner, tools, folder, part, facts, encoded=muxed.transcoded_from is not None)
    return replace(expect(folder, muxed.parts, facts), subtitles=len(muxed.embedded_subtitles))
