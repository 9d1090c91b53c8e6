"""Where a listing goes: the parts of a list one after the other, then the lists that these lead to, and no deeper."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from yt_videos_api.domain.errors import InvalidInput
from yt_videos_api.domain.lists import MOST_INNER_LISTS, ListEntry
from yt_videos_api.domain.targets import find_youtube_list
from yt_videos_api.domain.urls import parse_url


class Trail:
    """The addresses to list.

    Lists inside of inner lists, and those beyond `MOST_INNER_LISTS`, are entries like others: their items tell what
    they are.
    """

    def __init__(self, parts: Sequence[str]) -> None:
        self._addresses = list(parts)
        self._own = len(parts)
        self._known = set(parts)
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
        return [entry for entry in entries if not (leads_to_list(entry) and self._will_list(entry))]

    def _will_list(self, entry: ListEntry) -> bool:
        """Note the list behind `entry`, unless there are too many; whether it is or will be listed."""
        if entry.url in self._known:
            return True
        if len(self._inner) >= MOST_INNER_LISTS:
            return False
        self._known.add(entry.url)
        self._addresses.append(entry.url)
        self._inner[entry.url] = entry
        return True


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
