"""The order of a check: rows first, then files, then what lies about; with repair, later steps see what earlier did."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

import structlog

from yt_videos_api.db.engine import Database
from yt_videos_api.domain.errors import Conflict, DownloadFailure, InvalidInput, Unavailable
from yt_videos_api.services.check.downloads import DownloadRules
from yt_videos_api.services.check.file_rows import FileRowRules
from yt_videos_api.services.check.files import FileRules, Sample
from yt_videos_api.services.check.jobs import JobRules
from yt_videos_api.services.check.lists import ListRules
from yt_videos_api.services.check.mend_downloads import DownloadMends
from yt_videos_api.services.check.mend_files import FileMends
from yt_videos_api.services.check.mend_jobs import JobMends
from yt_videos_api.services.check.mend_lists import ListMends
from yt_videos_api.services.check.mend_objects import ObjectMends
from yt_videos_api.services.check.mend_twins import TwinMends
from yt_videos_api.services.check.mend_works import WorkMends
from yt_videos_api.services.check.names import NameRules
from yt_videos_api.services.check.objects import ObjectRules
from yt_videos_api.services.check.report import Depth, Finding, Report, Tally, Violation
from yt_videos_api.services.check.rows import all_downloads
from yt_videos_api.services.check.staging import LitterRules
from yt_videos_api.services.check.works import WorkRules
from yt_videos_api.services.clock import Now, utc_now
from yt_videos_api.services.installation import LibraryGuard
from yt_videos_api.storage.base import Library
from yt_videos_api.storage.staging import Staging

log = structlog.get_logger()
PAUSE_SECONDS = 0.2  # between two looks at what may be under way; publishing and cleaning take milliseconds
_WHOLE = Sample(1, 1)


class Checker:
    """Proves the invariants of a live installation, and mends what can be mended."""

    def __init__(
        self,
        database: Database,
        library: Library,
        staging: Staging,
        guard: LibraryGuard,
        *,
        now: Now = utc_now,
        pause_seconds: float = PAUSE_SECONDS,
    ) -> None:
        self._database = database
        self._library = library
        self._staging = staging
        self._guard = guard
        self._now = now
        self._pause_seconds = pause_seconds

    def check(
        self, depth: Depth = Depth.NORMAL, *, subset: tuple[int, int] | None = None, repair: bool = False
    ) -> Report:
        """Look at everything once. `subset` (n, t) hashes the n-th of t equal parts of the files, at any depth.

        A deep check without it hashes them all. With `repair`, what can be mended is; no media is ever deleted. Raises
        InvalidInput for an impossible subset, Conflict when repair is refused since the library is not the right one,
        Unavailable or DownloadFailure when the check could not be made.
        """
        sample = _sample(depth, subset)
        if problem := self._guard.problem():
            raise Conflict(f"Nothing is repaired. {problem}") if repair else Unavailable(problem)
        tally = Tally()
        violations = tuple(_settled(finding, repair=repair) for finding in self._findings(depth, sample, tally))
        return Report(
            depth=depth,
            violations=violations,
            downloads_checked=tally.downloads,
            jobs_checked=tally.jobs,
            files_checked=tally.files,
            objects_checked=tally.objects,
            bytes_hashed=tally.bytes_hashed,
        )

    def _findings(self, depth: Depth, sample: Sample | None, tally: Tally) -> Iterator[Finding]:
        database, library, guard, pause = self._database, self._library, self._guard, self._pause_seconds
        jobs = JobRules(database, JobMends(database, now=self._now), tally)
        names = NameRules(database, TwinMends(database, library, guard, now=self._now))
        works = WorkRules(database, WorkMends(database, now=self._now))
        lists = ListRules(database, ListMends(database, now=self._now))
        steps = [works.judge_all(), self._downloads(sample, tally), names.judge_all()]
        steps += [lists.judge_all(), jobs.judge_all()]
        if depth is not Depth.QUICK:
            objects = ObjectRules(database, library, ObjectMends(database, library, guard), tally, pause_seconds=pause)
            litter = LitterRules(database, library, self._staging, pause_seconds=pause, now=self._now)
            steps += [objects.judge_all(), litter.judge_all()]
        return chain.from_iterable(steps)

    def _downloads(self, sample: Sample | None, tally: Tally) -> Iterator[Finding]:
        mends = FileMends(self._database, self._library, self._guard, now=self._now)
        downloads = DownloadRules(DownloadMends(self._database, now=self._now))
        file_rows = FileRowRules(mends)
        files = FileRules(self._database, self._library, self._guard, mends, tally)
        for batch in all_downloads(self._database):
            for rows in batch:
                tally.downloads += 1
                yield from downloads.judge(rows)
                yield from file_rows.judge(rows)
                yield from files.judge(rows, sample)


def _sample(depth: Depth, subset: tuple[int, int] | None) -> Sample | None:
    if subset is None:
        return _WHOLE if depth is Depth.DEEP else None
    number, count = subset
    if not 1 <= number <= count:
        raise InvalidInput("subset", "is n/t with n from 1 to t, e.g. 1/7.", code="subset")
    return Sample(number, count)


def _settled(finding: Finding, *, repair: bool) -> Violation:
    outcome = _mend(finding) if repair else None
    return Violation(
        finding.invariant, finding.subject, finding.message, outcome or finding.advice, repaired=outcome is not None
    )


def _mend(finding: Finding) -> str | None:
    """What was done; None when nothing could be."""
    try:
        outcome = finding.mend() if finding.mend else None
    except DownloadFailure as failure:
        log.warning("repair_failed", invariant=finding.invariant, subject=finding.subject, detail=str(failure))
        return None
    if outcome:
        log.info("repaired", invariant=finding.invariant, subject=finding.subject, outcome=outcome)
    return outcome
