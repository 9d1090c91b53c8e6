"""Rules of work rows by themselves, and of work and runs that are no download's (I3, I6, I7), from rows alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from sqlalchemy import Row, select

from yt_videos_api.db.engine import Database
from yt_videos_api.db.tables import Probe, Run, Work
from yt_videos_api.domain.retry import MAX_CRASHES
from yt_videos_api.domain.states import WorkKind
from yt_videos_api.services.check.mend_works import WorkMends
from yt_videos_api.services.check.report import Finding
from yt_videos_api.services.check.scan import batches

PROBE_WAITS = "queued"
_SUBJECT_OF = {
    WorkKind.ARCHIVE: "download",
    WorkKind.ENRICH: "download",
    WorkKind.EXPAND: "job",
    WorkKind.PROBE: "probe",
}
_KNOWN = frozenset(kind.value for kind in WorkKind)


class WorkRules:
    """What must hold for every unit of work, and for those who ask for probes."""

    def __init__(self, database: Database, mends: WorkMends) -> None:
        self._database = database
        self._mends = mends

    def judge_all(self) -> Iterator[Finding]:
        """What is wrong with any of them. To come before the rules of what work is about: they miss what is dropped."""
        for works in batches(self._database, select(Work), Work.id, lambda _, rows: rows):
            for (work,) in works:
                yield from self._judge_work(work)
        waiting = select(Probe, Work.id).outerjoin(Work, Work.probe_id == Probe.id)
        for probes in batches(self._database, waiting, Probe.id, lambda _, rows: rows):
            for probe, work_id in probes:
                yield from self._judge_probe(probe, has_work=work_id is not None)
        yield from self._judge_runs()

    def _judge_work(self, work: Work) -> Iterator[Finding]:
        subject, drop = f"work {work.id}", partial(self._mends.drop, work.id)
        about = _about(work)
        if work.kind not in _KNOWN:
            advice = "Check it with the version of yt-videos-api that wrote it."
            yield Finding("I7", subject, f"Its kind {work.kind!r} is unknown to this version.", advice)
        elif about != [_SUBJECT_OF[WorkKind(work.kind)]]:
            told = " and ".join(f"a {noun}" for noun in about) or "nothing"
            yield Finding("I7", subject, f"It is of the kind {work.kind}, but about {told}.", mend=drop)
        elif about != ["download"] and work.crash_count >= MAX_CRASHES:
            message = f"{work.crash_count} of its runs crashed in a row; after {MAX_CRASHES} it must be given up."
            yield Finding("I7", subject, message, mend=partial(self._mends.limit_crashes, work.id))

    def _judge_probe(self, probe: Probe, *, has_work: bool) -> Iterator[Finding]:
        subject = f"probe {probe.id}"
        if probe.state == PROBE_WAITS and not has_work:
            message = "It is queued but has no work row, so no worker will ever come to it."
            yield Finding("I3", subject, message, mend=partial(self._mends.restore_probe, probe.id))
        elif probe.state != PROBE_WAITS and has_work:
            message = f"It is {probe.state} and still has a work row."
            yield Finding("I7", subject, message, mend=partial(self._mends.drop_probe, probe.id))

    def _judge_runs(self) -> Iterator[Finding]:
        """A download's runs are judged with it. Of the others few are open at any time."""
        query = (
            select(Run, Work)
            .outerjoin(Work, Work.id == Run.work_id)
            .where(Run.download_id.is_(None), Run.ended_at.is_(None))
        )
        rightful: set[str] = set()
        for runs in batches(self._database, query, Run.id, lambda _, rows: rows):
            yield from self._judge_open_runs(runs, rightful)

    def _judge_open_runs(self, runs: Sequence[Row[Run, Work | None]], rightful: set[str]) -> Iterator[Finding]:
        for run, work in runs:
            holds = work is not None and work.owner is not None and work.epoch == run.epoch
            if work is not None and holds and work.id not in rightful:
                rightful.add(work.id)
                continue
            holder = (
                f"epoch {work.epoch} holds its work" if work is not None and work.owner else "nobody holds its work"
            )
            message = f"It is of epoch {run.epoch} and never ended, while {holder}."
            yield Finding("I6", f"run {run.id}", message, mend=partial(self._mends.end_run, run.id))


def _about(work: Work) -> list[str]:
    subjects = {"download": work.download_id, "job": work.job_id, "probe": work.probe_id}
    return [noun for noun, subject_id in subjects.items() if subject_id is not None]
