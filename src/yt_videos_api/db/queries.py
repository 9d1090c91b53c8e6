"""Reads and locks that more than one use case needs.

Locks are always taken in this order: work, then one playlist, then downloads (by id), then jobs (by id). Everybody
keeping to it is what makes deadlocks impossible on PostgreSQL. SQLite has one writer at a time and ignores FOR UPDATE.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import Select, exists, func, literal, select, union_all
from sqlalchemy.orm import Session

from yt_videos_api.db.tables import Download, File, Job, JobVideo, Video, Work
from yt_videos_api.domain.identity import DownloadIdentity, VideoIdentity
from yt_videos_api.domain.states import LIVE_STATES, ItemState

# The columns of `DownloadIdentity.parts`.
IDENTITY = (
    Download.extractor,
    Download.video_id,
    Download.container_policy,
    Download.selection,
    Download.access_scope,
)
_LIVE = [state.value for state in LIVE_STATES]
_OPEN_ITEMS = [state.value for state in ItemState if not state.terminal]


def lock_work(session: Session, work_id: str) -> Work | None:
    """One locked work row, as it is now; None when there is nothing left to do."""
    statement = select(Work).where(Work.id == work_id).with_for_update().execution_options(populate_existing=True)
    return session.scalars(statement).one_or_none()


def lock_work_of(session: Session, download_ids: Collection[str]) -> dict[str, Work]:
    """The locked work rows of these downloads, by download id; those without one are missing."""
    statement = select(Work).where(Work.download_id.in_(download_ids)).order_by(Work.id).with_for_update()
    return {work.download_id: work for work in session.scalars(statement) if work.download_id}


def lock_downloads(session: Session, ids: Collection[str]) -> list[Download]:
    """The locked downloads, in id order, as they are now."""
    statement = select(Download).where(Download.id.in_(ids)).order_by(Download.id).with_for_update()
    return list(session.scalars(statement.execution_options(populate_existing=True)))


def lock_download(session: Session, download_id: str) -> Download:
    """One locked download."""
    return lock_downloads(session, [download_id])[0]


def lock_jobs(session: Session, ids: Collection[str]) -> list[Job]:
    """The locked jobs, in id order, as they are now."""
    statement = select(Job).where(Job.id.in_(ids)).order_by(Job.id).with_for_update()
    return list(session.scalars(statement.execution_options(populate_existing=True)))


def lock_live_download(session: Session, identity: DownloadIdentity) -> Download | None:
    """The locked download of this identity that is live, if there is one."""
    statement = select_live(identity.parts).with_for_update().execution_options(populate_existing=True)
    return session.scalars(statement).one_or_none()


def find_live_download(session: Session, identity: DownloadIdentity) -> Download | None:
    """The download of this identity that is live, if there is one; without a lock."""
    return session.scalars(select_live(identity.parts)).one_or_none()


def select_live(identity_parts: Sequence[str]) -> Select[Download]:
    """The live downloads of an identity: one, or twins where the database was damaged."""
    matches = [column == part for column, part in zip(IDENTITY, identity_parts, strict=True)]
    return select(Download).where(Download.state.in_(_LIVE), *matches)


def open_items(session: Session, download_id: str) -> Sequence[JobVideo]:
    """The items that still wait for this download."""
    return session.scalars(
        select(JobVideo).where(JobVideo.download_id == download_id, JobVideo.state.in_(_OPEN_ITEMS))
    ).all()


def item_states(session: Session, job_id: str) -> list[ItemState]:
    """Which states the items of a job are in; each is named once.

    One look into an index for each state: a DISTINCT would read all items of a large job after each of them.
    """
    looks = [
        select(literal(state.value)).where(exists().where(JobVideo.job_id == job_id, JobVideo.state == state.value))
        for state in ItemState
    ]
    return [ItemState(state) for state in session.scalars(union_all(*looks))]


def find_video(session: Session, identity: VideoIdentity) -> Video | None:
    """What is known of a video."""
    return session.scalars(
        select(Video).where(Video.extractor == identity.extractor, Video.video_id == identity.video_id)
    ).one_or_none()


def files_of(session: Session, download_id: str) -> Sequence[File]:
    """The files of a download, sidecars first and the media last: the order in which they are published."""
    rows = session.scalars(select(File).where(File.download_id == download_id)).all()
    return sorted(rows, key=lambda file: (file.kind == "media", file.path))


def count_unclaimed(session: Session) -> int:
    """How many work units wait for a worker."""
    return session.scalar(select(func.count()).select_from(Work).where(Work.owner.is_(None))) or 0
