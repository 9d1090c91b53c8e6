"""Looking at jobs, and cancelling them."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Select, and_, or_, select

from yt_videos_api.db.engine import Database
from yt_videos_api.db.tables import Download, File, Job, JobVideo, Video
from yt_videos_api.dispatch.base import Announcer
from yt_videos_api.domain.errors import NotFound
from yt_videos_api.domain.states import DownloadState, ItemState, JobState
from yt_videos_api.events.base import ProgressBoard
from yt_videos_api.services import items, views
from yt_videos_api.services.cancel import cancel
from yt_videos_api.services.clock import Now, utc_now
from yt_videos_api.services.cursors import read_moment, write_moment
from yt_videos_api.services.ids import require_id
from yt_videos_api.services.items import NO_JOB
from yt_videos_api.services.views import JobSummary, JobView

MOST_SHOWN = 256  # items in progress that a job's speed and percentage are made of: as many as a worker has threads
_NO_FILE = "There is no archived file of such a video."


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
        """One job. Of a playlist or channel its items are not in it: see services/items.py. Raises NotFound."""
        require_id(job_id, NO_JOB)
        with self._database.reading() as session:
            job = session.get(Job, job_id)
            if job is None:
                raise NotFound(NO_JOB)
            listing = items.find_listing(session, job)
            shown = [JobVideo.state == ItemState.IN_PROGRESS.value] if listing else []
            rows = items.item_rows(session, job_id, *shown, limit=MOST_SHOWN)
            counts = items.counts(session, job_id)
            problems = items.problems(session, job_id) if listing and counts.failed else []
        progress = self._progress.get_many(items.in_progress(rows))
        return views.job_view(job, rows, progress, counts=counts, listing=listing, problems=problems)

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
        return JobPage(
            tuple(views.summary(job) for job in page), write_moment(page[-1].created_at, page[-1].id) if more else None
        )

    def cancel(self, job_id: str) -> JobView:
        """Cancel what has not been archived yet of a job. Safe to repeat.

        The work itself stops when no other job wants it. What is being published at this very moment is completed: such
        an item stays IN_PROGRESS and ends as DONE. Raises NotFound, and Conflict when the job has ended otherwise.
        """
        require_id(job_id, NO_JOB)
        done = False
        while not done:
            with self._database.transaction() as session:
                done = cancel(session, job_id, self._now())
        self._announcer.announce()
        return self.get(job_id)

    def find_file(self, video_id: str, download_id: str | None = None) -> tuple[File, Download]:
        """The newest archived rendition of a video, or a certain one. Raises NotFound."""
        for text in (video_id, download_id):
            if text is not None:
                require_id(text, _NO_FILE)
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


def _after(query: Select[Job], cursor: str) -> Select[Job]:
    created_at, job_id = read_moment(cursor)
    same_moment = and_(Job.created_at == created_at, Job.id < job_id)
    return query.where(or_(Job.created_at < created_at, same_moment))
