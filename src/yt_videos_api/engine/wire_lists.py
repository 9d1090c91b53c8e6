"""Lists and their entries as messages and back, checked field by field on arrival."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict

from yt_videos_api.domain.lists import ENTRIES_AT_ONCE, ListEntry, ListFacts
from yt_videos_api.engine.fields import Fields
from yt_videos_api.engine.messages import Message, ProtocolError
from yt_videos_api.engine.wire import TITLE_CHARACTERS

URL_CHARACTERS = 4096
NAME_CHARACTERS = 1000
ID_CHARACTERS = 200

_DATE = re.compile(r"[0-9]{8}")
_GONE = frozenset({"private_video", "video_unavailable"})


def list_message(facts: ListFacts) -> Message:
    """The child's answer to "list"."""
    return {"kind": "list", "list": asdict(facts)}


def read_list(fields: Fields) -> ListFacts:
    """The inverse of `list_message`."""
    told = fields.object("list")
    return ListFacts(
        extractor=told.text("extractor", limit=100),
        list_id=told.text("list_id", limit=ID_CHARACTERS),
        title=told.text("title", limit=TITLE_CHARACTERS),
        webpage_url=told.text("webpage_url", limit=URL_CHARACTERS),
        channel=told.optional_text("channel", limit=NAME_CHARACTERS),
        channel_id=told.optional_text("channel_id", limit=ID_CHARACTERS),
        count=told.optional_integer("count"),
    )


def entries_message(entries: Sequence[ListEntry]) -> Message:
    """The child's answer to "entries"."""
    return {"kind": "entries", "entries": [asdict(entry) for entry in entries]}


def read_entries(fields: Fields) -> tuple[ListEntry, ...]:
    """The inverse of `entries_message`."""
    return tuple(_read_entry(entry) for entry in fields.items("entries", limit=ENTRIES_AT_ONCE))


def _read_entry(fields: Fields) -> ListEntry:
    url = fields.text("url", limit=URL_CHARACTERS)
    if not url.startswith(("http://", "https://")):
        raise ProtocolError("an entry without an address of the web")
    date, gone = fields.optional_text("upload_date"), fields.optional_text("gone")
    if (date and not _DATE.fullmatch(date)) or (gone and gone not in _GONE):
        raise ProtocolError("an entry with a date that is none, or gone for no known reason")
    return ListEntry(
        index=fields.integer("index", least=1),
        url=url,
        own_address=fields.flag("own_address"),
        extractor=fields.optional_text("extractor", limit=100),
        video_id=fields.optional_text("video_id", limit=ID_CHARACTERS),
        title=fields.optional_text("title", limit=TITLE_CHARACTERS),
        duration_seconds=fields.optional_number("duration_seconds"),
        upload_date=date,
        channel=fields.optional_text("channel", limit=NAME_CHARACTERS),
        gone=gone,
        live=fields.optional_flag("live"),
        short=fields.optional_flag("short"),
        is_list=fields.flag("is_list"),
    )
