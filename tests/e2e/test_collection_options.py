"""What people choose of a playlist or channel: how many, which, in what order."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.e2e.collected import asked_after, collect, entries_of, items_of, small, titles_of
from tests.origin import Channel, Origin, Playlist
from tests.origin.broadcast import Broadcast
from tests.product import Server

pytestmark = pytest.mark.timeout(120)

HANDLE = "@choices"
PLAYLIST = "PLchoices00000"
# By title; days of January. The channel lists them newest first, the playlist as its owner likes.
DAYS = {"Fox": 9, "Goat": 7, "Hare": 5, "Ibis": 3}
SHORTS = {"Jay short": 8}
STREAMS = {"Koi live": 6}
AS_THE_OWNER_LIKES = ("Hare", "Fox", "Ibis", "Goat")


def id_of(title: str) -> str:
    return f"{title.replace(' ', ''):_<8}cho"[:11].ljust(11, "_")


@pytest.fixture(scope="module")
def archived(origin: Origin, server: Server) -> dict[str, Any]:
    """A channel, all of it archived: what is chosen of it later on is there already."""
    for title, day in (DAYS | SHORTS | STREAMS).items():
        moment = datetime(2026, 1, day, 12, tzinfo=UTC)
        broadcast = Broadcast(starts_at=moment) if title in STREAMS else None
        origin.add(small(id_of(title), title=title, uploaded_at=moment, short=title in SHORTS, broadcast=broadcast))
    videos, shorts, streams = (tuple(map(id_of, titles)) for titles in (DAYS, SHORTS, STREAMS))
    origin.add_channel(Channel(HANDLE, "UCchoices000000000000000", "Choices", videos, shorts, streams))
    origin.add_playlist(Playlist(PLAYLIST, tuple(map(id_of, AS_THE_OWNER_LIKES))))
    return collect(server, HANDLE, entity_type="channel")


def chosen(server: Server, entity_id: str, **options: Any) -> list[str]:
    """The titles that a job with these options has, in its order."""
    entity_type = "channel" if entity_id.startswith("@") else "playlist"
    return titles_of(server, collect(server, entity_id, entity_type=entity_type, **options))


@pytest.mark.usefixtures("archived")
@pytest.mark.parametrize(
    ("options", "titles"),
    [
        ({"item_limit": 2}, ["Fox", "Goat"]),
        ({"item_limit": 5}, ["Fox", "Goat", "Hare", "Ibis", "Jay short"]),
        ({"order": "newest", "item_limit": 3}, ["Fox", "Goat", "Hare"]),
        ({"order": "oldest", "item_limit": 3}, ["Koi live", "Jay short", "Ibis"]),
        ({"skip_shorts": True}, [*DAYS, "Koi live"]),
        ({"skip_live": True}, [*DAYS, "Jay short"]),
        ({"published_after": "2026-01-06"}, ["Fox", "Goat", "Jay short", "Koi live"]),
        ({"published_before": "2026-01-06"}, ["Hare", "Ibis", "Koi live"]),
        ({"title_include": "hA"}, ["Hare"]),
        ({"title_exclude": ["fox", "SHORT"]}, ["Goat", "Hare", "Ibis", "Koi live"]),
        ({"title_include": ["a"], "title_exclude": ["goat"], "item_limit": 1}, ["Hare"]),
    ],
)
def test_of_a_channel_only_what_is_chosen_is_taken(server: Server, options: dict[str, Any], titles: list[str]) -> None:
    assert chosen(server, HANDLE, **options) == titles


@pytest.mark.usefixtures("archived")
@pytest.mark.parametrize(
    ("options", "titles"),
    [
        ({}, list(AS_THE_OWNER_LIKES)),
        ({"order": "newest"}, ["Fox", "Goat", "Hare", "Ibis"]),
        ({"order": "oldest", "item_limit": 3}, ["Ibis", "Hare", "Goat"]),
        ({"item_limit": 3}, ["Hare", "Fox", "Ibis"]),
        ({"published_after": "2026-01-05", "published_before": "2026-01-07"}, ["Hare", "Goat"]),
        ({"published_after": "2027-01-01"}, []),
    ],
)
def test_of_a_playlist_only_what_is_chosen_is_taken(server: Server, options: dict[str, Any], titles: list[str]) -> None:
    assert chosen(server, PLAYLIST, **options) == titles


def test_what_is_skipped_is_not_taken_for_removed(archived: dict[str, Any], server: Server) -> None:
    for options in ({"skip_shorts": True}, {"skip_live": True}, {"item_limit": 1}, {"published_after": "2026-01-09"}):
        chosen(server, HANDLE, **options)
        assert list(entries_of(server, archived, removed="true")) == []
    assert len(entries_of(server, archived)) == 6


def test_a_channel_is_read_no_further_than_to_the_first_video_that_is_too_old(origin: Origin, server: Server) -> None:
    ids = [f"optDays{day:02}__" for day in range(9, 0, -1)]
    for day, video_id in zip(range(9, 0, -1), ids, strict=True):
        origin.add(small(video_id, title=f"Day {day}", uploaded_at=datetime(2026, 1, day, tzinfo=UTC)))
    origin.add_channel(Channel("@days", "UCdays000000000000000000", "Days", tuple(ids)))
    asked = len(origin.requests())
    assert chosen(server, "@days", published_after="2026-01-08") == ["Day 9", "Day 8"]
    looked_at = {request.video for request in asked_after(origin, asked, "page", "player")}
    assert looked_at == set(ids[:3])


def test_dates_are_asked_for_once(origin: Origin, server: Server) -> None:
    for day in (3, 1, 2):
        origin.add(small(f"optOnce{day:02}__", title=f"Day {day}", uploaded_at=datetime(2026, 1, day, tzinfo=UTC)))
    origin.add_playlist(Playlist("PLoptOnce00000", ("optOnce03__", "optOnce01__", "optOnce02__")))
    job = collect(server, "PLoptOnce00000", order="oldest", item_limit=1)
    assert [item["title"] for item in items_of(server, job)] == ["Day 1"]
    asked = len(origin.requests())
    again = collect(server, "PLoptOnce00000", order="newest", published_before="2026-01-01")
    assert titles_of(server, again) == ["Day 1"]
    assert not asked_after(origin, asked, "page", "player")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("item_limit", 0),
        ("item_limit", "3"),
        ("published_after", "yesterday"),
        ("order", "random"),
        ("skip_shorts", "yes"),
        ("title_include", [""]),
        ("on_removed_from_playlist", "delete"),
    ],
)
def test_an_option_that_makes_no_sense_is_refused_by_name(server: Server, field: str, value: Any) -> None:
    answer = server.request("POST", "/jobs", json={"entity_type": "playlist", "entity_id": PLAYLIST, field: value})
    assert answer.status_code == 422
    assert {error["field"].split(".")[0] for error in answer.json()["errors"]} == {field}
