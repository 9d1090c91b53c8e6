"""P5 and P6: one file out of the parts, verified packet by packet."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from yt_videos_api.cage.base import ToolRunner
from yt_videos_api.domain.offers import Part, Stream, VideoFacts
from yt_videos_api.domain.policy import Container, ContainerChoice, ContainerPolicy, choose_container
from yt_videos_api.media.expectation import expect
from yt_videos_api.media.mux import Cover, MuxPlan, mux
from yt_videos_api.media.sniff import Demuxer, sniff
from yt_videos_api.media.streams import probe_streams
from yt_videos_api.media.tools import Tools
from yt_videos_api.media.verify import Verified, verify

_PLAIN_CONTAINERS: dict[Demuxer, set[Container]] = {
    Demuxer.MOV: {Container.MP4},
    Demuxer.MATROSKA: {Container.WEBM, Container.MKV},
}
# Fragments strung together (HLS, DASH) have no index of the whole: players could not seek in them.
_ONE_FILE = frozenset({"http", "https"})


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the file is to be like."""

    container_policy: ContainerPolicy
    embed_metadata: bool
    embed_cover_art: bool


@dataclass(frozen=True, slots=True)
class Muxed:
    """The file, not verified yet. Names inside the staging folder."""

    name: str
    container: Container
    policy_met: bool
    cover: Cover
    cover_name: str | None
    parts: tuple[Part, ...]  # what it was made of, with the codecs that were found


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
) -> Muxed:
    """P5: at most one ffmpeg pass, none when the site sent just what was asked for. Raises DownloadFailure.

    `require_room` is told how many bytes a pass is about to write, and raises when there is no room for them.
    """
    parts = tuple(_with_codecs(runner, tools, folder, part) for part in parts)
    choice = _container_for(wishes.container_policy, tuple(part.stream for part in parts))
    if _is_complete(parts, folder, choice, wishes, cover_file):
        return Muxed(parts[0].path, choice.container, choice.policy_met, "none", None, parts)
    require_room(sum(part.size_bytes for part in parts))
    plan = MuxPlan(
        folder=folder,
        parts=parts,
        container=choice.container,
        facts=facts,
        embed_metadata=wishes.embed_metadata,
        cover_file=cover_file,
    )
    result = mux(runner, tools, plan)
    return Muxed(result.file, choice.container, choice.policy_met, result.cover, result.cover_file, parts)


def surely_needs_pass(streams: Sequence[Stream], wishes: Wishes) -> bool:
    """Whether it is certain, before a byte has arrived, that a pass will write all of them once more."""
    return len(streams) > 1 or wishes.embed_metadata or any(stream.protocol not in _ONE_FILE for stream in streams)


def check(runner: ToolRunner, tools: Tools, folder: Path, muxed: Muxed, facts: VideoFacts) -> Verified:
    """P6, its first half: read every packet. Raises DownloadFailure."""
    expected = expect(folder, muxed.parts, facts)
    return verify(runner, tools, folder / muxed.name, muxed.container, expected)


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
    return choose_container(policy, video, audio)


def _is_complete(
    parts: tuple[Part, ...], folder: Path, choice: ContainerChoice, wishes: Wishes, cover_file: str | None
) -> bool:
    """Whether the only part can be published as it came."""
    part = parts[0]
    if len(parts) > 1 or wishes.embed_metadata or cover_file is not None or part.stream.protocol not in _ONE_FILE:
        return False
    return part.stream.ext == choice.container and choice.container in _PLAIN_CONTAINERS.get(
        sniff(folder / part.path), ()
    )
