"""The agreed values as messages and back.

What comes from a child is checked field by field: it may have been taken over.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Literal, cast

from yt_videos_api.cage.runs import TransferProgress
from yt_videos_api.domain.errors import DownloadFailure
from yt_videos_api.domain.failures import FAILURES
from yt_videos_api.domain.ladder import SkipReason
from yt_videos_api.domain.offers import Chapter, Cut, FetchedSubtitle, Look, Offer, Part, Stream, VideoFacts
from yt_videos_api.engine.fields import Fields
from yt_videos_api.engine.messages import Message, ProtocolError

# What the child cuts long texts to before sending, and the supervisor again on arrival.
TITLE_CHARACTERS = 1000
DESCRIPTION_CHARACTERS = 50_000
CHAPTERS = 500
DETAIL_CHARACTERS = 2000
FORMATS = 1000
LANGUAGES = 500
LANGUAGE_CHARACTERS = 40

_KINDS = ("video", "audio", "both")


def offer_message(offer: Offer) -> Message:
    """The child's answer to "extract"."""
    return {"kind": "offer", "offer": asdict(offer)}


def read_offer(fields: Fields, rung: str) -> Offer:
    """The offer in a child's answer; `rung` is ours, not what the child says it is."""
    offer = fields.object("offer")
    streams = tuple(_read_stream(stream) for stream in offer.items("streams", limit=2))
    if not streams:
        raise ProtocolError("an offer without streams")
    return Offer(rung=rung, facts=_read_facts(offer.object("facts")), streams=streams, full=offer.flag("full"))


def look_message(look: Look) -> Message:
    """The child's answer to "look"."""
    return {"kind": "look", **asdict(look)}


def read_look(fields: Fields) -> Look:
    """The inverse of `look_message`."""
    return Look(
        facts=_read_facts(fields.object("facts")),
        formats=tuple(_read_stream(stream) for stream in fields.items("formats", limit=FORMATS)),
        subtitle_languages=fields.texts("subtitle_languages", limit=LANGUAGES, characters=LANGUAGE_CHARACTERS),
        automatic_languages=fields.texts("automatic_languages", limit=LANGUAGES, characters=LANGUAGE_CHARACTERS),
    )


def read_subtitles(fields: Fields) -> tuple[FetchedSubtitle, ...]:
    """The child's answer to "subtitles"."""
    return tuple(
        FetchedSubtitle(
            language=item.text("language", limit=LANGUAGE_CHARACTERS),
            automatic=item.flag("automatic"),
            path=read_file_name(item, "path"),
        )
        for item in fields.items("subtitles", limit=LANGUAGES)
    )


def read_parts(fields: Fields, offer: Offer) -> list[Part]:
    """The parts of `offer` after a transfer: one per stream, in the offer's order."""
    items = fields.items("parts", limit=len(offer.streams))
    if len(items) != len(offer.streams):
        raise ProtocolError("a part is missing")
    return [_read_part(item, stream) for item, stream in zip(items, offer.streams, strict=True)]


def read_progress(fields: Fields) -> TransferProgress:
    """One progress message."""
    return TransferProgress(
        done_bytes=fields.integer("done_bytes"),
        total_bytes=fields.optional_integer("total_bytes"),
        bytes_per_second=fields.optional_number("bytes_per_second"),
    )


def failure_message(failure: DownloadFailure) -> Message:
    """The child's answer to a command that failed."""
    detail = failure.detail[:DETAIL_CHARACTERS]
    return {"kind": "failed", "code": failure.code, "detail": detail, "retry_at": failure.retry_at}


def read_failure(fields: Fields) -> DownloadFailure:
    """The failure in a child's answer; a code that is not in our catalogue is no answer."""
    code = fields.text("code")
    if code not in FAILURES:
        raise ProtocolError("an unknown failure code")
    detail = fields.text("detail", limit=DETAIL_CHARACTERS)
    return DownloadFailure(code, detail, retry_at=fields.optional_number("retry_at"))


def read_skip_reason(fields: Fields) -> SkipReason:
    """Why a rung is no rung of this run."""
    try:
        return SkipReason(fields.text("reason"))
    except ValueError as error:
        raise ProtocolError("an unknown reason") from error


def read_file_name(fields: Fields, name: str) -> str:
    """The bare name of a file in the staging folder: never a path that leads elsewhere."""
    value = fields.text(name, limit=256)
    if not value or len(value) > 255 or "/" in value or value in {".", ".."}:
        raise ProtocolError(f"{name} is not a file name")
    return value


def _read_part(fields: Fields, stream: Stream) -> Part:
    return Part(
        stream=stream,
        path=read_file_name(fields, "path"),
        size_bytes=fields.integer("size_bytes"),
        resumed_bytes=fields.integer("resumed_bytes"),
        cut=_read_cut(fields),
    )


def _read_cut(fields: Fields) -> Cut | None:
    said = fields.optional_text("cut")
    try:
        return None if said is None else Cut(said)
    except ValueError as error:
        raise ProtocolError("an unknown reason of a cut") from error


def _read_stream(fields: Fields) -> Stream:
    kind = fields.text("kind")
    if kind not in _KINDS:
        raise ProtocolError("an unknown kind of stream")
    return Stream(
        format_id=fields.text("format_id", limit=200),
        kind=cast(Literal["video", "audio", "both"], kind),
        ext=fields.text("ext", limit=20),
        protocol=fields.text("protocol", limit=40),
        video_codec=fields.optional_text("video_codec", limit=40),
        audio_codec=fields.optional_text("audio_codec", limit=40),
        height=fields.optional_integer("height"),
        width=fields.optional_integer("width"),
        fps=fields.optional_number("fps"),
        hdr=fields.flag("hdr"),
        language=fields.optional_text("language", limit=LANGUAGE_CHARACTERS),
        note=fields.optional_text("note", limit=200),
        size_bytes=fields.optional_integer("size_bytes"),
    )


def _read_facts(fields: Fields) -> VideoFacts:
    names = ("channel", "channel_id", "upload_date", "live_status", "language")
    texts: dict[str, Any] = {name: fields.optional_text(name) for name in names}
    video_id = fields.text("video_id", limit=200)
    if not video_id:
        raise ProtocolError("a video without an id")
    return VideoFacts(
        extractor=fields.text("extractor", limit=100),
        video_id=video_id,
        title=fields.text("title", limit=TITLE_CHARACTERS),
        webpage_url=fields.text("webpage_url"),
        duration_seconds=fields.optional_number("duration_seconds"),
        description=fields.optional_text("description", limit=DESCRIPTION_CHARACTERS),
        chapters=tuple(_read_chapter(chapter) for chapter in fields.items("chapters", limit=CHAPTERS)),
        starts_at=fields.optional_number("starts_at"),
        short=fields.optional_flag("short"),
        **texts,
    )


def _read_chapter(fields: Fields) -> Chapter:
    return Chapter(
        title=fields.text("title", limit=TITLE_CHARACTERS),
        start_seconds=fields.number("start_seconds"),
        end_seconds=fields.number("end_seconds"),
    )
