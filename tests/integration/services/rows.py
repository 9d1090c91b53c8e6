"""What must hold between the rows at any moment (design.md, I3, I4, I6, I7, I8), told independently of `check`."""

from __future__ import annotations

from collections import Counter

from sqlalchemy import select
from sqlalchemy.orm import Session

from yt_videos_api.db.engine import Database
from yt_videos_api.db.tables import Download, File, Job, JobVideo, Run, Work
from yt_videos_api.domain.retry import MAX_CRASHES
from yt_videos_api.domain.states import WORKING_STATES, DownloadState, ItemState, job_state
from yt_videos_api.storage.base import Library

_ITEM_STATES = {
    DownloadState.FINALIZED: {ItemState.DONE, ItemState.CANCELLED},
    DownloadState.FAILED: {ItemState.FAILED, ItemState.CANCELLED},
    DownloadState.CANCELLED: {ItemState.CANCELLED},
    DownloadState.REMOVED: {ItemState.DONE, ItemState.CANCELLED},  # it was archived then
}
_OPEN_ITEM_STATES = {ItemState.PENDING, ItemState.IN_PROGRESS, ItemState.CANCELLED}


def assert_rows_agree(database: Database, library: Library) -> None:
    """Raises AssertionError naming the row that disagrees."""
    with database.reading() as session:
        downloads = {download.id: download for download in session.scalars(select(Download))}
        _jobs_and_items(session, downloads)
        _work_and_runs(session, downloads)
        _files(session, downloads, library)


def _jobs_and_items(session: Session, downloads: dict[str, Download]) -> None:
    items: dict[str, list[ItemState]] = {}
    for item in session.scalars(select(JobVideo)):
        state = DownloadState(downloads[item.download_id].state)
        allowed = _ITEM_STATES.get(state, _OPEN_ITEM_STATES)
        assert ItemState(item.state) in allowed, f"item {item.state} of a download that is {state}"
        items.setdefault(item.job_id, []).append(ItemState(item.state))
    for job in session.scalars(select(Job)):
        assert job.state == job_state(items[job.id]), f"job {job.state} of items {items[job.id]}"
        assert (job.finished_at is not None) == job_state(items[job.id]).terminal


def _work_and_runs(session: Session, downloads: dict[str, Download]) -> None:
    works = {work.download_id: work for work in session.scalars(select(Work))}
    for download in downloads.values():
        state = DownloadState(download.state)
        assert (download.id in works) == (state in WORKING_STATES), f"work of a download that is {state}"
    for work in works.values():
        assert work.download_id is not None, "there are no lists in here"
        state = DownloadState(downloads[work.download_id].state)
        assert state is DownloadState.PUBLISHING or work.crash_count < MAX_CRASHES
        assert (work.owner is None) <= (state is not DownloadState.RUNNING), "it runs, and nobody runs it"
    open_runs = Counter(session.scalars(select(Run.download_id).where(Run.ended_at.is_(None))))
    assert all(count == 1 for count in open_runs.values()), "two runs of one download"


def _files(session: Session, downloads: dict[str, Download], library: Library) -> None:
    finalized = Counter(
        (download.extractor, download.video_id)
        for download in downloads.values()
        if download.state == DownloadState.FINALIZED
    )
    assert all(count == 1 for count in finalized.values()), "a video is archived twice"
    files = session.scalars(select(File)).all()
    for file in files:
        state = DownloadState(downloads[file.download_id].state)
        assert (file.state, state) in {
            ("published", DownloadState.FINALIZED),
            ("intended", DownloadState.PUBLISHING),
        }, f"a file that is {file.state} of a download that is {state}"
        if file.state == "published":
            assert library.sha256(file.path) == file.sha256
    owners = {file.download_id for file in files}
    assert all(d.id in owners for d in downloads.values() if d.state == DownloadState.FINALIZED), "no file"
    assert set(library.keys()) <= {file.path for file in files}, "a file without a row"
