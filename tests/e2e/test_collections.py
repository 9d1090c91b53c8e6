"""Playlists and channels over HTTP: accepted at once, listed while their first videos are fetched, each video once."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tests.e2e.collected import (
    CHEAP,
    PROMPT_SECONDS,
    asked_after,
    cancel,
    collect,
    entries_of,
    every,
    items_of,
    small,
    submit,
    wait_until,
)
from tests.e2e.looks import media_path
from tests.origin import Answer, Channel, Origin, Playlist, faults
from tests.product import Product, Server

pytestmark = pytest.mark.timeout(120)

LARGE = "@twofifty"
VIDEOS = tuple(f"colVideo{n:03}" for n in range(200))
SHORTS = tuple(f"colShort{n:03}" for n in range(30))
STREAMS = tuple(f"colStrm_{n:03}" for n in range(20))

HANDLE = "@collected"
IDS = tuple(f"colSmall{n:03}" for n in range(4))


def publish(origin: Origin, *newest: str) -> None:
    """The channel of the tests that archive one."""
    videos, shorts = (*newest, *IDS[:3]), IDS[3:]
    origin.add_channel(
        Channel(HANDLE, "UCcollected0000000000000", "Collected", videos, shorts, page_size=2, default_video=small)
    )


@pytest.fixture(scope="module")
def archived(origin: Origin, server: Server) -> dict[str, Any]:
    """A channel that has been archived."""
    publish(origin)
    return collect(server, HANDLE, entity_type="channel")


def test_a_channel_of_250_has_every_video_once_tab_by_tab(origin: Origin, server: Server) -> None:
    large = Channel(LARGE, "UCtwofifty00000000000000", "Two Fifty", VIDEOS, SHORTS, STREAMS, default_video=small)
    origin.add_channel(large)
    origin.hold("player", video=VIDEOS[0])
    job = submit(server, LARGE, entity_type="channel")
    wait_until(lambda: server.job(job["id"])["listing"]["state"] == "listed", "it is never listed to its end")
    items = items_of(server, job)
    every_id = [*VIDEOS, *SHORTS, *STREAMS]
    assert [item["title"] for item in items] == [f"Video {video_id}" for video_id in every_id]
    assert [item["position"] for item in items] == list(range(250))
    entries = entries_of(server, job)
    assert list(entries) == every_id
    assert [entry["position"] for entry in entries.values()] == list(range(250))

    answer = server.request("GET", f"/jobs/{job['id']}")
    assert len(answer.content) < 4_000
    assert answer.json()["items"] == []
    assert answer.json()["counts"]["total"] == 250
    assert (answer.json()["listing"]["listed"], answer.json()["listing"]["taken"]) == (250, 250)

    page = server.request("GET", job["items_url"], params={"limit": 7}).json()
    assert [item["id"] for item in page["items"]] == [item["id"] for item in items[:7]]
    assert page["next_cursor"]
    cancel(server, job)


def test_an_archived_channel_is_shown_with_everything_it_holds(archived: dict[str, Any], server: Server) -> None:
    assert (archived["counts"]["total"], archived["counts"]["done"]) == (4, 4)
    assert [item["video"]["video_id"] for item in items_of(server, archived)] == list(IDS)
    shown = server.request("GET", f"/playlists/{archived['listing']['playlist_id']}").json()
    assert (shown["entity_type"], shown["title"], shown["channel"]) == ("channel", "Collected", "Collected")
    assert (shown["item_count"], shown["removed_count"]) == (4, 0)
    assert shown in every(server, "/playlists", "playlists")
    entries = entries_of(server, archived)
    assert all(entry["archived"] for entry in entries.values())
    assert server.request("GET", entries[IDS[3]]["file_url"]).status_code == 200


def test_submitted_again_only_what_is_new_is_fetched(
    archived: dict[str, Any], origin: Origin, server: Server, product: Product
) -> None:
    publish(origin, "colNewest_1", "colNewest_0")
    files, asked = set(product.media_files()), len(origin.requests())
    job = collect(server, HANDLE, entity_type="channel")
    assert job["counts"]["done"] == 6
    fetched = {request.video for request in asked_after(origin, asked, "page", "player", "media")}
    assert fetched == {"colNewest_0", "colNewest_1"}
    assert len(set(product.media_files()) - files) == 2
    assert job["listing"]["playlist_id"] == archived["listing"]["playlist_id"]


def test_videos_that_are_archived_already_are_linked(
    archived: dict[str, Any], origin: Origin, server: Server, product: Product
) -> None:
    origin.add_playlist(Playlist("PLcolLinked000", (IDS[3], IDS[1])))
    files, asked = product.media_files(), len(origin.requests())
    job = collect(server, "PLcolLinked000")
    assert not asked_after(origin, asked, "page", "player", "media")
    assert product.media_files() == files
    by_id = {item["video"]["video_id"]: item["file"] for item in items_of(server, archived)}
    assert [item["file"] for item in items_of(server, job)] == [by_id[IDS[3]], by_id[IDS[1]]]


def test_private_and_removed_items_make_it_partial_and_are_named(origin: Origin, server: Server) -> None:
    good = origin.add(small("colGoodOne1", title="There"))
    private = origin.add(small("colPrivate1", answer=Answer.PRIVATE))
    removed = origin.add(small("colRemoved1", answer=Answer.REMOVED))
    # Listed as usual, but its page says otherwise.
    vanished = origin.add(small("colVanishd1", title="Vanished", answers={"web": Answer.REMOVED}))
    origin.inject("player", Answer.REMOVED, video=vanished.id)
    origin.add_playlist(Playlist("PLcolPartial00", (good.id, private.id, removed.id, vanished.id, good.id)))
    job = collect(server, "PLcolPartial00", state="PARTIAL")
    assert (job["counts"]["total"], job["counts"]["done"], job["counts"]["failed"]) == (4, 1, 3)
    told = [(problem["position"], problem["title"], problem["error"]["code"]) for problem in job["problems"]]
    assert told == [
        (1, None, "private_video"),
        (2, None, "video_unavailable"),
        (3, "Vanished", "video_unavailable"),
    ]
    assert all(problem["error"]["advice"] for problem in job["problems"])
    failed = items_of(server, job, state="FAILED")
    assert [(item["position"], item["error"]["code"]) for item in failed] == [(p, code) for p, _, code in told]
    gone = {video_id: entry["gone"] for video_id, entry in entries_of(server, job).items()}
    assert gone == {
        good.id: None,
        private.id: "private_video",
        removed.id: "video_unavailable",
        vanished.id: None,
    }


@pytest.mark.parametrize(
    ("entity_type", "entity_id"),
    [("playlist", "PLcolNowhere00"), ("playlist", "PLcolSecret000"), ("channel", "@nobody-at-all")],
)
def test_a_list_that_nobody_can_see_fails_and_says_what_to_do(
    origin: Origin, server: Server, entity_type: str, entity_id: str
) -> None:
    origin.add_playlist(Playlist("PLcolSecret000", (IDS[0],), private=True))
    job = collect(server, entity_id, entity_type=entity_type, state="FAILED")
    assert job["error"]["code"] == "list_unavailable"
    assert "cookies" in job["error"]["advice"]
    assert (job["counts"]["total"], job["listing"]["state"]) == (0, "failed")


def test_an_empty_playlist_is_done_with_nothing_to_do(origin: Origin, server: Server) -> None:
    origin.add_playlist(Playlist("PLcolEmpty0000", (), title="Empty"))
    job = collect(server, "PLcolEmpty0000")
    assert (job["counts"]["total"], job["listing"]["state"], job["listing"]["title"]) == (0, "listed", "Empty")


def test_first_videos_are_fetched_in_order_while_10_000_are_still_listed(origin: Origin, server: Server) -> None:
    ids = tuple(f"colMany{n:04}" for n in range(10_000))
    origin.add_playlist(Playlist("PLcolMany00000", ids, default_video=small))
    hold = origin.hold("list", video="PLcolMany00000", page=6)
    job = submit(server, "PLcolMany00000")
    hold.wait_reached()
    wait_until(lambda: server.job(job["id"])["counts"]["done"] >= 4, "nothing is archived before all is listed")
    seen = server.job(job["id"])
    assert (seen["state"], seen["listing"]["state"]) == ("IN_PROGRESS", "listing")
    assert seen["listing"]["listed"] == seen["counts"]["total"] == 500
    done = [item["position"] for item in items_of(server, job, state="DONE")]
    assert max(done) < len(done) + 8

    ended = cancel(server, job)
    assert ended["listing"]["state"] == "cancelled"
    time.sleep(PROMPT_SECONDS)
    asked = len(origin.requests(kind="list", video="PLcolMany00000"))
    hold.release()
    time.sleep(0.3)  # enough for the next page, were there still somebody to ask for it
    assert len(origin.requests(kind="list", video="PLcolMany00000")) == asked
    assert ended == server.job(job["id"])
    assert ended["counts"]["done"] + ended["counts"]["cancelled"] == ended["counts"]["total"] == 500


def test_cancelling_a_listing_leaves_what_another_job_wants(origin: Origin, server: Server) -> None:
    ids = tuple(f"colHundr{n:03}" for n in range(101))  # the last one is on the second page
    origin.add_playlist(Playlist("PLcolCancel000", ids, default_video=small))
    hold = origin.hold("list", video="PLcolCancel000", page=2)
    for video_id in ids[:4]:  # as many as there are workers
        origin.hold("media", video=video_id)
    job = submit(server, "PLcolCancel000")
    origin.wait_for_requests(kind="media", video=ids[0])
    theirs = server.submit(ids[0], **CHEAP)
    hold.wait_reached()
    assert cancel(server, job)["counts"]["cancelled"] == 100
    origin.heal()
    assert server.wait_until_ended(theirs["id"])["state"] == "DONE"
    assert {item["state"] for item in items_of(server, job)} == {"CANCELLED"}
    assert not origin.requests(video=ids[-1])


@pytest.mark.parametrize("section", ["feed", "links", "gallery"])
def test_any_sites_list_is_archived_through_its_address(
    origin: Origin, server: Server, product: Product, section: str
) -> None:
    """RSS of files, RSS of pages, and a page whose videos have no address of their own."""
    name = f"col-{section}"
    address = f"https://site.example/{section}/{name}"
    origin.add_collection(name, f"{name}-1", f"{name}-2")
    job = collect(server, address, entity_type="url")
    assert job["counts"]["total"] == 2
    assert name in job["listing"]["title"]
    contents = [media_path(product, item).read_bytes() for item in items_of(server, job)]
    assert contents[0] != contents[1]
    asked = len(origin.requests())
    origin.add_collection(name, f"{name}-1", f"{name}-2", f"{name}-3")
    again = collect(server, address, entity_type="url")
    assert again["counts"]["done"] == 3
    assert {request.video for request in asked_after(origin, asked, "media")} == {f"{name}-3.mp4"}
    assert again["listing"]["playlist_id"] == job["listing"]["playlist_id"]
    entries = every(server, f"/playlists/{job['listing']['playlist_id']}/items")
    assert [entry["archived"] for entry in entries] == [True] * 3


def test_lists_inside_of_a_list_are_listed_too_and_what_cannot_be_is_named(origin: Origin, server: Server) -> None:
    origin.add_playlist(Playlist("PLcolInner0000", ("colInner__1", "colInner__2"), title="Inner", default_video=small))
    origin.add_playlist(Playlist("PLcolSecret000", ("colInner__1",), private=True))
    outer = "https://site.example/links/col-outer"
    links = [
        outer,  # itself
        "https://www.youtube.com/playlist?list=PLcolInner0000",
        "https://www.youtube.com/playlist?list=PLcolSecret000",
        "https://www.youtube.com/watch?v=colInner__2",
    ]
    rows = "".join(f"<item><title>Link {n}</title><link>{link}</link></item>" for n, link in enumerate(links))
    feed = f'<?xml version="1.0"?><rss version="2.0"><channel><title>Outer</title>{rows}</channel></rss>'
    origin.inject("list", faults.Replace(feed.encode(), "application/rss+xml"), video="col-outer")
    job = collect(server, outer, entity_type="url", state="PARTIAL")
    assert job["listing"]["title"] == "Outer"
    done = {item["video"]["video_id"] for item in items_of(server, job, state="DONE")}
    assert done == {"colInner__1", "colInner__2"}
    failed = {item["title"]: item["error"]["code"] for item in items_of(server, job, state="FAILED")}
    assert failed == {"Link 0": "not_a_video", "Link 2": "list_unavailable"}
    assert job["counts"]["total"] == 4
