"""Entries of a list as they were written down, in an order that only the whole list can tell."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select, tuple_
from sqlalchemy.orm import Session

from yt_videos_api.db.tables import JobListing, PlaylistItem
from yt_videos_api.domain.filters import Order
from yt_videos_api.domain.lists import ENTRIES_AT_ONCE, ListEntry
from yt_videos_api.services.listing_plan import ListingPlan


def next_batch(session: Session, row: JobListing, plan: ListingPlan) -> Sequence[PlaylistItem]:
    """The next entries of the list in the wanted order, behind the cursor."""
    day = func.coalesce(PlaylistItem.upload_date, "")
    by_date = (day, PlaylistItem.position) if not plan.newest_first else (PlaylistItem.position,)
    query = select(PlaylistItem).where(
        PlaylistItem.playlist_id == row.playlist_id,
        PlaylistItem.listing >= row.listing,
        PlaylistItem.removed_at.is_(None),
    )
    # A channel is listed newest first: there the oldest is the last.
    descending = (plan.filter.order is Order.OLDEST) == plan.newest_first
    if row.cursor is not None:
        after = _read_cursor(row.cursor, plan)
        query = query.where(tuple_(*by_date) < after if descending else tuple_(*by_date) > after)
    ordered = [column.desc() if descending else column.asc() for column in by_date]
    return session.scalars(query.order_by(*ordered).limit(ENTRIES_AT_ONCE)).all()


def cursor_of(item: PlaylistItem) -> str:
    """Where a batch ended."""
    return f"{item.upload_date or ''} {item.position}"


def _read_cursor(cursor: str, plan: ListingPlan) -> tuple[str | int, ...]:
    day, _, position = cursor.partition(" ")
    return (int(position),) if plan.newest_first else (day, int(position))


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
