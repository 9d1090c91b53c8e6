"""What must hold between the rows at any moment (design.md, I3, I4, I6, I7, I8), told independently of `check`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from yt_videos_api.db.engine import Database
from yt_videos_api.db.tables import Download, File, Job, JobListing, JobVideo, Run, Work
from yt_videos_api.domain.retry import MAX_CRASHES
from yt_videos_api.domain.states import WORKING_STATES, DownloadState, Expansion, ItemState, WorkKind, job_state
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
        works = session.scalars(select(Work)).all()
        _items(session, downloads, works)
        _jobs(session, works)
        _work(downloads, works)
        open_runs = Counter(session.scalars(select(Run.work_id).where(Run.ended_at.is_(None))))
        assert all(count == 1 for count in open_runs.values()), "two runs of one work"
        _files(session, downloads, library)


def _items(session: Session, downloads: dict[str, Download], works: Sequence[Work]) -> None:
    enriched = {work.download_id for work in works if work.kind == WorkKind.ENRICH}
    for item in session.scalars(select(JobVideo)):
        state = DownloadState(downloads[item.download_id].state)
        allowed = _ITEM_STATES.get(state, _OPEN_ITEM_STATES)
        if item.download_id in enriched:
            allowed = allowed | {ItemState.IN_PROGRESS}
        assert ItemState(item.state) in allowed, f"item {item.state} of a download that is {state}"


def _jobs(session: Session, works: Sequence[Work]) -> None:
    items: dict[str, list[JobVideo]] = {}
    for item in session.scalars(select(JobVideo).order_by(JobVideo.position)):
        items.setdefault(item.job_id, []).append(item)
    rows = {row.job_id: row for row in session.scalars(select(JobListing))}
    working = {work.job_id for work in works}
    for job in session.scalars(select(Job)):
        mine = items.get(job.id, [])
        expansion = Expansion(job.expansion) if job.expansion else None
        state = job_state([ItemState(item.state) for item in mine], expansion)
        assert job.state == state, f"job {job.state} of items {[item.state for item in mine]}, {expansion}"
        assert (job.finished_at is not None) == state.terminal
        assert [item.position for item in mine] == list(range(len(mine))), "a hole"
        assert (job.id in rows) == (expansion is not None)
        assert (job.id in working) == (expansion is Expansion.LISTING)
        assert expansion is None or rows[job.id].taken == len({item.entry_key for item in mine})


def _work(downloads: dict[str, Download], works: Sequence[Work]) -> None:
    by_download = {work.download_id: work for work in works if work.download_id}
    for download in downloads.values():
        state, work = DownloadState(download.state), by_download.get(download.id)
        if state is DownloadState.FINALIZED:
            assert work is None or work.kind == WorkKind.ENRICH
        else:
            assert (work is not None) == (state in WORKING_STATES), f"work of a download that is {state}"
            assert work is None or work.kind == WorkKind.ARCHIVE
            assert state is not DownloadState.RUNNING or (work and work.owner), "it runs, and nobody runs it"
    for work in works:
        publishing = work.download_id and downloads[work.download_id].state == DownloadState.PUBLISHING
        assert publishing or work.crash_count < MAX_CRASHES


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
