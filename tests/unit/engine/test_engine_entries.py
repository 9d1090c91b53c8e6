"""Entries of lists, as yt-dlp tells them and as we do."""

from __future__ import annotations

from typing import Any

import pytest
from yt_dlp.utils import OnDemandPagedList, smuggle_url

from yt_videos_api.domain.lists import ListEntry
from yt_videos_api.engine.entries import list_entry, list_facts
from yt_videos_api.engine.pages import entries_of

URL = "https://site.example/list"
PAGE = {"extractor": "Some:List", "extractor_key": "SomeList", "webpage_url": URL, "id": "x", "title": "A list"}
TUBE = {"extractor_key": "YoutubeTab", "webpage_url": "https://www.youtube.com/playlist?list=PLx"}


def entry(told: dict[str, Any], page: dict[str, Any] = PAGE, url: str = URL) -> ListEntry:
    """The seventh entry of a list."""
    return list_entry(told, page, url, 7)


def video(**more: Any) -> dict[str, Any]:
    """A row of YouTube."""
    link = "https://www.youtube.com/watch?v=aaaaaaaaaaa"
    return {"_type": "url", "ie_key": "Youtube", "id": "aaaaaaaaaaa", "url": link, "title": "A", **more}


def test_a_row_of_youtube_is_known_by_its_id() -> None:
    found = entry(video(duration=300, channel="C", view_count=5), TUBE)
    assert found == ListEntry(
        index=7,
        url="https://www.youtube.com/watch?v=aaaaaaaaaaa",
        extractor="youtube",
        video_id="aaaaaaaaaaa",
        title="A",
        duration_seconds=300.0,
        channel="C",
        live=False,
        short=False,
    )


@pytest.mark.parametrize(
    ("title", "code"),
    [("[Private video]", "private_video"), ("[Deleted video]", "video_unavailable"), ("Private", None)],
)
def test_rows_that_are_gone_tell_why(title: str, code: str | None) -> None:
    assert entry(video(title=title), TUBE).gone == code


def test_a_title_in_brackets_means_nothing_elsewhere() -> None:
    assert (
        entry({"_type": "url", "ie_key": "Generic", "url": "https://site.example/1", "title": "[Private video]"}).gone
        is None
    )


@pytest.mark.parametrize(
    ("tab", "told", "live", "short"),
    [
        ("videos", {}, False, False),
        ("streams", {}, True, False),
        ("shorts", {"url": "https://www.youtube.com/shorts/aaaaaaaaaaa"}, False, True),
        ("playlist", {}, None, None),
        ("playlist", {"view_count": 1, "duration": 100}, False, None),
        ("playlist", {"view_count": 1, "duration": 181}, False, False),
        ("playlist", {"live_status": "is_upcoming"}, True, None),
        ("playlist", {"live_status": "was_live", "duration": 9000}, True, False),
    ],
)
def test_shorts_and_live_streams_are_told_apart_as_far_as_the_list_tells(
    tab: str, told: dict[str, Any], live: bool | None, short: bool | None
) -> None:
    found = entry(video(**told), {**TUBE, "webpage_url": f"https://www.youtube.com/@name/{tab}"})
    assert (found.live, found.short) == (live, short)


@pytest.mark.parametrize(
    ("told", "date"),
    [
        ({"timestamp": 1767323045}, "20260102"),
        ({"upload_date": "20251231", "timestamp": 1767323045}, "20251231"),
        ({"upload_date": "2025"}, None),
        ({"timestamp": -5}, None),
        ({"timestamp": 1e30}, None),
        ({}, None),
    ],
)
def test_a_date_is_exact_or_none(told: dict[str, Any], date: str | None) -> None:
    assert entry({"_type": "url", "ie_key": "Generic", "url": "https://site.example/1", **told}).upload_date == date


def test_an_embedded_video_has_the_address_of_its_page() -> None:
    found = entry({"id": "v", "title": "V", "formats": [{"url": "https://site.example/v.mp4"}]})
    assert (found.url, found.own_address, found.index) == (URL, False, 7)
    same = entry({"id": "v", "webpage_url": URL})
    assert not same.own_address
    other = entry({"id": "v", "webpage_url": "https://site.example/v"})
    assert (other.url, other.own_address) == ("https://site.example/v", True)


def test_what_only_the_page_can_explain_is_left_to_the_page() -> None:
    explained = smuggle_url("https://site.example/v", {"referer": URL})
    assert not entry({"_type": "url", "url": explained}).own_address
    assert not entry({"_type": "url", "url": "kaltura:1:2"}).own_address
    renamed = entry(
        {
            "_type": "url_transparent",
            "ie_key": "Generic",
            "url": smuggle_url("https://site.example/1.mp3", {"force_videoid": "g"}),
        }
    )
    assert (renamed.url, renamed.own_address) == ("https://site.example/1.mp3", True)


def test_lists_inside_of_lists_are_known_as_such() -> None:
    tab = {"_type": "url", "ie_key": "YoutubeTab", "url": "https://www.youtube.com/playlist?list=PLx", "id": "PLx"}
    assert entry(tab, TUBE).is_list
    assert entry({"_type": "playlist", "webpage_url": "https://www.youtube.com/@n/videos", "entries": []}, TUBE).is_list
    assert entry({"_type": "url", "ie_key": "VimeoUser", "url": "https://vimeo.com/nkistudio/videos"}).is_list
    assert not entry({"_type": "url", "ie_key": "Vimeo", "url": "https://vimeo.com/56015672"}).is_list


def test_a_list_without_an_address_is_replaced_by_its_entries() -> None:
    inner = {"_type": "playlist", "entries": [{"id": "b"}, None, {"id": "c"}]}
    outer = {**PAGE, "_type": "playlist", "entries": [{"id": "a"}, inner, {"id": "d"}]}
    assert [each["id"] for each in entries_of(outer)] == ["a", "b", "c", "d"]


def test_a_list_that_holds_itself_ends() -> None:
    endless: dict[str, Any] = {"_type": "playlist", "entries": []}
    endless["entries"].append(endless)
    assert len(list(entries_of(endless))) <= 1


def test_pages_are_fetched_when_they_are_needed_and_not_kept() -> None:
    fetched: list[int] = []

    def fetch(number: int) -> list[dict[str, Any]]:
        fetched.append(number)
        return [{"id": f"{number}-{row}"} for row in range(10 if number < 3 else 5)]

    pages = OnDemandPagedList(fetch, 10)
    pulled = entries_of({**PAGE, "_type": "playlist", "entries": pages})
    assert next(pulled)["id"] == "0-0"
    assert fetched == [0]
    assert len(list(pulled)) == 34
    assert fetched == [0, 1, 2, 3]
    assert not pages._cache


def test_facts_of_a_list_are_cut_to_what_fits() -> None:
    facts = list_facts({**PAGE, "id": "i" * 1000, "title": "t" * 5000, "entries": [{}, {}], "uploader": "U"}, URL)
    assert (facts.extractor, facts.channel, facts.count) == ("some:list", "U", 2)
    assert (len(facts.list_id), len(facts.title)) == (64, 1000)
    assert list_facts({}, URL).webpage_url == URL
