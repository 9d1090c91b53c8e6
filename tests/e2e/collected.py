"""Collections as their users see them: small videos by the hundred, and answers read to their last page."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

from tests.origin import Origin, Request, Video, tiny
from tests.product import Server

PROMPT_SECONDS = 1.0
# The cheapest to archive: no second stream to join but sound, and no picture to fetch.
CHEAP: dict[str, Any] = {"container_policy": "mp4", "embed_cover_art": False}


def small(video_id: str, **more: Any) -> Video:
    """A second of 144p, for lists of many."""
    return Video(video_id, recipe=tiny(), captions=(), **more)


def submit(server: Server, entity_id: str, *, entity_type: str = "playlist", **more: Any) -> dict[str, Any]:
    """Submit a collection, which is answered promptly whatever it holds."""
    started = time.monotonic()
    job = server.submit(entity_id, entity_type=entity_type, **(CHEAP | more))
    assert time.monotonic() - started < PROMPT_SECONDS
    return job


def collect(server: Server, entity_id: str, *, state: str = "DONE", **more: Any) -> dict[str, Any]:
    """Submit a collection and wait; the job, which must end as `state`."""
    job = server.wait_until_ended(submit(server, entity_id, **more)["id"])
    assert job["state"] == state, (job, server.process.output())
    return job


def cancel(server: Server, job: dict[str, Any]) -> dict[str, Any]:
    """Cancel a job, which is answered promptly; the job when it has ended, as soon as what was just published is."""
    started = time.monotonic()
    answer = server.request("DELETE", f"/jobs/{job['id']}")
    assert time.monotonic() - started < PROMPT_SECONDS
    assert answer.status_code == 200, answer.text
    ended = server.wait_until_ended(job["id"])
    assert ended["state"] == "CANCELLED"
    return ended


def wait_until(condition: Callable[[], bool], otherwise: str, seconds: float = 30) -> None:
    """Wait for something that is seen by asking."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, otherwise
        time.sleep(0.02)


def every(server: Server, path: str, name: str = "items", **parameters: Any) -> list[dict[str, Any]]:
    """All rows of a resource that is read page by page."""
    return [row for page in _pages(server, path, parameters) for row in page[name]]


def items_of(server: Server, job: dict[str, Any], **parameters: Any) -> list[dict[str, Any]]:
    """All items of a job."""
    return every(server, job["items_url"], **parameters)


def titles_of(server: Server, job: dict[str, Any]) -> list[str]:
    """The titles of a job's items, in their order."""
    return [item["title"] for item in items_of(server, job)]


def entries_of(server: Server, job: dict[str, Any], **parameters: Any) -> dict[str, dict[str, Any]]:
    """The entries of the job's playlist by the id of their video; there are no two of one video."""
    found = every(server, f"/playlists/{job['listing']['playlist_id']}/items", **parameters)
    by_id = {entry["video_id"]: entry for entry in found}
    assert len(by_id) == len(found)
    return by_id


def asked_after(origin: Origin, number: int, *kinds: str) -> list[Request]:
    """What the origin was asked since it had had `number` requests."""
    return [request for request in origin.requests()[number:] if not kinds or request.kind in kinds]


def _pages(server: Server, path: str, parameters: dict[str, Any]) -> Iterator[dict[str, Any]]:
    cursor: str | None = None
    while True:
        place = {} if cursor is None else {"cursor": cursor}
        answer = server.request("GET", path, params={"limit": 200, **parameters, **place})
        assert answer.status_code == 200, answer.text
        yield answer.json()
        cursor = answer.json()["next_cursor"]
        if cursor is None:
            return
