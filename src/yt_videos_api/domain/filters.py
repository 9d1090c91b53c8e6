"""Which entries of a playlist or channel a job wants, and in which order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import date
from enum import StrEnum
from typing import Any, Self

from yt_videos_api.domain.lists import ListEntry


class Order(StrEnum):
    """Which entries come first."""

    LISTED = "listed"  # as the site lists them
    NEWEST = "newest"  # by date of publication
    OLDEST = "oldest"


class OnRemoved(StrEnum):
    """What happens to an archived video that is no longer in its playlist."""

    KEEP = "keep"
    TRASH = "trash"  # its files move to the trash, unless another job or playlist wants them


class Verdict(StrEnum):
    """What a filter says of an entry."""

    TAKE = "take"
    LEAVE = "leave"
    ASK = "ask"  # the list tells too little: the video itself has to be asked


@dataclass(frozen=True, slots=True)
class CollectionFilter:
    """The options of a job for a playlist or channel. Texts are compared without regard to case, as plain text."""

    item_limit: int | None = None
    published_after: date | None = None  # that day included
    published_before: date | None = None  # that day included
    order: Order = Order.LISTED
    title_include: tuple[str, ...] = ()  # any of them
    title_exclude: tuple[str, ...] = ()
    skip_shorts: bool = False
    skip_live: bool = False
    on_removed_from_playlist: OnRemoved = OnRemoved.KEEP

    @property
    def needs_dates(self) -> bool:
        """Whether the date of every entry has to be known before it can be judged."""
        return self.published_after is not None or self.published_before is not None

    def judge(self, entry: ListEntry) -> Verdict:
        """Whether the job wants `entry`, by everything but the limit."""
        verdicts = {
            self._by_title(entry.title),
            self._by_kind(wanted=not self.skip_shorts, kind=entry.short),
            self._by_kind(wanted=not self.skip_live, kind=entry.live),
            self._by_date(entry.upload_date),
        }
        if Verdict.LEAVE in verdicts:
            return Verdict.LEAVE
        if Verdict.ASK not in verdicts:
            return Verdict.TAKE
        return Verdict.ASK if entry.gone is None else self._of_gone()

    def _of_gone(self) -> Verdict:
        """What cannot be asked any more is no match for a title or a date; else its item tells what became of it."""
        picky = self.needs_dates or self.title_include or self.title_exclude
        return Verdict.LEAVE if picky else Verdict.TAKE

    def to_json(self) -> dict[str, Any]:
        """Plain values for the database."""
        said = asdict(self)
        for name in ("published_after", "published_before"):
            said[name] = said[name].isoformat() if said[name] else None
        return {name: list(value) if isinstance(value, tuple) else value for name, value in said.items()}

    @classmethod
    def from_json(cls, said: Mapping[str, Any]) -> Self:
        """The inverse of `to_json`."""
        known = {field.name: said[field.name] for field in fields(cls) if field.name in said}
        for name in ("published_after", "published_before"):
            known[name] = date.fromisoformat(known[name]) if known.get(name) else None
        for name in ("title_include", "title_exclude"):
            known[name] = tuple(known.get(name, ()))
        known["order"] = Order(known.get("order", Order.LISTED))
        known["on_removed_from_playlist"] = OnRemoved(known.get("on_removed_from_playlist", OnRemoved.KEEP))
        return cls(**known)

    def _by_title(self, title: str | None) -> Verdict:
        if not (self.title_include or self.title_exclude):
            return Verdict.TAKE
        if title is None:
            return Verdict.ASK
        folded = title.casefold()
        if any(text.casefold() in folded for text in self.title_exclude):
            return Verdict.LEAVE
        included = not self.title_include or any(text.casefold() in folded for text in self.title_include)
        return Verdict.TAKE if included else Verdict.LEAVE

    @staticmethod
    def _by_kind(*, wanted: bool, kind: bool | None) -> Verdict:
        if wanted or kind is False:
            return Verdict.TAKE
        return Verdict.LEAVE if kind else Verdict.ASK

    def _by_date(self, upload_date: str | None) -> Verdict:
        if not self.needs_dates:
            return Verdict.TAKE
        day = day_of(upload_date)
        if day is None:
            return Verdict.ASK
        too_early = self.published_after is not None and day < self.published_after
        too_late = self.published_before is not None and day > self.published_before
        return Verdict.LEAVE if too_early or too_late else Verdict.TAKE


def day_of(upload_date: str | None) -> date | None:
    """`20260102` as a date; None for what is none: it comes from a site."""
    if upload_date is None or len(upload_date) != 8 or not (upload_date.isascii() and upload_date.isdecimal()):
        return None
    try:
        return date(int(upload_date[:4]), int(upload_date[4:6]), int(upload_date[6:]))
    except ValueError:
        return None
