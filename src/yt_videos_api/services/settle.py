"""Ending a download, for whatever reason, and telling all items and jobs that wait for it. One transaction each.

Every function expects the locks of `hold` (or of the caller's own) and leaves the commit to the caller.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from yt_videos_api.db import queries
from yt_videos_api.db.tables import Download, Job, JobVideo, Run, Work
from yt_videos_api.db.transitions import move
from yt_videos_api.domain.choices import Extras
from yt_videos_api.domain.errors import DownloadFailure, LeaseLost
from yt_videos_api.domain.failures import FAILURES
from yt_videos_api.domain.identity import VideoIdentity
from yt_videos_api.domain.states import DownloadState, Expansion, ItemState, WorkKind, job_state
from yt_videos_api.services import in_vain

# Smaller comes first: listings before what they list, and what somebody asked for by itself before entries of lists.
LISTING_PRIORITY = 50
PRIORITY = 100
ENTRY_PRIORITY = 200

# What a site says of a video that it will not show any more.
GONE_CODES = frozenset({"private_video", "video_unavailable"})


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to work on something until somebody else's epoch is higher."""

    work_id: str
    kind: WorkKind
    subject_id: str  # of the download, job or probe that the work is about
    worker_id: str
    epoch: int
    run_id: str

    @property
    def download_id(self) -> str:
        """The download that is worked on."""
        if self.kind not in (WorkKind.ARCHIVE, WorkKind.ENRICH):
            raise AssertionError(f"the lease of {self.work_id} is no download's")
        return self.subject_id


@dataclass(frozen=True, slots=True)
class Held:
    """The rows of a lease, locked."""

    work: Work
    download: Download


def hold(session: Session, lease: Lease) -> Held:
    """Lock what the lease of a download is about. Raises LeaseLost when another worker has it by now."""
    return Held(hold_work(session, lease), queries.lock_download(session, lease.download_id))


def hold_work(session: Session, lease: Lease) -> Work:
    """Lock the work itself. Raises LeaseLost when another worker has it by now, or nobody wants it any more."""
    work = queries.lock_work(session, lease.work_id)
    if work is None or work.epoch != lease.epoch or work.owner != lease.worker_id:
        raise LeaseLost(lease.work_id)
    return work


def end_run(session: Session, lease: Lease, outcome: str, now: datetime) -> None:
    """Write down how a run ended."""
    session.execute(update(Run).where(Run.id == lease.run_id).values(ended_at=now, outcome=outcome))


def outcome_of(session: Session, lease: Lease) -> str | None:
    """How a run ended, if it did: a commit may have gone through although its answer was lost."""
    return session.scalar(select(Run.outcome).where(Run.id == lease.run_id))


def end_work(session: Session, download_id: str) -> None:
    """There is nothing left to do for this download."""
    session.execute(delete(Work).where(Work.download_id == download_id))


def free_work(work: Work, *, due_at: datetime) -> None:
    """Let any worker claim it from `due_at` on. The epoch stays: the next claim raises it."""
    work.owner = None
    work.due_at = due_at


def requeue(session: Session, held: Held, *, due_at: datetime, now: datetime) -> None:
    """Any worker may take it from `due_at` on. A download that is `publishing` stays so: the next one completes it."""
    free_work(held.work, due_at=due_at)
    if held.download.state == DownloadState.RUNNING:
        move(session, held.download, DownloadState.QUEUED, now=now)
    touch_jobs(session, held.download.id, now)


def wait_for_retry(
    session: Session, held: Held, failure: DownloadFailure, *, delay_seconds: float, now: datetime
) -> None:
    """A retryable failure: the download waits, the work is due again after the delay."""
    free_work(held.work, due_at=now + timedelta(seconds=delay_seconds))
    move(
        session,
        held.download,
        DownloadState.WAITING,
        now=now,
        error_code=failure.code,
        error_detail=failure.detail,
    )
    touch_jobs(session, held.download.id, now)


def fail(session: Session, download: Download, failure: DownloadFailure, now: datetime) -> None:
    """It failed for good, and so do the items that wait for it."""
    move(session, download, DownloadState.FAILED, now=now, error_code=failure.code, error_detail=failure.detail)
    note_gone(session, VideoIdentity(download.extractor, download.video_id), failure.code, now)
    end_work(session, download.id)
    settle_items(session, download.id, ItemState.FAILED, now=now, error_code=failure.code)


def cancel(session: Session, download: Download, now: datetime) -> None:
    """Nobody wants it any more. Its items were cancelled by those who asked for them."""
    move(session, download, DownloadState.CANCELLED, now=now, cancel_requested=False)
    end_work(session, download.id)


def cancel_unwanted(session: Session, download: Download, now: datetime) -> bool:
    """Carry out a cancellation that its run did not come to; whether there was one that still holds."""
    if not download.cancel_requested or download.state != DownloadState.RUNNING or wanted(session, download.id):
        return False
    cancel(session, download, now)
    return True


def finalize(session: Session, download: Download, now: datetime) -> None:
    """The files are in the library: the download and all items that wait for it are done.

    What was asked for beside the media while the run was on its way is fetched next, before they are.
    """
    delivered = Extras.from_json(download.delivered or {})
    move(
        session,
        download,
        DownloadState.FINALIZED,
        now=now,
        finalized_at=now,
        error_code=None,
        error_detail=None,
        cancel_requested=False,
    )
    end_work(session, download.id)
    if extras_of(download).missing_in(delivered):
        session.add(new_work(WorkKind.ENRICH, now, download_id=download.id))
        session.flush()
        touch_jobs(session, download.id, now)
    else:
        settle_items(session, download.id, ItemState.DONE, now=now)


