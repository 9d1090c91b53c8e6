"""Which entries of a list a job wants."""

from __future__ import annotations

import json
from datetime import date

import pytest

from yt_videos_api.domain.filters import CollectionFilter, OnRemoved, Order, Verdict
from yt_videos_api.domain.lists import ListEntry

ENTRY = ListEntry(1, "https://www.youtube.com/watch?v=abcdefghijk", title="A Walk through the Archive")


def _entry(**told: object) -> ListEntry:
    return ListEntry(**({"index": 1, "url": ENTRY.url, "title": ENTRY.title} | told))  # type: ignore[arg-type]  # a test


@pytest.mark.parametrize(
    ("wanted", "entry", "verdict"),
    [
        (CollectionFilter(), ENTRY, Verdict.TAKE),
        (CollectionFilter(title_include=("WALK", "run")), ENTRY, Verdict.TAKE),
        (CollectionFilter(title_include=("run",)), ENTRY, Verdict.LEAVE),
        (CollectionFilter(title_exclude=("archive",)), ENTRY, Verdict.LEAVE),
        (CollectionFilter(title_include=("walk",), title_exclude=("archive",)), ENTRY, Verdict.LEAVE),
        (CollectionFilter(title_include=("a.*k",)), ENTRY, Verdict.LEAVE),  # text, never a pattern
        (CollectionFilter(title_include=("walk",)), _entry(title=None), Verdict.ASK),
        (CollectionFilter(skip_shorts=True), _entry(short=True), Verdict.LEAVE),
        (CollectionFilter(skip_shorts=True), _entry(short=False), Verdict.TAKE),
        (CollectionFilter(skip_shorts=True), ENTRY, Verdict.ASK),
        (CollectionFilter(skip_live=True), _entry(live=True), Verdict.LEAVE),
        (CollectionFilter(skip_live=True), _entry(live=False), Verdict.TAKE),
        (CollectionFilter(published_after=date(2026, 1, 2)), _entry(upload_date="20260102"), Verdict.TAKE),
        (CollectionFilter(published_after=date(2026, 1, 3)), _entry(upload_date="20260102"), Verdict.LEAVE),
        (CollectionFilter(published_before=date(2026, 1, 2)), _entry(upload_date="20260102"), Verdict.TAKE),
        (CollectionFilter(published_before=date(2026, 1, 1)), _entry(upload_date="20260102"), Verdict.LEAVE),
        (CollectionFilter(published_after=date(2026, 1, 2)), ENTRY, Verdict.ASK),
        (CollectionFilter(published_after=date(2026, 1, 2)), _entry(upload_date="20260231"), Verdict.ASK),
        (CollectionFilter(published_after=date(2026, 1, 2)), _entry(upload_date="yesterday"), Verdict.ASK),
        (CollectionFilter(published_after=date(2026, 1, 2)), _entry(gone="private_video"), Verdict.LEAVE),
        (CollectionFilter(title_exclude=("walk",)), _entry(title=None, gone="private_video"), Verdict.LEAVE),
        (CollectionFilter(skip_shorts=True), _entry(gone="private_video"), Verdict.TAKE),
        (CollectionFilter(published_after=date(2026, 1, 2), title_include=("run",)), ENTRY, Verdict.LEAVE),
    ],
)
def test_an_entry_is_taken_left_or_asked(wanted: CollectionFilter, entry: ListEntry, verdict: Verdict) -> None:
    assert wanted.judge(entry) is verdict


def test_a_filter_is_read_back_from_json() -> None:
    wanted = CollectionFilter(
        item_limit=3,
        published_after=date(2026, 1, 2),
        order=Order.OLDEST,
        title_include=("a", "b"),
        skip_live=True,
        on_removed_from_playlist=OnRemoved.TRASH,
    )
    assert CollectionFilter.from_json(json.loads(json.dumps(wanted.to_json()))) == wanted
    assert CollectionFilter.from_json({}) == CollectionFilter()
