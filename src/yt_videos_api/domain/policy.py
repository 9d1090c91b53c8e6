"""Container policies: which container is wanted, and which one the streams fit into. Video is never transcoded."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class ContainerPolicy(StrEnum):
    """The container a user asks for; part of a download's identity."""

    WEBM = "webm"
    MP4 = "mp4"
    MKV = "mkv"


class Container(StrEnum):
    """The container a file is stored in."""

    WEBM = "webm"
    MP4 = "mp4"
    MKV = "mkv"

    @property
    def media_type(self) -> str:
        """What HTTP calls it."""
        return {"webm": "video/webm", "mp4": "video/mp4", "mkv": "video/x-matroska"}[self.value]

    @property
    def embeds_cover(self) -> bool:
        """WebM's rules know no attachments; ffmpeg drops them there without a word."""
        return self is not Container.WEBM


# What players can be expected to play from each container, not merely what ffmpeg can be talked into writing.
_FITS: dict[Container, tuple[frozenset[str], frozenset[str]]] = {
    Container.WEBM: (frozenset({"vp8", "vp9", "av1"}), frozenset({"opus", "vorbis"})),
    Container.MP4: (
        frozenset({"h264", "h265", "av1", "vp9", "mpeg4"}),
        frozenset({"aac", "mp3", "ac3", "eac3", "opus", "flac", "alac"}),
    ),
}


@dataclass(frozen=True, slots=True)
class ContainerChoice:
    """Where the streams go, and whether that is what was asked for."""

    container: Container
    policy_met: bool


def fits(container: Container, video_codec: str | None, audio_codec: str | None) -> bool:
    """Whether `container` can hold these streams as they are; None stands for a stream that is not there."""
    if container is Container.MKV:
        return True
    video, audio = _FITS[container]
    return (video_codec is None or video_codec in video) and (audio_codec is None or audio_codec in audio)


def choose_container(policy: ContainerPolicy, video_codec: str | None, audio_codec: str | None) -> ContainerChoice:
    """The asked container when it fits, else mp4, else mkv (which holds everything)."""
    wanted = Container(policy.value)
    for container in (wanted, Container.MP4, Container.MKV):
        if fits(container, video_codec, audio_codec):
            return ContainerChoice(container, policy_met=container is wanted)
    raise AssertionError("mkv holds everything")
