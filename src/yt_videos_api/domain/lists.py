"""Playlists, channels and pages with many videos, as plain values: the words between their sources and the services."""

from __future__ import annotations

from dataclasses import dataclass

ENTRIES_AT_ONCE = 100  # what a source hands out in one piece at most
MOST_ENTRIES = 100_000  # of one list; what goes on after that is taken for a trap
MOST_INNER_LISTS = 1_000  # that one list leads to and that are listed with it


@dataclass(frozen=True, slots=True)
class ListFacts:
    """What a site says of a list. Texts are untrusted, but valid UTF-8 without NUL or lone surrogates."""

    extractor: str  # lower case, e.g. "youtube:tab"
    list_id: str
    title: str
    webpage_url: str
    channel: str | None = None
    channel_id: str | None = None
    count: int | None = None  # how many entries it is said to have


@dataclass(frozen=True, slots=True)
class ListEntry:
    """One entry of a list, before anybody has looked at the video itself. None: the list does not tell."""

    index: int  # place in the list, from 1
    url: str  # its own address, or the list's where it has none; then `index` tells which
    own_address: bool = True
    extractor: str | None = None  # lower case; only where the site is certain (youtube)
    video_id: str | None = None
    title: str | None = None
    duration_seconds: float | None = None
    upload_date: str | None = None  # YYYYMMDD
    channel: str | None = None
    gone: str | None = None  # the failure code it would end with: private_video, video_unavailable
    live: bool | None = None  # is, was, or will be a live stream or premiere
    short: bool | None = None
    is_list: bool = False  # it leads to another list
