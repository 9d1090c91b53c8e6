"""Lists read from the YouTube Data API where there is a key, and from the site where the API fails."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.e2e.collected import asked_after, cancel, collect, entries_of, items_of, small, submit, titles_of, wait_until
from tests.origin import Answer, Channel, Origin, Playlist, faults
from tests.product import Product, Server

pytestmark = pytest.mark.timeout(120)

KEY = "the-key-of-the-tests"
HANDLE = "@keyed"
CHANNEL_ID = "UCkeyed00000000000000000"
PLAYLIST = "PLkeyedList000"
IDS = tuple(f"apiVideo{number:03}" for number in range(4))


@pytest.fixture(scope="module")
def product(origin: Origin, tmp_path_factory: pytest.TempPathFactory) -> Product:
    """An installation that has a key."""
    return Product(tmp_path_factory.mktemp("product"), origin, {"YT_VIDEOS_YOUTUBE_API_KEY": KEY})


@pytest.fixture(scope="module")
def archived(origin: Origin, server: Server) -> dict[str, Any]:
    """A channel that has been archived, so that later lists need nothing but to be read."""
    for day, video_id in enumerate(reversed(IDS), 1):
        origin.add(small(video_id, title=f"Day {day}", uploaded_at=datetime(2026, 1, day, tzinfo=UTC)))
    origin.add_channel(Channel(HANDLE, CHANNEL_ID, "Keyed", IDS))
    origin.add_playlist(Playlist(PLAYLIST, IDS[::-1]))
    return collect(server, HANDLE, entity_type="channel")


@pytest.fixture(autouse=True)
def _generous(origin: Origin) -> Iterator[None]:
    """No limit outlives its test."""
    yield
    origin.api_key = origin.api_quota = None


def units_used(server: Server) -> int:
    used: int = server.request("GET", "/health").json()["youtube_api"]["units_used"]
    return used


def test_a_channel_is_read_from_the_api_and_from_nowhere_else(
    archived: dict[str, Any], origin: Origin, server: Server
) -> None:
    assert (archived["listing"]["source"], archived["listing"]["note"]) == ("data_api", None)
    assert archived["listing"]["title"] == "Keyed"
    assert titles_of(server, archived) == ["Day 4", "Day 3", "Day 2", "Day 1"]
    assert titles_of(server, collect(server, CHANNEL_ID, entity_type="channel")) == titles_of(server, archived)
    assert not origin.requests(kind="list", video=HANDLE)


@pytest.mark.usefixtures("archived")
def test_every_unit_of_the_quota_is_counted_and_shown(origin: Origin, server: Server) -> None:
    spent, shown = origin.api_units, units_used(server)
    collect(server, PLAYLIST)
    assert origin.api_units - spent == units_used(server) - shown == 3  # the list, its only page, and its videos
    told = server.request("GET", "/health").json()["youtube_api"]
    assert (told["daily_units"], told["exhausted"], told["last_fault"]) == (10_000, False, None)
    assert datetime.fromisoformat(told["resets_at"]) > datetime.now(UTC)


@pytest.mark.usefixtures("archived")
def test_with_the_api_no_video_is_asked_for_its_date(origin: Origin, server: Server) -> None:
    origin.add(small("apiOldest__", title="Older", uploaded_at=datetime(2025, 1, 1, tzinfo=UTC)))
    origin.change_playlist(PLAYLIST, append=("apiOldest__",))
    asked = len(origin.requests())
    job = collect(server, PLAYLIST, order="newest", published_after="2026-01-02", published_before="2026-01-03")
    assert titles_of(server, job) == ["Day 3", "Day 2"]
    assert not asked_after(origin, asked, "page", "player", "list")


@pytest.mark.usefixtures("archived")
def test_private_and_removed_items_are_named_by_the_api_too(origin: Origin, server: Server) -> None:
    private, removed = (
        origin.add(small(f"api{answer:_<8}", answer=answer)) for answer in (Answer.PRIVATE, Answer.REMOVED)
    )
    origin.add_playlist(Playlist("PLkeyedGone000", (IDS[0], private.id, removed.id)))
    job = collect(server, "PLkeyedGone000", state="PARTIAL")
    assert job["listing"]["source"] == "data_api"
    assert [problem["error"]["code"] for problem in job["problems"]] == ["private_video", "video_unavailable"]
    assert [entry["gone"] for entry in entries_of(server, job).values()] == [None, "private_video", "video_unavailable"]


@pytest.mark.usefixtures("archived")
def test_shorts_can_only_be_skipped_by_asking_the_site(server: Server) -> None:
    job = collect(server, HANDLE, entity_type="channel", skip_shorts=True)
    assert job["listing"]["source"] == "extraction"
    assert "shorts" in job["listing"]["note"]
    assert len(items_of(server, job)) == len(IDS)


@pytest.mark.usefixtures("archived")
@pytest.mark.parametrize(
    ("fault", "words"),
    [(faults.Status(500), "fault of its own"), (faults.Drop(0), "reached"), (faults.Html(), "no sense")],
    ids=["500", "broken off", "not json"],
)
def test_a_failing_api_is_done_without_and_the_answer_says_so(
    origin: Origin, server: Server, fault: faults.Fault, words: str
) -> None:
    origin.inject("api", fault)
    job = collect(server, HANDLE, entity_type="channel")
    assert job["listing"]["source"] == "extraction"
    assert words in job["listing"]["note"]
    assert titles_of(server, job) == ["Day 4", "Day 3", "Day 2", "Day 1"]


@pytest.mark.usefixtures("archived")
def test_a_wrong_key_is_named(origin: Origin, server: Server) -> None:
    origin.api_key = "another-key"
    job = collect(server, HANDLE, entity_type="channel")
    assert "YT_VIDEOS_YOUTUBE_API_KEY" in job["listing"]["note"]
    assert KEY not in str(job)
    assert job["counts"]["done"] == len(IDS)
    assert server.request("GET", "/health").json()["youtube_api"]["last_fault"] == "key_refused"


@pytest.mark.usefixtures("archived")
def test_a_list_that_the_api_does_not_know_is_looked_for_at_the_site(server: Server) -> None:
    job = collect(server, "PLkeyedNowhere", state="FAILED")
    assert job["error"]["code"] == "list_unavailable"
    assert "knows no such list" in job["listing"]["note"]


def test_a_quota_that_ends_in_the_middle_of_a_list_leaves_every_item_there_once(
    origin: Origin, empty_product: Product
) -> None:
    ids = tuple(f"apiLong_{number:03}" for number in range(120))
    origin.add_playlist(Playlist("PLkeyedLong000", ids, default_video=small))
    origin.api_quota = origin.api_units + 3  # the list, its first page of three, and the videos of that
    settings = {"YT_VIDEOS_YOUTUBE_API_KEY": KEY, "YT_VIDEOS_YOUTUBE_API_URL": f"{origin.plain_url}/youtube/v3"}
    with empty_product.serving(**settings) as server:
        job = submit(server, "PLkeyedLong000")
        wait_until(lambda: server.job(job["id"])["listing"]["state"] == "listed", "it is never listed to its end")
        seen = server.job(job["id"])
        assert titles_of(server, job) == [f"Video {video_id}" for video_id in ids]
        assert list(entries_of(server, job)) == list(ids)
        assert (seen["listing"]["source"], seen["listing"]["listed"]) == ("extraction", len(ids))
        assert "no quota left for today" in seen["listing"]["note"]
        assert server.request("GET", "/health").json()["youtube_api"]["exhausted"] is True

        # For the rest of the day nobody asks in vain.
        asked = len(origin.requests(kind="api"))
        again = collect(server, "PLkeyedLong000", item_limit=1)
        assert "no quota left for today" in again["listing"]["note"]
        assert len(origin.requests(kind="api")) == asked
        cancel(server, job)
