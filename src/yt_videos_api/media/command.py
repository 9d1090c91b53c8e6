"""The arguments of the one ffmpeg pass: a pure function of what lies in staging. No text of a site is among them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from yt_videos_api.domain.offers import Stream
from yt_videos_api.domain.policy import Container
from yt_videos_api.media.inputs import QUIET, Input, input_words
from yt_videos_api.media.language_codes import UNDETERMINED, three_letters
from yt_videos_api.media.pictures import attached_cover, cover_input, embedded_cover, jpeg_output
from yt_videos_api.media.sniff import Demuxer
from yt_videos_api.media.sound import encoder_arguments
from yt_videos_api.media.text_tracks import TextTrack, text_inputs, text_output

# The index in front lets players start early; it costs 60 ms on 500 MB. FLAC in mp4 is "experimental" in 5.1.
_MP4_FLAGS = ("-movflags", "+faststart", "-strict", "experimental")
_MUXERS: dict[Container, tuple[str, ...]] = {
    Container.MP4: (*_MP4_FLAGS, "-f", "mp4"),
    Container.MKV: ("-f", "matroska"),
    Container.WEBM: ("-f", "webm"),
    Container.M4A: (*_MP4_FLAGS, "-f", "ipod"),
    # Version 2.3 is what cars and Windows read.
    Container.MP3: ("-id3v2_version", "3", "-f", "mp3"),
    Container.OPUS: ("-f", "opus"),
    Container.FLAC: ("-f", "flac"),
}
# Their tags are Vorbis comments, in which ffmpeg calls a comment DESCRIPTION, and 5.1 then keeps one of the two.
VORBIS_COMMENTS = frozenset({Container.OPUS, Container.FLAC})
_MPEG_4 = frozenset({Container.MP4, Container.M4A})
_MATROSKA = frozenset({Container.WEBM, Container.MKV})
# What an archived file says of its container, which it is about to leave.
_CONTAINER_TAGS = ("major_brand", "minor_version", "compatible_brands", "encoder")


@dataclass(frozen=True, slots=True)
class Pass:
    """Everything the pass reads and writes; file names are relative to its working directory."""

    parts: Sequence[tuple[Stream, Input]]
    container: Container
    output: str
    metadata_file: str | None
    cover: Input | None  # a picture to be made a JPEG in this pass
    attachment: str | None  # a JPEG that is one already; only for mkv
    cover_output: str  # written only when the container cannot hold the cover
    encode_audio_to: str | None = None
    texts: Sequence[TextTrack] = ()
    text_delay_seconds: float = 0.0
    keep_tags: bool = False  # of the first part, where the metadata file has none
    keep_chapters: bool = False  # of the first part, instead of those of the metadata file


def arguments(job: Pass) -> list[str]:
    """The arguments of the pass, after `ffmpeg`."""
    # Segments of an HLS playlist may each restart their continuity counters; ffmpeg marks the joint as corrupt, and
    # -xerror would end there. Transport streams are judged by transport.py instead, before they come here.
    strict = [] if any(part.demuxer is Demuxer.MPEGTS for _, part in job.parts) else ["-xerror"]
    return [
        *QUIET,
        *strict,
        *(("-copyts",) if shares_clock([part for _, part in job.parts]) else ()),
        *_inputs(job),
        *_media_output(job),
        *_sidecar_output(job),
    ]


def shares_clock(parts: Sequence[Input]) -> bool:
    """Whether picture and sound come apart but count time from the same zero.

    ffmpeg moves each input to start at zero by itself. A DASH picture that starts at 0.08 s beside a sound that starts
    at 0 would lose those 80 ms of lip sync. Other formats start anywhere, and there it is the better guess.
    """
    return len(parts) > 1 and all(part.demuxer in {Demuxer.MOV, Demuxer.MATROSKA} for part in parts)


def _inputs(job: Pass) -> list[str]:
    words: list[str] = []
    for _, part in job.parts:
        words += input_words(part.demuxer, part.file)
    if job.cover:
        words += cover_input(job.cover)
    words += text_inputs(job.texts, job.text_delay_seconds)
    if job.metadata_file:
        words += input_words("ffmetadata", job.metadata_file)
    return words


def _media_output(job: Pass) -> list[str]:
    embeds = job.cover is not None and job.container.embeds_cover
    pictures = 0 if job.container.audio_only else sum(stream.kind != "audio" for stream, _ in job.parts)
    return [
        *_maps(job),
        *_metadata(job),
        *("-c", "copy"),
        *(embedded_cover(job.container, pictures) if embeds else ()),
        *(attached_cover(job.attachment) if job.attachment else ()),
        *text_output(job.texts, job.container, len(job.parts) + (job.cover is not None)),
        *_encoder(job),
        *_tag(job),
        # Same parts, same bytes: no encoder name, no random ids.
        *("-fflags", "+bitexact", "-max_muxing_queue_size", "9999"),
        *(("-avoid_negative_ts", "make_zero") if shares_clock([part for _, part in job.parts]) else ()),
        *(*_MUXERS[job.container], f"file:{job.output}"),
    ]


def _maps(job: Pass) -> list[str]:
    """First picture (V: no cover art of the source), first sound, our cover; data and subtitle streams stay behind."""
    words: list[str] = []
    for index, (stream, _) in enumerate(job.parts):
        if stream.kind != "audio" and not job.container.audio_only:
            words += ["-map", f"{index}:V:0"]
        if stream.kind != "video":
            silent_is_fine = stream.kind == "both" and not job.container.audio_only
            words += ["-map", f"{index}:a:0" + ("?" if silent_is_fine else "")]
    if job.cover and job.container.embeds_cover:
        words += ["-map", f"{len(job.parts)}:v:0"]
    return words


def _metadata(job: Pass) -> list[str]:
    """Of two sources of tags the first that has one wins."""
    told = str(len(job.parts) + (job.cover is not None) + len(job.texts)) if job.metadata_file else "-1"
    words = ["-map_metadata", told]
    if job.keep_tags:
        # Ogg has its tags in the stream.
        source = "0:s:0" if job.parts[0][1].demuxer is Demuxer.OGG else "0"
        words += ["-map_metadata", source, *(word for tag in _CONTAINER_TAGS for word in ("-metadata", f"{tag}="))]
    words += ["-map_chapters", "0" if job.keep_chapters else told, "-metadata:s", "creation_time="]
    if job.container in VORBIS_COMMENTS:
        # The tags of the stream (its handler, its old encoder) would stand among those of the file.
        words += ["-metadata", "comment=", "-map_metadata:s:a", "-1"]
    return words + _language(job)


def _language(job: Pass) -> list[str]:
    """Of the sound, as the site tells it; what an archived file says of itself stays."""
    if job.container not in _MPEG_4 | _MATROSKA:
        return []
    told = next((stream.language for stream, _ in job.parts if stream.kind != "video"), None)
    code = three_letters(told or "", bibliographic=job.container not in _MPEG_4)
    return [] if code == UNDETERMINED else ["-metadata:s:a:0", f"language={code}"]


def _encoder(job: Pass) -> list[str]:
    source = next((stream.audio_codec for stream, _ in job.parts if stream.kind != "video"), None)
    return encoder_arguments(job.encode_audio_to, source) if job.encode_audio_to else []


def _tag(job: Pass) -> list[str]:
    """Apple players want HEVC in mp4 to be called hvc1; ffmpeg says hev1 by itself."""
    h265 = any(stream.video_codec == "h265" for stream, _ in job.parts)
    return ["-tag:v:0", "hvc1"] if h265 and job.container is Container.MP4 else []


def _sidecar_output(job: Pass) -> list[str]:
    if job.cover is None or job.container.embeds_cover:
        return []
    return jpeg_output(len(job.parts), job.cover_output)
