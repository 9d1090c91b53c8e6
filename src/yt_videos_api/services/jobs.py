"""Looking at jobs, and cancelling them."""

from __future__ import annotations

import base64
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

from sqlalchemy import Select, and_, or_, select
from sqlalchemy.orm import Session

from yt_videos_api.db import queries
from yt_videos_api.db.engine import Database
from yt_videos_api.db.tables import Attempt, Download, File, Job, JobVideo, Video, Work
from yt_videos_api.dispatch.base import Announcer
from yt_videos_api.domain.errors import Conflict, InvalidInput, NotFound
from yt_videos_api.domain.states import DownloadState, ItemState, JobState
from yt_videos_api.events.base import ProgressBoard
from yt_videos_api.services import settle, views
from yt_videos_api.services.clock import Now, utc_now
from yt_videos_api.services.views import ItemRows, JobSummary, JobView

# A download in one of these can be given up; from `publishing` on it is completed.
_STOPPABLE = (DownloadState.QUEUED, DownloadState.WAITING, DownloadState.RUNNING)
_ID = re.compile(r"[0-9a-f]{32}")
_NO_JOB = "There is no such job."
_NO_FILE = "There is no archived file of such a video."

Row = TypeVar("Row", Attempt, File)


@dataclass(frozen=True, slots=True)
class JobPage:
    """Newest jobs first. `next_cursor` gets the page after this one; None at the end."""

    jobs: tuple[JobSummary, ...]
    next_cursor: str | None


class Jobs:
    """The jobs of this installation."""

    def __init__(
        self, database: Database, progress: ProgressBoard, announcer: Announcer, *, now: Now = utc_now
    ) -> None:
        self._database = database
        self._progress = progress
        self._announcer = announcer
        self._now = now

    def get(self, job_id: str) -> JobView:
        """One job with its items. Raises NotFound."""
        _require_id(job_id, _NO_JOB)
        with self._database.reading() as session:
            job = session.get(Job, job_id)
            if job is None:
                raise NotFound(_NO_JOB)
            rows = _item_rows(session, job_id)
        live = [row.download.id for row in rows if row.item.state == ItemState.IN_PROGRESS]
        return views.job_view(job, rows, self._progress.get_many(live))

    def list(self, *, limit: int, cursor: str | None = None, state: JobState | None = None) -> JobPage:
        """A page of jobs by keyset: as fast at the end of a million jobs as at the beginning. Raises InvalidInput."""
        query = select(Job).order_by(Job.created_at.desc(), Job.id.desc()).limit(limit + 1)
        if state is not None:
            query = query.where(Job.state == state.value)
        if cursor is not None:
            query = _after(query, cursor)
        with self._database.reading() as session:
            found = session.scalars(query).all()
        page = found[:limit]
        more = len(found) > limit
        return JobPage(tuple(views.summary(job) for job in page), _cursor(page[-1]) if more else None)

    def cancel(self, job_id: str) -> JobView:
        """Cancel what has not been archived yet of a job. Safe to repeat.

        The work itself stops when no other job wants it. What is being published at this very moment is completed: such
        an item stays IN_PROGRESS and ends as DONE. Raises NotFound, and Conflict when the job has ended otherwise.
        """
        _require_id(job_id, _NO_JOB)
        done = False
        while not done:
            with self._database.transaction() as session:
                done = self._cancel(session, job_id)
        self._announcer.announce()
        return self.get(job_id)

    def _cancel(self, session: Session, job_id: str) -> bool:
        """Whether it is done; not when an item was moved to another download before we had the locks."""
        now = self._now()
        wanted_downloads = session.scalars(select(JobVideo.download_id).where(JobVideo.job_id == job_id)).all()
        queries.lock_work_of(session, wanted_downloads)
        downloads = {download.id: download for download in queries.lock_downloads(session, wanted_downloads)}
        job = next(iter(queries.lock_jobs(session, [job_id])), None)
        if job is None:
            raise NotFound(_NO_JOB)
        if JobState(job.state) is JobState.CANCELLED:
            return True
        if JobState(job.state).terminal:
            raise Conflict(f"The job is {job.state} already and cannot be cancelled.")
        items = session.scalars(select(JobVideo).where(JobVideo.job_id == job_id)).all()
        if any(item.download_id not in downloads for item in items):
            return False
        for item in items:
            download = downloads[item.download_id]
            if not ItemState(item.state).terminal and download.state in _STOPPABLE:
                item.state = ItemState.CANCELLED.value
                item.finished_at = now
        session.flush()
        settle.refresh_job(session, job, now)
        for download in downloads.values():
            if not settle.wanted(session, download.id):
                _give_up(session, download, now)
        return True

    def find_file(self, video_id: str, download_id: str | None = None) -> tuple[File, Download]:
        """The newest archived rendition of a video, or a certain one. Raises NotFound."""
        for text in (video_id, download_id):
            if text is not None:
                _require_id(text, _NO_FILE)
        query = (
            select(File, Download)
            .join(Download, File.download_id == Download.id)
            .join(Video, (Video.extractor == Download.extractor) & (Video.video_id == Download.video_id))
            .where(Video.id == video_id, File.kind == "media", Download.state == DownloadState.FINALIZED.value)
            .order_by(Download.finalized_at.desc())
        )
        if download_id is not None:
            query = query.where(Download.id == download_id)
        with self._database.reading() as session:
            found = session.execute(query).first()
        if found is None:
            raise NotFound(_NO_FILE)
        return found[0], found[1]


