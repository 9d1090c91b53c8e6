"""Playlists and channels of the stand-in origin, read by the real, unpatched yt-dlp in this process."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import yt_dlp

from tests.origin import Answer, Channel, Origin, Playlist, Video, faults
from tests.origin.ytdlp import asking

PLAYLIST_ID = "PLstandin000"
PLAYLIST_URL = f"https://www.youtube.com/playlist?list={PLAYLIST_ID}"

EntriesOf = Callable[[str], list[dict[str, Any]]]


def ids(count: int, prefix: str = "list") -> tuple[str, ...]:
    """Valid YouTube ids, all different."""
    return tuple(f"{prefix}{number:0{11 - len(prefix)}}" for number in range(count))


@pytest.fixture
def origin() -> Iterator[Origin]:
    with Origin.start() as origin:
        yield origin


@pytest.fixture
def entries_of(origin: Origin) -> Iterator[EntriesOf]:
    """The flat entries of an address."""
    with asking(origin, extract_flat=True) as ask:
        yield lambda url: list(ask(url)["entries"])


def test_playlist_is_complete_and_in_order_over_several_pages(origin: Origin, entries_of: EntriesOf) -> None:
    wanted = ids(250)
    origin.add_playlist(Playlist(PLAYLIST_ID, wanted))

    entries = entries_of(PLAYLIST_URL)

    assert tuple(entry["id"] for entry in entries) == wanted
    assert entries[7]["title"] == f"Video {wanted[7]}"
    assert entries[7]["duration"] == 3
    assert len([request for request in origin.requests(kind="list") if request.path.endswith("browse")]) == 3


def test_unavailable_videos_are_listed_by_what_became_of_them(origin: Origin, entries_of: EntriesOf) -> None:
    wanted = ids(3)
    origin.add_playlist(Playlist(PLAYLIST_ID, wanted))
    origin.add(Video(wanted[1], answer=Answer.PRIVATE))
    origin.add(Video(wanted[2], answer=Answer.REMOVED))

    assert [entry["title"] for entry in entries_of(PLAYLIST_URL)] == [
        f"Video {wanted[0]}",
        "[Private video]",
        "[Deleted video]",
    ]


def test_playlist_that_is_not_there_is_an_error(entries_of: EntriesOf) -> None:
    with pytest.raises(yt_dlp.utils.DownloadError, match="does not exist"):
        entries_of(PLAYLIST_URL)


def test_playlist_can_change_between_two_looks(origin: Origin, entries_of: EntriesOf) -> None:
    first, second, third, fourth = ids(4)
    origin.add_playlist(Playlist(PLAYLIST_ID, (first, second, third)))
    before = len(entries_of(PLAYLIST_URL))
    origin.change_playlist(PLAYLIST_ID, append=(fourth,), remove=(second,))

    assert before == 3
    assert [entry["id"] for entry in entries_of(PLAYLIST_URL)] == [first, third, fourth]


def test_private_playlist_is_shown_to_an_account_alone(origin: Origin, entries_of: EntriesOf) -> None:
    wanted = ids(3)
    origin.add_playlist(Playlist(PLAYLIST_ID, wanted, private=True))
    origin.add(Video(wanted[1], title="Mine", answer=Answer.PRIVATE, signed_in=Answer.FULL))
    jar = "".join(f".youtube.com\tTRUE\t/\tTRUE\t4102444800\t{name}\tstandin\n" for name in ("LOGIN_INFO", "SAPISID"))

    with pytest.raises(yt_dlp.utils.DownloadError, match="playlist is private"):
        entries_of(PLAYLIST_URL)
    with asking(origin, extract_flat=True, cookiefile=io.StringIO(f"# Netscape HTTP Cookie File\n{jar}")) as ask:
        titles = [entry["title"] for entry in ask(PLAYLIST_URL)["entries"]]
    assert titles == [f"Video {wanted[0]}", "Mine", f"Video {wanted[2]}"]


def test_video_that_nobody_added_plays_where_its_list_has_a_default(origin: Origin) -> None:
    wanted = ids(2)
    origin.add_playlist(Playlist(PLAYLIST_ID, wanted, default_video=lambda video_id: Video(video_id, title="Any")))
    origin.add(Video(wanted[1], title="Its own"))

    with asking(origin) as ask:
        told = ask(PLAYLIST_URL)

    assert [(entry["title"], len(entry["formats"])) for entry in told["entries"]] == [("Any", 9), ("Its own", 9)]


def test_rows_tell_what_runs_and_what_is_yet_to_come(origin: Origin, entries_of: EntriesOf) -> None:
    running, coming, ended = ids(3, "str")
    origin.add(Video(running, answer=Answer.LIVE))
    origin.add(Video(coming, answer=Answer.PREMIERE))
    origin.add_channel(Channel(streams=(running, coming, ended)))

    entries = entries_of("https://www.youtube.com/@standin/streams")

    assert [entry["live_status"] for entry in entries] == ["is_live", "is_upcoming", "was_live"]


def test_channel_does_not_list_what_is_private_or_removed(origin: Origin, entries_of: EntriesOf) -> None:
    good, private, removed = ids(3, "vid")
    origin.add(Video(private, answer=Answer.PRIVATE))
    origin.add(Video(removed, answer=Answer.REMOVED))
    origin.add_channel(Channel(videos=(good, private, removed)))

    assert [entry["id"] for entry in entries_of("https://www.youtube.com/@standin/videos")] == [good]


def test_page_in_the_middle_can_fail(origin: Origin, entries_of: EntriesOf) -> None:
    origin.add_playlist(Playlist(PLAYLIST_ID, ids(250)))
    failing = origin.inject("list", faults.Status(500), video=PLAYLIST_ID, page=3)

    with pytest.raises(yt_dlp.utils.DownloadError, match="500"):
        entries_of(PLAYLIST_URL)

    assert failing.hits == 1


@pytest.mark.parametrize(("tab", "prefix"), [("videos", "vid"), ("shorts", "sho"), ("streams", "str")])
def test_tab_of_a_channel_is_complete(origin: Origin, entries_of: EntriesOf, tab: str, prefix: str) -> None:
    origin.add_channel(Channel(videos=ids(70, "vid"), shorts=ids(40, "sho"), streams=ids(5, "str")))

    entries = entries_of(f"https://www.youtube.com/@standin/{tab}")

    assert tuple(entry["id"] for entry in entries) == ids(len(entries), prefix)
    assert len(entries) == {"videos": 70, "shorts": 40, "streams": 5}[tab]


def test_channel_without_a_tab_in_its_address_is_all_its_tabs(origin: Origin, entries_of: EntriesOf) -> None:
    origin.add_channel(Channel(videos=ids(3, "vid"), shorts=ids(2, "sho")))

    tabs = {
        entry["title"]: [video["id"] for video in entry["entries"]]
        for entry in entries_of("https://www.youtube.com/@standin")
    }

    assert tabs == {
        "Stand-in Channel - Videos": list(ids(3, "vid")),
        "Stand-in Channel - Shorts": list(ids(2, "sho")),
    }


def test_tab_that_a_channel_has_not_is_an_error(origin: Origin, entries_of: EntriesOf) -> None:
    origin.add_channel(Channel(videos=ids(1)))

    with pytest.raises(yt_dlp.utils.DownloadError, match="does not have a shorts tab"):
        entries_of("https://www.youtube.com/@standin/shorts")


def test_uploads_of_a_channel_are_a_playlist_too(origin: Origin, entries_of: EntriesOf) -> None:
    origin.add_channel(Channel(videos=ids(3, "vid"), streams=ids(2, "str")))

    entries = entries_of("https://www.youtube.com/playlist?list=UUstandinchannel00000000")

    assert tuple(entry["id"] for entry in entries) == (*ids(3, "vid"), *ids(2, "str"))
