"""An address that turned out to be a list: the jobs that wait for it become jobs for a list."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from yt_videos_api.db import queries
from yt_videos_api.db.tables import Download, Job
from yt_videos_api.db.transitions import move
from yt_videos_api.domain.errors import DownloadFailure
from yt_videos_api.domain.states import DownloadState
from yt_videos_api.domain.targets import EntityType, ListTarget
from yt_videos_api.services import listing, settle
from yt_videos_api.services.settle import Lease


def convert_to_listing(session: Session, lease: Lease, now: datetime) -> bool:
    """Give every job that waits for this download a listing instead; false when none of them may have one.

    Only a job of entity type `url` may be for a list. Items of jobs that are for a list already fail with the download:
    what their list leads to is no video. Without such items it is superseded by nothing, as there never was a video.
    """
    address, access_scope = _address_of(session, lease)
    target = ListTarget(EntityType.URL, address, (address,))
    playlist = listing.lock(session, target, access_scope, now)
    converted = _convert(session, lease, target, now)
    if playlist.listing == 0:
        session.delete(playlist)  # made for nothing
    return converted


def _address_of(session: Session, lease: Lease) -> tuple[str, str]:
    """Address and access scope, which do not change while it runs: the download is locked only after its playlist."""
    settle.hold_work(session, lease)
    download = session.get_one(Download, lease.download_id)
    return download.source_url, download.access_scope


def _convert(session: Session, lease: Lease, target: ListTarget, now: datetime) -> bool:
    held = settle.hold(session, lease)
    items = queries.open_items(session, held.download.id)
    # Read before their rows are locked: a job never changes what it is about, and never becomes a single video again.
    jobs = {item.job_id: session.get_one(Job, item.job_id) for item in items}
    single = [item for item in items if jobs[item.job_id].expansion is None]
    if not single or held.download.entry_index is not None:
        return False
    if any(jobs[item.job_id].entity_type != EntityType.URL for item in single):
        return False
    queries.lock_jobs(session, jobs)  # all at once: the locks of jobs are taken by id
    for item in single:
        session.delete(item)
    session.flush()
    for job in queries.lock_jobs(session, {item.job_id for item in single}):
        listing.begin(session, job, target, access_scope=held.download.access_scope, now=now)
        settle.refresh_job(session, job, now)
    in_lists = len(single) < len(items)
    if in_lists:
        settle.fail(session, held.download, DownloadFailure("not_a_video"), now)
    else:
        move(session, held.download, DownloadState.SUPERSEDED, now=now)
        settle.end_work(session, held.download.id)
    settle.end_run(session, lease, "failed" if in_lists else "superseded", now)
    return True
