"""Rules of items and jobs (I3, I8), from rows alone: nothing that was accepted is ever forgotten, and states agree."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from yt_videos_api.db.engine import Database
from yt_videos_api.db.tables import Download, Job, JobVideo, Work
from yt_videos_api.domain.states import WORKING_STATES, DownloadState, Expansion, ItemState, job_state
from yt_videos_api.services.check.mend_jobs import JobMends
from yt_videos_api.services.check.report import Finding, Tally
from yt_videos_api.services.check.rows import expected_work
from yt_videos_api.services.check.scan import batches

_S = DownloadState
_KNOWN = frozenset(state.value for state in ItemState)
_KNOWN_EXPANSIONS = frozenset({None, *(expansion.value for expansion in Expansion)})
_WORKING = frozenset(state.value for state in WORKING_STATES)
# What the download of an item may be; a cancelled item may point to any.
_LEGAL = {
    ItemState.PENDING.value: frozenset({_S.QUEUED.value}),
    # Something is fetched that was asked for later; or its successor is made when it is gone.
    ItemState.IN_PROGRESS.value: _WORKING | {_S.FINALIZED.value, _S.REMOVING.value},
    ItemState.DONE.value: frozenset({_S.FINALIZED.value, _S.REMOVING.value, _S.REMOVED.value}),
    ItemState.FAILED.value: frozenset({_S.FAILED.value}),
}


class JobRules:
    """What must hold for every item and every job."""

    def __init__(self, database: Database, mends: JobMends, tally: Tally) -> None:
        self._database = database
        self._mends = mends
        self._tally = tally

    def judge_all(self) -> Iterator[Finding]:
        """What is wrong with any of them: items first, since jobs follow from them."""
        query = (
            select(JobVideo, Download.state, Work.kind)
            .join(Download, JobVideo.download_id == Download.id)
            .outerjoin(Work, Work.download_id == Download.id)
        )
        for items in batches(self._database, query, JobVideo.id, lambda _, rows: rows):
            for item, download_state, work_kind in items:
                yield from self._judge_item(item, download_state, work_kind)
        for jobs in batches(self._database, select(Job), Job.id, _with_item_states):
            for job, states in jobs:
                self._tally.jobs += 1
                yield from self._judge_job(job, states)

    def _judge_item(self, item: JobVideo, download_state: str, work_kind: str | None) -> Iterator[Finding]:
        subject = f"item {item.id} of job {item.job_id}"
        mend = partial(self._mends.settle_item, item)
        if item.state not in _KNOWN:
            yield Finding("I8", subject, f"Its state {item.state!r} is unknown to this version.", mend=mend)
        elif not ItemState(item.state).terminal and not _will_be_worked_on(download_state, work_kind):
            lack = " without a work row" if work_kind is None else f" with work of the kind {work_kind}"
            message = f"It is {item.state}, but its download is {download_state}{lack}: it would wait for ever."
            yield Finding("I3", subject, message, mend=mend)
        elif download_state not in _LEGAL.get(item.state, (download_state,)):
            yield Finding("I8", subject, f"It is {item.state}, but its download is {download_state}.", mend=mend)

    def _judge_job(self, job: Job, states: Sequence[str]) -> Iterator[Finding]:
        subject = f"job {job.id}"
        if not states and job.expansion is None:
            yield Finding("I3", subject, "It has no items: nothing will ever work on it.", "Submit it again.")
            return
        if not _KNOWN.issuperset(states) or job.expansion not in _KNOWN_EXPANSIONS:
            return  # the item tells, or the listing
        expansion = Expansion(job.expansion) if job.expansion else None
        derived = job_state((ItemState(state) for state in states), expansion)
        if job.state != derived:
            listed = f" and its listing ({expansion})" if expansion else ""
            message = f"It is {job.state}, but its items{listed} make it {derived}."
            yield Finding("I8", subject, message, mend=partial(self._mends.refresh, job.id))


def _will_be_worked_on(download_state: str, work_kind: str | None) -> bool:
    if download_state == _S.REMOVING:
        return True  # housekeeping goes on with it
    return work_kind is not None and work_kind == expected_work(download_state)


def _with_item_states(session: Session, rows: Sequence[Row[*tuple[Any, ...]]]) -> list[tuple[Job, Sequence[str]]]:
    jobs = [row[0] for row in rows]
    states: dict[str, list[str]] = defaultdict(list)
    query = select(JobVideo.job_id, JobVideo.state).where(JobVideo.job_id.in_([job.id for job in jobs])).distinct()
    for job_id, state in session.execute(query):
        states[job_id].append(state)
    return [(job, states[job.id]) for job in jobs]
