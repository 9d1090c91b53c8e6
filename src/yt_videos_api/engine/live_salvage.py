"""What is left of a stream that was recorded when the site offers nothing of it any more: the recording."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from yt_videos_api.domain.offers import Offer
from yt_videos_api.engine.errors import Stage, translate
from yt_videos_api.engine.fields import Fields
from yt_videos_api.engine.live_stamp import PREFIX, recorded_formats
from yt_videos_api.engine.messages import ProtocolError
from yt_videos_api.engine.wire import offer_message, read_offer

_NOTE = f"{PREFIX}offer.json"
_LONGEST_NOTE = 4 * 2**20
# What a part is told apart by; its address and headers are of no use later.
_PART_KEYS = ("format_id", "ext", "extractor_key", "id", "vcodec", "acodec", "protocol")


@dataclass(frozen=True, slots=True)
class Remembered:
    """What was offered when the recording began."""

    offer: Offer
    parts: list[dict[str, Any]]
    thumbnails: list[dict[str, Any]]

    @property
    def video_id(self) -> object:
        """The site's own id of the stream."""
        return self.parts[0].get("id")

    @property
    def format_ids(self) -> frozenset[str]:
        """Of what is recorded."""
        return frozenset(str(part.get("format_id")) for part in self.parts)


def remember(folder: Path, url: str, offered: Remembered) -> None:
    """Note beside the recording what it is of. Raises DownloadFailure ("no_space")."""
    note = {
        **offer_message(offered.offer),
        "url": url,
        "parts": [{key: part.get(key) for key in _PART_KEYS} for part in offered.parts],
        "thumbnails": [{"url": thumbnail["url"]} for thumbnail in offered.thumbnails],
    }
    fresh = folder / f"{_NOTE}.new"
    try:
        fresh.write_text(json.dumps(note, default=str))
        fresh.replace(folder / _NOTE)
    except OSError as error:
        raise translate(error, (), Stage.TRANSFER) from error


def find_remembered(folder: Path, url: str, rung: str) -> Remembered | None:
    """The offer, as made by `rung`, whose recording lies in `folder`; None when it is not all there."""
    try:
        with (folder / _NOTE).open("rb") as file:
            note = json.loads(file.read(_LONGEST_NOTE))
        fields = Fields(note)
        if fields.text("url") != url:
            return None
        found = Remembered(read_offer(fields, rung), _mappings(note, "parts"), _mappings(note, "thumbnails"))
    except (OSError, ValueError, RecursionError, ProtocolError):
        return None
    begun = recorded_formats(folder, found.parts[0]) if found.parts else set()
    return found if begun and all(part.get("format_id") in begun for part in found.parts) else None


def _mappings(note: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    items: Sequence[Any] = note.get(name) or ()
    return [dict(item) for item in items if isinstance(item, dict)]