def end_enrichment(session: Session, held: Held, fetched: Extras, now: datetime, *, notes: Sequence[str]) -> None:
    """What of `fetched` could be had lies beside the archived download now. What was asked for meanwhile comes next."""
    download = held.download
    download.error_code = None
    delivered = Extras.from_json(download.delivered or {}).merged(fetched.beside())
    download.delivered = delivered.to_json()
    # What once failed, or was not there, and was asked for again has been had now, unless `notes` say so again.
    known = in_vain.without(download.notes or (), fetched.subtitle_languages)
    download.notes = sorted({*(note for note in known if note not in FAILURES), *notes})
    if extras_of(download).missing_in(delivered):
        free_work(held.work, due_at=now)
        touch_jobs(session, download.id, now)
    else:
        end_work(session, download.id)
        settle_items(session, download.id, ItemState.DONE, now=now)


def give_up_enrichment(session: Session, held: Held, failure: DownloadFailure, now: datetime) -> None:
    """What was asked for beside the archived download cannot be had now: it is archived all the same.

    Nobody waits for it any more, but whoever asks for it again makes it be tried again.
    """
    download = held.download
    download.error_code = None
    note_gone(session, VideoIdentity(download.extractor, download.video_id), failure.code, now)
    download.extras = extras_of(download).reduced_to(Extras.from_json(download.delivered or {})).to_json()
    download.notes = sorted({*(note for note in download.notes or () if note not in FAILURES), failure.code})
    end_work(session, download.id)
    settle_items(session, download.id, ItemState.DONE, now=now)


def extras_of(download: Download) -> Extras:
    """Everything that was asked for with the media; of a download of version 0.1 that is what its columns say."""
    if download.extras is not None:
        return Extras.from_json(download.extras)
    return Extras(embed_metadata=download.embed_metadata, embed_cover_art=download.embed_cover_art, embed_chapters=True)


def note_gone(session: Session, video: VideoIdentity, code: str, now: datetime) -> None:
    """Remember that a site does not show a video (any more); its archived files stay."""
    if code not in GONE_CODES:
        return
    known = queries.find_video(session, video)
    if known is not None and known.gone_at is None:
        known.gone_at, known.gone_code = now, code


def new_work(
    kind: WorkKind,
    now: datetime,
    *,
    download_id: str | None = None,
    job_id: str | None = None,
    probe_id: str | None = None,
    priority: int = PRIORITY,
    epoch: int = 0,
) -> Work:
    """Work that is due now. `epoch` is the highest that any run for it ever had."""
    return Work(
        id=uuid4().hex,
        kind=kind.value,
        download_id=download_id,
        job_id=job_id,
        probe_id=probe_id,
        priority=priority,
        due_at=now,
        epoch=epoch,
        beat=0,
        progress_bytes=0,
        crash_count=0,
        retry_count=0,
        outage_count=0,
        created_at=now,
    )


def settle_items(
    session: Session, download_id: str, state: ItemState, *, now: datetime, error_code: str | None = None
) -> None:
    """Give all open items of a download their state, and their jobs what follows from it."""
    items = queries.open_items(session, download_id)
    jobs = queries.lock_jobs(session, {item.job_id for item in items})
    for item in items:
        item.state = state.value
        item.error_code = error_code
        item.finished_at = now if state.terminal else None
    session.flush()
    for job in jobs:
        refresh_job(session, job, now)


def touch_jobs(session: Session, download_id: str, now: datetime) -> None:
    """Something that a job's answer shows has changed: raise the revision of every job that waits for the download."""
    for job in queries.lock_jobs(session, {item.job_id for item in queries.open_items(session, download_id)}):
        refresh_job(session, job, now)


def refresh_job(session: Session, job: Job, now: datetime) -> None:
    """Derive a locked job's state from its items. Of two last items that end together, the second one ends the job."""
    state = job_state(queries.item_states(session, job.id), Expansion(job.expansion) if job.expansion else None)
    job.state = state.value
    job.revision += 1
    job.updated_at = now
    if state.terminal and job.finished_at is None:
        job.finished_at = now


def move_items(session: Session, old_download_id: str, new: Download, now: datetime) -> None:
    """Items of one download wait for another one from now on (or are done, when that one is)."""
    session.execute(
        update(JobVideo)
        .where(JobVideo.download_id == old_download_id)
        .values(download_id=new.id)
        .execution_options(synchronize_session=False)
    )
    settle_items(session, new.id, item_state_for(session, new), now=now)


def item_state_for(session: Session, download: Download) -> ItemState:
    """How an item stands that waits for this locked download: an archived one may still be fetched something for."""
    return item_states_for(session, [download])[download.id]


def item_states_for(session: Session, downloads: Collection[Download]) -> dict[str, ItemState]:
    """`item_state_for` each of these, by download id."""
    archived = [download.id for download in downloads if download.state == DownloadState.FINALIZED]
    enriched = set(session.scalars(select(Work.download_id).where(Work.download_id.in_(archived)))) if archived else ()
    states = {download.id: ItemState.IN_PROGRESS for download in downloads}
    states |= {download.id: ItemState.PENDING for download in downloads if download.state == DownloadState.QUEUED}
    return states | {each: ItemState.DONE for each in archived if each not in enriched}


def has_work(session: Session, download_id: str) -> bool:
    """Whether there is something left to do for a locked download."""
    return session.scalar(select(Work.id).where(Work.download_id == download_id)) is not None


def wanted(session: Session, download_id: str) -> bool:
    """Whether any live item wants the download."""
    count: Any = session.scalar(
        select(func.count())
        .select_from(JobVideo)
        .where(
            JobVideo.download_id == download_id,
            JobVideo.state.in_([ItemState.PENDING.value, ItemState.IN_PROGRESS.value]),
        )
    )
    return bool(count)
