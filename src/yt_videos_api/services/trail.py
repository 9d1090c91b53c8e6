"""Where a listing goes: the parts of a list one after the other, then the lists that these lead to, and no deeper."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from yt_videos_api.domain.errors import InvalidInput
from yt_videos_api.domain.lists import ListEntry
from yt_videos_api.domain.targets import find_youtube_list
from yt_videos_api.domain.urls import parse_url


class Trail:
    """The addresses to list. Lists inside of inner lists are entries like others: their items tell what they are."""

    def __init__(self, parts: Sequence[str]) -> None:
        self._addresses = list(parts)
        self._own = len(parts)
        self._inner: dict[str, ListEntry] = {}

    def walk(self, part: int) -> Iterator[tuple[int, str]]:
        """The numbers and addresses from `part` on, also of those that are found on the way."""
        return islice(enumerate(self._addresses), part, None)

    def inner_entry(self, part: int) -> ListEntry | None:
        """The entry that led to an inner list; None for a part of the list itself."""
        return self._inner[self._addresses[part]] if part >= self._own else None

    def follow(self, part: int, entries: Sequence[ListEntry]) -> Sequence[ListEntry]:
        """Go on to the lists among `entries` later, to each of them once; the entries that are left."""
        if part >= self._own:
            return entries
        lists = [entry for entry in entries if leads_to_list(entry)]
        for entry in lists:
            if entry.url not in self._addresses:
                self._addresses.append(entry.url)
                self._inner[entry.url] = entry
        return [entry for entry in entries if entry not in lists]


def leads_to_list(entry: ListEntry) -> bool:
    """Whether there is a list behind an entry, as far as its source or its address tells."""
    if entry.video_id is not None or not entry.own_address:
        return False
    if entry.is_list:
        return True
    try:
        return find_youtube_list(parse_url(entry.url, field="url")) is not None
    except InvalidInput:
        return False  # an address that the engine will not visit either
