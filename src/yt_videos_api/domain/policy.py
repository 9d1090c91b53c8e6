"""Container policies: which container is wanted, and which one the streams fit into.

Video is never transcoded. Audio is, when a container is asked for that cannot hold what the site sends (mp3, flac).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class ContainerPolicy(StrEnum):
    """The container a user asks for; part of a download's identity."""

    WEBM = "webm"
    MP4 = "mp4"
    MKV = "mkv"
    M4A = "m4a"  # from here on: sound alone
    MP3 = "mp3"
    OPUS = "opus"
    FLAC = "flac"

    @property
    def audio_only(self) -> bool:
        """Whether only the sound is wanted."""
        return self in _AUDIO


class Container(StrEnum):
    """The container a file is stored in; its value is the file's extension."""

    WEBM = "webm"
    MP4 = "mp4"
    MKV = "mkv"
    M4A = "m4a"
    MP3 = "mp3"
    OPUS = "opus"
    FLAC = "flac"

    @property
    def media_type(self) -> str:
        """What HTTP calls it."""
        return _MEDIA_TYPES[self]

    @property
    def embeds_cover(self) -> bool:
        """WebM's rules know no attachments; ffmpeg drops them there without a word."""
        return self is not Container.WEBM

    @property
    def audio_only(self) -> bool:
        """Whether it holds sound alone."""
        return ContainerPolicy(self.value).audio_only


_AUDIO = frozenset({ContainerPolicy.M4A, ContainerPolicy.MP3, ContainerPolicy.OPUS, ContainerPolicy.FLAC})
_MEDIA_TYPES = {
    Container.WEBM: "video/webm",
    Container.MP4: "video/mp4",
    Container.MKV: "video/x-matroska",
    Container.M4A: "audio/mp4",
    Container.MP3: "audio/mpeg",
    Container.OPUS: "audio/ogg",
    Container.FLAC: "audio/flac",
}

# What players can be expected to play from each container, not merely what ffmpeg can be talked into writing.
_FITS: dict[Container, tuple[frozenset[str], frozenset[str]]] = {
    Container.WEBM: (frozenset({"vp8", "vp9", "av1"}), frozenset({"opus", "vorbis"})),
    Container.MP4: (
        frozenset({"h264", "h265", "av1", "vp9", "mpeg4"}),
        frozenset({"aac", "mp3", "ac3", "eac3", "opus", "flac", "alac"}),
    ),
    Container.M4A: (frozenset(), frozenset({"aac", "alac"})),
    Container.MP3: (frozenset(), frozenset({"mp3"})),
    Container.OPUS: (frozenset(), frozenset({"opus"})),
    Container.FLAC: (frozenset(), frozenset({"flac"})),
}
# What sound is re-encoded to where it does not fit as it is.
ENCODED_TO = {Container.M4A: "aac", Container.MP3: "mp3", Container.OPUS: "opus", Container.FLAC: "flac"}


@dataclass(frozen=True, slots=True)
class ContainerChoice:
    """Where the streams go, and whether that is what was asked for."""

    container: Container
    policy_met: bool
    encode_audio_to: str | None = None  # a codec, when the sound has to be re-encoded


def fits(container: Container, video_codec: str | None, audio_codec: str | None) -> bool:
    """Whether `container` can hold these streams as they are; None stands for a stream that is not there."""
    if container is Container.MKV:
        return True
    video, audio = _FITS[container]
    return (video_codec is None or video_codec in video) and (audio_codec is None or audio_codec in audio)


def choose_container(policy: ContainerPolicy, video_codec: str | None, audio_codec: str | None) -> ContainerChoice:
    """The asked container when it fits, else mp4, else mkv (which holds everything).

    Of an audio policy only the sound counts: it is stored as it is where it fits, and re-encoded where it does not.
    """
    wanted = Container(policy.value)
    if policy.audio_only:
        encode = None if fits(wanted, None, audio_codec) else ENCODED_TO[wanted]
        return ContainerChoice(wanted, policy_met=True, encode_audio_to=encode)
    for container in (wanted, Container.MP4, Container.MKV):
        if fits(container, video_codec, audio_codec):
            return ContainerChoice(container, policy_met=container is wanted)
    raise AssertionError("mkv holds everything")


def remux_serves(policy: ContainerPolicy, video_codec: str | None, audio_codec: str | None) -> bool:
    """Whether an archived file with these streams can become what is asked for without a new transfer.

    Streams that fit are copied. Sound is re-encoded from the archive only where any transfer would be, too.
    """
    wanted = Container(policy.value)
    if not policy.audio_only:
        return video_codec is not None and fits(wanted, video_codec, audio_codec)
    lossless_or_always = wanted in (Container.MP3, Container.FLAC)
    return audio_codec is not None and (lossless_or_always or fits(wanted, None, audio_codec))
