"""Items of jobs: a resource of their own, since a channel has ten thousand of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from yt_videos_api.db.engine import Database
from yt_videos_api.db.tables import Attempt, Download, File, Job, JobListing, JobVideo, Playlist, Video, Work
from yt_videos_api.domain.errors import NotFound
from yt_videos_api.domain.states import ItemState
from yt_videos_api.events.base import ProgressBoard
from yt_videos_api.services import views
from yt_videos_api.services.cursors import read_number, write_number
from yt_videos_api.services.ids import require_id
from yt_videos_api.services.views import ItemCounts, ItemRows, ItemView, ListingView, ProblemView

NO_JOB = "There is no such job."
_MOST_PROBLEMS = 20

Row = TypeVar("Row", Attempt, File)


@dataclass(frozen=True, slots=True)
class ItemPage:
    """Items in the order of their positions. `next_cursor` gets the page after this one; None at the end."""

    items: tuple[ItemView, ...]
    next_cursor: str | None


class Items:
    """The items of jobs."""

    def __init__(self, database: Database, progress: ProgressBoard) -> None:
        self._database = database
        self._progress = progress

    def list(self, job_id: str, *, limit: int, cursor: str | None = None, state: ItemState | None = None) -> ItemPage:
        """A page of a job's items by keyset. Raises NotFound and InvalidInput."""
        require_id(job_id, NO_JOB)
        wanted: list[ColumnElement[bool]] = []
        if cursor is not None:
            wanted.append(JobVideo.position > read_number(cursor))
        if state is not None:
            wanted.append(JobVideo.state == state.value)
        with self._database.reading() as session:
            if session.get(Job, job_id) is None:
                raise NotFound(NO_JOB)
            rows = item_rows(session, job_id, *wanted, limit=limit + 1)
        page = rows[:limit]
        progress = self._progress.get_many(in_progress(page))
        items = tuple(views.item_view(row, progress.get(row.download.id)) for row in page)
        return ItemPage(items, write_number(page[-1].item.position) if len(rows) > limit else None)


def in_progress(rows: Iterable[ItemRows]) -> list[str]:
    """The downloads that are worked on."""
    return [row.download.id for row in rows if row.item.state == ItemState.IN_PROGRESS]


def item_rows(session: Session, job_id: str, *wanted: ColumnElement[bool], limit: int | None = None) -> list[ItemRows]:
    """Items of a job with everything the database knows of them, by position."""
    found = session.execute(
        select(JobVideo, Download, Video, Work)
        .join(Download, JobVideo.download_id == Download.id)
        .outerjoin(Video, (Video.extractor == Download.extractor) & (Video.video_id == Download.video_id))
        .outerjoin(Work, Work.download_id == Download.id)
        .where(JobVideo.job_id == job_id, *wanted)
        .order_by(JobVideo.position)
        .limit(limit)
    ).all()
    ids = [download.id for _, download, _, _ in found]
    files = _by_download(session.scalars(select(File).where(File.download_id.in_(ids)).order_by(File.path)))
    attempts = _by_download(session.scalars(select(Attempt).where(Attempt.download_id.in_(ids)).order_by(Attempt.id)))
    return [
        ItemRows(item, download, video, work, files[download.id], attempts[download.id])
        for item, download, video, work in found
    ]


def counts(session: Session, job_id: str) -> ItemCounts:
    """How many items of a job are in which state."""
    query = select(JobVideo.state, func.count()).where(JobVideo.job_id == job_id).group_by(JobVideo.state)
    found = dict(session.execute(query).all())
    by_state = {state.lower(): found.get(state.value, 0) for state in ItemState}
    return ItemCounts(total=sum(found.values()), **by_state)


def problems(session: Session, job_id: str) -> list[ProblemView]:
    """The first items that failed."""
    query = (
        select(JobVideo, Video.title, Download.source_url)
        .join(Download, JobVideo.download_id == Download.id)
        .outerjoin(Video, (Video.extractor == Download.extractor) & (Video.video_id == Download.video_id))
        .where(JobVideo.job_id == job_id, JobVideo.state == ItemState.FAILED.value)
        .order_by(JobVideo.position)
        .limit(_MOST_PROBLEMS)
    )
    return [
        ProblemView(item.position, title or item.title, url, views.error_view(item.error_code or "internal"))
        for item, title, url in session.execute(query)
    ]


def find_listing(session: Session, job: Job) -> ListingView | None:
    """How far the list of a job is listed; None for a single video."""
    if job.expansion is None:
        return None
    row = session.get_one(JobListing, job.id)
    playlist = session.get_one(Playlist, row.playlist_id)
    work = session.scalars(select(Work).where(Work.job_id == job.id)).one_or_none()
    return ListingView(
        playlist_id=playlist.id,
        title=playlist.title,
        url=playlist.source_url,
        state=job.expansion,
        source=row.source,
        note=row.note,
        listed=row.listed,
        taken=row.taken,
        retry_at=work.due_at if work and work.owner is None and job.error_code else None,
    )


def _by_download(rows: Iterable[Row]) -> dict[str, list[Row]]:
    grouped: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        grouped[row.download_id].append(row)
    return grouped
