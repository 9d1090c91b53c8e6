"""What leaves its playlist, or is made private or deleted at its site, stays archived and is shown as gone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.collected import CHEAP, collect, entries_of, items_of, small, wait_until
from tests.e2e.looks import media_path
from tests.origin import Answer, Origin, Playlist, Video
from tests.product import Product, Server

pytestmark = pytest.mark.timeout(120)


def archive(origin: Origin, server: Server, name: str, count: int = 2) -> tuple[str, list[Video], dict[str, Any]]:
    """A playlist of this name: its id, its videos, and the job that has archived them."""
    videos = [origin.add(small(f"gone{name}{number}_", title=f"{name} {number}")) for number in range(count)]
    playlist = origin.add_playlist(Playlist(f"PLgone{name}00", tuple(video.id for video in videos)))
    return playlist.id, videos, collect(server, playlist.id)


def hidden_files(product: Product) -> list[Path]:
    """What lies in the library where nobody looks."""
    return [path for path in product.library.rglob(".*/**/*") if path.is_file()]


def test_a_video_taken_out_of_its_playlist_is_shown_as_removed_and_keeps_its_file(
    origin: Origin, server: Server, product: Product
) -> None:
    playlist, videos, first = archive(origin, server, "Taken", 3)
    files = product.media_files()
    origin.change_playlist(playlist, remove=(videos[1].id,))
    second = collect(server, playlist)
    assert second["counts"]["total"] == 2
    assert product.media_files() == files
    (removed,) = entries_of(server, first, removed="true").values()
    assert (removed["video_id"], removed["title"], removed["archived"]) == (videos[1].id, "Taken 1", True)
    assert removed["removed_at"] >= second["created_at"]
    assert list(entries_of(server, first, removed="false")) == [videos[0].id, videos[2].id]
    shown = server.request("GET", f"/playlists/{first['listing']['playlist_id']}").json()
    assert (shown["item_count"], shown["removed_count"]) == (2, 1)
    # Since then, whoever looks again.
    collect(server, playlist)
    assert entries_of(server, first, removed="true")[videos[1].id] == removed


def test_a_video_that_comes_back_into_its_playlist_is_there_as_if_it_had_never_left(
    origin: Origin, server: Server
) -> None:
    playlist, videos, job = archive(origin, server, "Again", 3)
    before = entries_of(server, job)[videos[0].id]
    origin.change_playlist(playlist, remove=(videos[0].id,))
    collect(server, playlist)
    assert entries_of(server, job)[videos[0].id]["removed_at"]
    origin.change_playlist(playlist, append=(videos[0].id,))
    asked = len(origin.requests(kind="media"))
    collect(server, playlist)
    assert len(origin.requests(kind="media")) == asked
    assert entries_of(server, job)[videos[0].id] == before | {"position": 2}
    assert list(entries_of(server, job)) == [videos[1].id, videos[2].id, videos[0].id]


@pytest.mark.parametrize(("answer", "code"), [(Answer.PRIVATE, "private_video"), (Answer.REMOVED, "video_unavailable")])
def test_a_video_that_its_site_hides_is_shown_so_and_keeps_its_file(
    origin: Origin, server: Server, product: Product, answer: Answer, code: str
) -> None:
    playlist, videos, first = archive(origin, server, answer.title()[:5])
    origin.add(replace(videos[0], answer=answer))
    second = collect(server, playlist)
    assert second["problems"] == []
    item = items_of(server, second)[0]
    assert (item["state"], item["title"]) == ("DONE", videos[0].title)
    assert item["video"]["removed_at_source"] >= second["created_at"]
    assert item["video"]["removed_reason"] == code
    assert media_path(product, item).exists()
    assert server.request("GET", item["file"]["url"]).status_code == 200
    entry = entries_of(server, second)[videos[0].id]
    assert (entry["gone"], entry["archived"], entry["removed_at"]) == (code, True, None)
    assert entry["title"] == videos[0].title
    # The earlier job shows it, too.
    assert items_of(server, first)[0]["video"]["removed_reason"] == code
    assert items_of(server, second)[1]["video"]["removed_at_source"] is None


def test_a_video_that_its_site_shows_again_is_not_gone_any_more(origin: Origin, server: Server) -> None:
    playlist, videos, _ = archive(origin, server, "Shown", 1)
    origin.add(replace(videos[0], answer=Answer.PRIVATE))
    assert items_of(server, collect(server, playlist))[0]["video"]["removed_at_source"]
    origin.add(videos[0])
    job = collect(server, playlist)
    assert items_of(server, job)[0]["video"]["removed_at_source"] is None
    assert entries_of(server, job)[videos[0].id]["gone"] is None


def test_who_asks_in_vain_for_more_of_an_archived_video_learns_that_it_is_gone(origin: Origin, server: Server) -> None:
    _, videos, job = archive(origin, server, "Vain_", 1)
    origin.add(replace(videos[0], answer=Answer.REMOVED))
    other = server.wait_until_ended(server.submit(videos[0].id, quality="144p", container_policy="webm")["id"])
    assert (other["state"], other["error"]["code"]) == ("FAILED", "video_unavailable")
    assert items_of(server, job)[0]["video"]["removed_reason"] == "video_unavailable"
    assert entries_of(server, job)[videos[0].id]["gone"] == "video_unavailable"


def test_a_listing_that_ends_early_or_fails_takes_nothing_for_removed(origin: Origin, server: Server) -> None:
    playlist, videos, job = archive(origin, server, "Early")
    collect(server, playlist, item_limit=1)
    origin.add_playlist(Playlist(playlist, (), private=True))
    collect(server, playlist, state="FAILED")
    origin.add_playlist(Playlist(playlist, tuple(video.id for video in videos)))
    assert all(entry["removed_at"] is None for entry in entries_of(server, job).values())


def test_where_a_job_wants_that_what_was_taken_out_goes_to_the_trash(
    origin: Origin, server: Server, product: Product
) -> None:
    playlist, videos, first = archive(origin, server, "Trash", 3)
    kept_by_another = videos[1].id
    server.submit(kept_by_another, **CHEAP)
    paths = [product.library / item["file"]["path"] for item in items_of(server, first)]
    content = paths[0].read_bytes()
    origin.change_playlist(playlist, remove=(videos[0].id, kept_by_another))
    collect(server, playlist, on_removed_from_playlist="trash")
    wait_until(lambda: not paths[0].exists(), "it is never put away")
    assert [path.exists() for path in paths] == [False, True, True]
    assert content in [path.read_bytes() for path in hidden_files(product)]
    entries = entries_of(server, first)
    assert [entries[video.id]["archived"] for video in videos] == [False, True, True]

    # Wanted again, it is fetched again.
    origin.change_playlist(playlist, append=(videos[0].id,))
    collect(server, playlist)
    assert paths[0].exists()
