"""Which work may be claimed now.

A clock that is set back must not stop it. What is queued is due whatever its due_at says: that only tells its place in
the queue; so is other work that has not failed yet. It binds what waits for a retry, and publications that were put
off; due later than anything is ever put off is due now, too.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, and_, exists, or_, select

from yt_videos_api.db.tables import Download, Work
from yt_videos_api.domain.retry import LONGEST_WAIT_SECONDS
from yt_videos_api.domain.states import DownloadState, WorkKind

_ERRANDS = [kind.value for kind in WorkKind if kind is not WorkKind.ARCHIVE]


def due(now: datetime, *, listings: bool) -> Select[str]:
    """Free work whose time has come, the most urgent first; without listings if these are not wanted."""
    queued = exists().where(Download.id == Work.download_id, Download.state == DownloadState.QUEUED.value)
    return (
        select(Work.id)
        .where(_is_free(listings), or_(Work.due_at <= now, Work.due_at > _too_late(now), queued, _is_untried()))
        .order_by(Work.priority, Work.due_at, Work.id)
    )


def is_any_due(now: datetime, *, listings: bool) -> Select[bool]:
    """Whether `due` finds anything.

    Each of its reasons is looked up in an index of its own. What only waits is not read: with a hundred thousand such
    works (a site that pushes back in the middle of a list) the query itself takes half a second, every poll.
    """
    free = _is_free(listings)
    # From the side of the downloads: usually none of them is queued, or the first one is free.
    queued = exists().where(
        Download.state == DownloadState.QUEUED.value, exists().where(Work.download_id == Download.id, free)
    )
    return select(
        or_(
            exists().where(free, Work.due_at <= now),
            exists().where(free, Work.due_at > _too_late(now)),
            queued,
            exists().where(free, _is_untried()),
        )
    )


def _is_free(listings: bool) -> ColumnElement[bool]:
    free = Work.owner.is_(None)
    return free if listings else and_(free, Work.kind != WorkKind.EXPAND.value)


def _is_untried() -> ColumnElement[bool]:
    return and_(Work.kind.in_(_ERRANDS), Work.retry_count == 0, Work.outage_count == 0)


def _too_late(now: datetime) -> datetime:
    return now + timedelta(seconds=LONGEST_WAIT_SECONDS)
