"""Lists with the real yt-dlp: page by page, to their very end or to a failure that tells why."""

from __future__ import annotations

from collections.abc import Iterator

import psutil
import pytest

from tests.integration.engine.conftest import VIDEO, OpenRun
from tests.origin import Answer, Origin, Video, faults
from tests.origin.lists import Channel, Playlist
from yt_videos_api.cage.runs import RunLimits
from yt_videos_api.domain.errors import DownloadFailure
from yt_videos_api.domain.lists import ENTRIES_AT_ONCE, ListEntry
from yt_videos_api.engine.entries import list_entry
from yt_videos_api.engine.facts import generic_video_id
from yt_videos_api.engine.run import YtDlpRun

TUBE = "https://www.youtube.com"
SITE = "http://site.example"
LIST_ID = "PLlisted0000000000"
LIST = f"{TUBE}/playlist?list={LIST_ID}"
PRIVATE = Video("privatelist", answer=Answer.PRIVATE)
REMOVED = Video("removedlist", answer=Answer.REMOVED)


def ids(count: int, first: int = 0) -> tuple[str, ...]:
    """Ids of videos."""
    return tuple(f"listed{number:05}" for number in range(first, first + count))


def publish(origin: Origin, video_ids: tuple[str, ...], **fields: object) -> None:
    """A playlist of videos that all play."""
    origin.add_playlist(Playlist(LIST_ID, video_ids, default_video=Video, **fields))  # type: ignore[arg-type]  # a few


def pieces(run: YtDlpRun) -> Iterator[tuple[ListEntry, ...]]:
    """All that is left of the list that was opened."""
    while found := run.next_entries():
        yield found


def listed(run: YtDlpRun, url: str) -> list[ListEntry]:
    """Everything at an address."""
    run.open_list(url)
    return [entry for piece in pieces(run) for entry in piece]


def refusal(run: YtDlpRun, url: str) -> str:
    """The code with which an address is refused as a list."""
    with pytest.raises(DownloadFailure) as caught:
        run.open_list(url)
    return caught.value.code


def test_a_playlist_is_told_in_its_order_with_what_is_gone(open_run: OpenRun, origin: Origin) -> None:
    for video in (PRIVATE, REMOVED):
        origin.add(video)
    publish(origin, (VIDEO.id, PRIVATE.id, REMOVED.id, *ids(3)), page_size=2)
    run = open_run()
    facts = run.open_list(LIST)
    assert (facts.extractor, facts.list_id, facts.title) == ("youtube:tab", LIST_ID, "A playlist")
    assert (facts.channel, facts.channel_id) == ("Stand-in Channel", "UCstandinchannel00000000")
    entries = [entry for piece in pieces(run) for entry in piece]
    assert [entry.video_id for entry in entries] == [VIDEO.id, PRIVATE.id, REMOVED.id, *ids(3)]
    assert [entry.index for entry in entries] == [1, 2, 3, 4, 5, 6]
    assert [entry.gone for entry in entries] == [None, "private_video", "video_unavailable", None, None, None]
    first = entries[0]
    assert (first.extractor, first.title, first.own_address) == ("youtube", VIDEO.title, True)
    assert first.url == f"{TUBE}/watch?v={VIDEO.id}"


def test_pages_are_asked_for_as_they_are_needed(open_run: OpenRun, origin: Origin) -> None:
    publish(origin, ids(450))
    run = open_run()
    before = len(origin.requests(kind="list"))
    run.open_list(LIST)
    opened = len(origin.requests(kind="list")) - before
    assert len(run.next_entries()) == ENTRIES_AT_ONCE
    assert len(origin.requests(kind="list")) - before == opened
    assert [len(piece) for piece in pieces(run)] == [100, 100, 100, 50]
    assert run.next_entries() == ()


def test_memory_does_not_grow_with_the_list(open_run: OpenRun, origin: Origin) -> None:
    publish(origin, ids(2000))
    run = open_run()
    run.open_list(LIST)
    child = psutil.Process(run.group)
    for _ in range(5):
        assert len(run.next_entries()) == ENTRIES_AT_ONCE
    before = child.memory_info().rss  # what is private of it also grows when the process it was forked from works
    assert sum(len(piece) for piece in pieces(run)) == 1500
    assert child.memory_info().rss - before < 2 * 2**20


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (faults.Status(500), "network"),
        (faults.Status(404), "network"),
        (faults.Status(429), "rate_limited"),
        (faults.Drop(100), "network"),
        (faults.Replace(b"{}", "application/json"), "network"),
        (faults.Html(), "extraction_failed"),
    ],
)
def test_a_list_that_breaks_off_never_ends_but_fails(
    open_run: OpenRun, origin: Origin, fault: faults.Fault, code: str
) -> None:
    publish(origin, ids(250))
    run = open_run()
    run.open_list(LIST)
    origin.inject("list", fault, video=LIST_ID, skip=1)
    found = [*run.next_entries(), *run.next_entries()]
    assert [entry.video_id for entry in found] == list(ids(200))
    for _ in range(2):
        with pytest.raises(DownloadFailure) as caught:
            run.next_entries()
        assert caught.value.code == code
    origin.heal()
    assert len(listed(run, LIST)) == 250


def test_a_page_that_does_not_come_ends_within_the_stall_time(open_run: OpenRun, origin: Origin) -> None:
    publish(origin, ids(150))
    run = open_run(limits=RunLimits(stall_seconds=0.6))
    run.open_list(LIST)
    assert len(run.next_entries()) == 100
    origin.inject("list", faults.Stall(0), video=LIST_ID)
    with pytest.raises(DownloadFailure) as caught:
        run.next_entries()
    assert caught.value.code in ("stalled", "network")


