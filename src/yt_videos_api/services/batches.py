"""Entries of a list as they were written down, in an order that only the whole list can tell."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import Select, exists, func, select, tuple_
from sqlalchemy.orm import Session

from yt_videos_api.db.tables import JobListing, JobVideo, PlaylistItem
from yt_videos_api.domain.filters import Order
from yt_videos_api.domain.lists import ENTRIES_AT_ONCE, ListEntry
from yt_videos_api.services.listing_plan import ListingPlan

_SWEEP = "left over "  # what the cursor begins with in the second round


@dataclass(frozen=True, slots=True)
class Batch:
    """Some entries, and where they end."""

    items: Sequence[PlaylistItem]
    cursor: str | None = None


SelectBatch = Callable[[Session, JobListing, ListingPlan], Batch]


def in_order(session: Session, row: JobListing, plan: ListingPlan) -> Batch:
    """The next entries in the wanted order, behind the cursor of `row`.

    Another listing of the same list may move entries meanwhile: see `left_over`.
    """
    day = func.coalesce(PlaylistItem.upload_date, "")
    # A channel is listed newest first: there the oldest is the last.
    columns = (PlaylistItem.position,) if plan.newest_first else (day, PlaylistItem.position)
    descending = (plan.filter.order is Order.OLDEST) == plan.newest_first
    query = _listed(row)
    if row.cursor is not None and not row.cursor.startswith(_SWEEP):
        day_text, _, position = row.cursor.partition(" ")
        after = (int(position),) if plan.newest_first else (day_text, int(position))
        query = query.where(tuple_(*columns) < after if descending else tuple_(*columns) > after)
    elif row.cursor is not None:
        return Batch((), row.cursor)  # an earlier run came further than this
    ordered = [column.desc() if descending else column.asc() for column in columns]
    items = session.scalars(query.order_by(*ordered).limit(ENTRIES_AT_ONCE)).all()
    return Batch(items, f"{items[-1].upload_date or ''} {items[-1].position}" if items else _SWEEP)


def left_over(session: Session, row: JobListing, plan: ListingPlan) -> Batch:
    """Entries that are no item of the job, by ids, which never change: those that were moved past the cursor."""
    taken = exists().where(JobVideo.job_id == row.job_id, JobVideo.entry_key == PlaylistItem.entry_key)
    last = (row.cursor or "").removeprefix(_SWEEP)
    query = _listed(row).where(~taken, PlaylistItem.id > last)
    items = session.scalars(query.order_by(PlaylistItem.id).limit(ENTRIES_AT_ONCE)).all()
    return Batch(items, _SWEEP + items[-1].id if items else None)


def _listed(row: JobListing) -> Select[PlaylistItem]:
    return select(PlaylistItem).where(
        PlaylistItem.playlist_id == row.playlist_id,
        PlaylistItem.listing >= row.listing,
        PlaylistItem.removed_at.is_(None),
    )


def entry_of(item: PlaylistItem) -> ListEntry:
    """As its list told of it."""
    return ListEntry(
        index=item.entry_index or item.position,
        url=item.source_url,
        own_address=item.entry_index is None,
        extractor=item.extractor,
        video_id=item.video_id,
        title=item.title,
        duration_seconds=item.duration_seconds,
        upload_date=item.upload_date,
        gone=item.gone_code,
        live=item.live,
        short=item.short,
    )
