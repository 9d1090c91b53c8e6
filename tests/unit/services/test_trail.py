"""Where a listing goes from a list that leads to other lists."""

from __future__ import annotations

from yt_videos_api.domain.lists import MOST_INNER_LISTS, ListEntry
from yt_videos_api.services.trail import Trail

PAGE = "https://site.example/lists"


def inner_list(number: int) -> ListEntry:
    return ListEntry(number, f"https://site.example/list/{number}", is_list=True)


def followed(trail: Trail) -> list[str]:
    """The addresses that are listed after the page itself."""
    return [address for _, address in trail.walk(1)]


def test_each_inner_list_is_listed_once_however_often_it_is_met() -> None:
    trail = Trail([PAGE])
    video = ListEntry(3, "https://site.example/video")
    assert trail.follow(0, [inner_list(1), inner_list(2), video, inner_list(1)]) == [video]
    assert trail.follow(0, [inner_list(2), ListEntry(5, PAGE, is_list=True)]) == []
    assert followed(trail) == [inner_list(1).url, inner_list(2).url]


def test_more_inner_lists_than_anybody_means_are_entries_like_others() -> None:
    trail = Trail([PAGE])
    lists = [inner_list(number) for number in range(MOST_INNER_LISTS + 2)]
    assert trail.follow(0, lists) == lists[MOST_INNER_LISTS:]
    assert trail.follow(0, lists) == lists[MOST_INNER_LISTS:]
    assert followed(trail) == [each.url for each in lists[:MOST_INNER_LISTS]]
