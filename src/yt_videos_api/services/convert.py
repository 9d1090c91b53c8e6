"""An address that turned out to be a list: the jobs that wait for it become jobs for a list."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from yt_videos_api.db import queries
from yt_videos_api.db.tables import Job
from yt_videos_api.db.transitions import move
from yt_videos_api.domain.states import DownloadState, ItemState
from yt_videos_api.domain.targets import EntityType, ListTarget
from yt_videos_api.services import listing, settle
from yt_videos_api.services.settle import Lease


def convert_to_listing(session: Session, lease: Lease, now: datetime) -> bool:
    """Give every job that waits for this download a listing instead; false when none of them may have one.

    Only a job of entity type `url` may be for a list. The download is superseded by nothing: there never was a video.
    Items of jobs that are for a list already fail: what their list leads to is no video.
    """
    held = settle.hold(session, lease)
    items = queries.open_items(session, held.download.id)
    # Read before their rows are locked: a job never changes what it is about, and never becomes a single video again.
    jobs = {item.job_id: session.get_one(Job, item.job_id) for item in items}
    single = [item for item in items if jobs[item.job_id].expansion is None]
    if not single or held.download.entry_index is not None:
        return False
    if any(jobs[item.job_id].entity_type != EntityType.URL for item in single):
        return False
    address = held.download.source_url
    target = ListTarget(EntityType.URL, address, (address,))
    for item in single:
        session.delete(item)
    session.flush()
    settle.settle_items(session, held.download.id, ItemState.FAILED, now=now, error_code="not_a_video")
    for job in queries.lock_jobs(session, {item.job_id for item in single}):
        listing.begin(session, job, target, access_scope=held.download.access_scope, now=now)
        settle.refresh_job(session, job, now)
    move(session, held.download, DownloadState.SUPERSEDED, now=now)
    settle.end_work(session, held.download.id)
    settle.end_run(session, lease, "superseded", now)
    return True