def _give_up(session: Session, download: Download, now: datetime) -> None:
    if download.state in (DownloadState.QUEUED, DownloadState.WAITING):
        settle.cancel(session, download, now)
    elif download.state == DownloadState.RUNNING:
        download.cancel_requested = True  # its worker sees this, kills the run and ends it


def _item_rows(session: Session, job_id: str) -> list[ItemRows]:
    found = session.execute(
        select(JobVideo, Download, Video, Work)
        .join(Download, JobVideo.download_id == Download.id)
        .outerjoin(Video, (Video.extractor == Download.extractor) & (Video.video_id == Download.video_id))
        .outerjoin(Work, Work.download_id == Download.id)
        .where(JobVideo.job_id == job_id)
        .order_by(JobVideo.position)
    ).all()
    ids = [download.id for _, download, _, _ in found]
    files = _by_download(session.scalars(select(File).where(File.download_id.in_(ids)).order_by(File.path)))
    attempts = _by_download(session.scalars(select(Attempt).where(Attempt.download_id.in_(ids)).order_by(Attempt.id)))
    return [
        ItemRows(item, download, video, work, files[download.id], attempts[download.id])
        for item, download, video, work in found
    ]


def _by_download(rows: Iterable[Row]) -> dict[str, list[Row]]:
    grouped: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        grouped[row.download_id].append(row)
    return grouped


def _require_id(text: str, complaint: str) -> None:
    """Raises NotFound for what no id of ours looks like; PostgreSQL refuses some of it (NUL) as no text at all."""
    if not _ID.fullmatch(text):
        raise NotFound(complaint)


def _cursor(job: Job) -> str:
    return base64.urlsafe_b64encode(f"{job.created_at.isoformat()} {job.id}".encode()).decode()


def _after(query: Select[Job], cursor: str) -> Select[Job]:
    try:
        moment, _, job_id = base64.urlsafe_b64decode(cursor.encode()).decode().partition(" ")
        created_at = datetime.fromisoformat(moment).astimezone(UTC)
        _require_id(job_id, "no cursor of ours")
    except (ValueError, OverflowError, NotFound) as error:
        raise InvalidInput("cursor", "must be the next_cursor of an earlier page.", code="cursor") from error
    same_moment = and_(Job.created_at == created_at, Job.id < job_id)
    return query.where(or_(Job.created_at < created_at, same_moment))
