"""SponsorBlock: which stretches of a video its users marked, asked for by the beginning of a hash."""

from __future__ import annotations

import hashlib
import json
import threading
from dataclasses import dataclass, field
from typing import Any

from tests.origin.message import Incoming, Response, Target, html, json_response

HOST = "sponsor.ajay.app"
_ROOT = "/api/skipSegments/"
_LOOPBACK = ("127.0.0.1", "localhost")
# A beginning of four digits is shared by many videos: whoever takes them all takes this one's, too.
_STRANGER = "aStranger00"


@dataclass(frozen=True, slots=True)
class Mark:
    """A stretch that somebody marked; in seconds."""

    start: float
    end: float
    category: str = "sponsor"
    action: str = "skip"
    video_duration: float = 0  # of the video as it was then; 0: not known


@dataclass(frozen=True, slots=True)
class SponsorBlock:
    """`sponsor.ajay.app/api/skipSegments/`, and the same on loopback addresses. Safe to use from any thread."""

    _marks: dict[str, tuple[Mark, ...]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def mark(self, video_id: str, marks: tuple[Mark, ...]) -> None:
        """Publish what is marked in a video; nothing, if there is nothing."""
        with self._lock:
            self._marks[video_id] = marks

    def owns(self, incoming: Incoming) -> bool:
        """Whether a request is this API's."""
        return incoming.host == HOST or (incoming.host in _LOOPBACK and incoming.path.startswith(_ROOT))

    def route(self, incoming: Incoming) -> Target:
        """What a request is about."""
        return Target("api", lambda: self._answer(incoming))

    def _answer(self, incoming: Incoming) -> Response:
        prefix = incoming.path.removeprefix(_ROOT)
        if not incoming.path.startswith(_ROOT) or not 4 <= len(prefix) <= 32:
            return html("Bad Request", status=400)
        categories, actions = _told(incoming, "categories", "sponsor"), _told(incoming, "actionTypes", "skip")
        with self._lock:
            meant = [each for each in self._marks.items() if _hash(each[0]).startswith(prefix)]
        found = [_video(video_id, _fitting(marks, categories, actions)) for video_id, marks in meant]
        found = [each for each in found if each["segments"]]
        if not found or incoming.query.get("service", "YouTube") != "YouTube":
            return html("Not Found", status=404)
        return json_response([_video(_STRANGER, [Mark(0, 1, category) for category in categories]), *found])


def _hash(video_id: str) -> str:
    return hashlib.sha256(video_id.encode()).hexdigest()


def _told(incoming: Incoming, name: str, default: str) -> list[str]:
    return [str(each) for each in json.loads(incoming.query.get(name, json.dumps([default])))]


def _fitting(marks: tuple[Mark, ...], categories: list[str], actions: list[str]) -> list[Mark]:
    return [each for each in marks if each.category in categories and each.action in actions]


def _video(video_id: str, marks: list[Mark]) -> dict[str, Any]:
    segments = [
        {
            "category": each.category,
            "actionType": each.action,
            "segment": [each.start, each.end],
            "UUID": hashlib.sha256(f"{video_id}{number}".encode()).hexdigest(),
            "videoDuration": each.video_duration,
            "locked": 0,
            "votes": 1,
            "description": "",
        }
        for number, each in enumerate(marks)
    ]
    return {"videoID": video_id, "hash": _hash(video_id), "segments": segments}