def test_a_channel_tells_its_tabs_and_each_tab_its_videos(open_run: OpenRun, origin: Origin) -> None:
    shorts, streams = ids(2, 50), ids(2, 60)
    origin.add_channel(Channel("@tabs", "UCtabs000000000000000000", videos=ids(40), shorts=shorts, streams=streams))
    run = open_run()
    root = run.open_list(f"{TUBE}/@tabs")
    assert (root.channel_id, root.title) == ("UCtabs000000000000000000", "Stand-in Channel")
    tabs = [entry for piece in pieces(run) for entry in piece]
    assert all(tab.is_list and tab.own_address for tab in tabs)
    assert {tab.url for tab in tabs} == {f"{TUBE}/@tabs/{name}" for name in ("videos", "shorts", "streams")}
    videos = listed(run, f"{TUBE}/channel/UCtabs000000000000000000/videos")
    assert [entry.video_id for entry in videos] == list(ids(40))
    assert {(entry.live, entry.short) for entry in videos} == {(False, False)}
    assert {(entry.video_id, entry.live, entry.short) for entry in listed(run, f"{TUBE}/@tabs/shorts")} == {
        (each, False, True) for each in shorts
    }
    assert {(entry.video_id, entry.live, entry.short) for entry in listed(run, f"{TUBE}/@tabs/streams")} == {
        (each, True, False) for each in streams
    }


def test_what_is_no_list_or_not_there_is_told_apart(open_run: OpenRun, origin: Origin) -> None:
    origin.add_channel(Channel("@bare", "UCbare000000000000000000", videos=ids(1)))
    origin.add_playlist(Playlist("PLprivate000000000", ids(1), private=True))
    run = open_run()
    assert refusal(run, f"{TUBE}/@bare/shorts") == "list_unavailable"
    assert refusal(run, f"{TUBE}/@nobody") == "list_unavailable"
    assert refusal(run, f"{TUBE}/playlist?list=PLnothere0000000000000000000000000") == "list_unavailable"
    assert refusal(run, f"{TUBE}/playlist?list=PLprivate000000000") == "list_unavailable"
    assert refusal(run, f"{TUBE}/watch?v={VIDEO.id}") == "not_a_list"
    assert refusal(run, f"{SITE}/page/x") == "not_a_list"
    assert refusal(run, f"{SITE}/media/x.mp4") == "not_a_list"
    assert refusal(run, "file:///etc/passwd") == "unsupported_url"
    assert len(listed(run, f"{TUBE}/@bare/videos")) == 1  # after all of that


def test_a_site_that_pushes_back_is_no_missing_list(open_run: OpenRun, origin: Origin) -> None:
    publish(origin, ids(1))
    origin.inject("list", faults.Status(429), video=LIST_ID)
    assert refusal(open_run(), LIST) == "rate_limited"


def test_an_empty_playlist_is_a_list(open_run: OpenRun, origin: Origin) -> None:
    publish(origin, ())
    assert listed(open_run(), LIST) == []


def test_entries_are_asked_of_a_list_that_was_opened(open_run: OpenRun) -> None:
    with pytest.raises(DownloadFailure, match="engine_crashed"):
        open_run().next_entries()


def test_a_feed_tells_files_and_pages_by_their_own_addresses(open_run: OpenRun, origin: Origin) -> None:
    origin.add_collection("pods", "one", "two")
    run = open_run(f"{SITE}/feed/pods")
    entries = listed(run, f"{SITE}/feed/pods")
    assert [(entry.url, entry.own_address, entry.title) for entry in entries] == [
        (f"{SITE}/media/one.mp4", True, "Item one"),
        (f"{SITE}/media/two.mp4", True, "Item two"),
    ]
    assert entries[0].upload_date == "20260102"
    assert [entry.url for entry in listed(run, f"{SITE}/links/pods")] == [f"{SITE}/page/one", f"{SITE}/page/two"]


def linked_entry(told: dict[str, str]) -> ListEntry:
    """An entry of somebody's page."""
    return list_entry(told, {"_type": "playlist", "webpage_url": f"{SITE}/links"}, f"{SITE}/links", 1)


def test_links_of_strangers_are_known_by_their_addresses() -> None:
    linked = linked_entry({"_type": "url", "url": "https://youtu.be/aaaaaaaaaaa?t=5", "title": "[Private video]"})
    assert (linked.url, linked.video_id) == ("https://www.youtube.com/watch?v=aaaaaaaaaaa", "aaaaaaaaaaa")
    assert linked_entry({"_type": "url", "url": "https://www.youtube.com/playlist?list=PLaaaaaaaaaaaaaaaa"}).is_list
    assert linked_entry({"_type": "url", "url": "https://vimeo.com/nkistudio/videos"}).is_list
    assert not linked_entry({"_type": "url", "url": "https://site.example/page"}).is_list


def test_videos_without_an_address_are_told_and_extracted_by_their_place(open_run: OpenRun, origin: Origin) -> None:
    origin.add_collection("both", "one", "two")
    page = f"{SITE}/gallery/both"
    entries = listed(open_run(page), page)
    assert [(entry.url, entry.own_address, entry.index) for entry in entries] == [(page, False, 1), (page, False, 2)]
    offers = [open_run(page, entry_index=index).extract("default") for index in (1, 2)]
    assert [offer.facts.video_id for offer in offers] == [generic_video_id(page, 1), generic_video_id(page, 2)]
    second = open_run(page, entry_index=2)
    assert second.look().facts.video_id == generic_video_id(page, 2)
    (part,) = second.transfer(second.extract("default"), lambda _: None)
    assert part.size_bytes > 0
    assert origin.requests(kind="media")[-1].video == "two.mp4"
    with pytest.raises(DownloadFailure, match="video_unavailable"):
        open_run(page, entry_index=3).extract("default")
