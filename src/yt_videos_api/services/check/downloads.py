"""Rules of a download, its work and its runs (I6, I7), from rows alone."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from yt_videos_api.db.tables import Work
from yt_videos_api.domain.retry import MAX_CRASHES
from yt_videos_api.domain.states import DownloadState, WorkKind
from yt_videos_api.services.check.mend_downloads import DownloadMends
from yt_videos_api.services.check.report import Finding
from yt_videos_api.services.check.rows import DownloadRows, expected_work, is_run_of

_S = DownloadState
_KNOWN = frozenset(state.value for state in DownloadState)


class DownloadRules:
    """What must hold for every download, whatever it is doing."""

    def __init__(self, mends: DownloadMends) -> None:
        self._mends = mends

    def judge(self, rows: DownloadRows) -> Iterator[Finding]:
        """What is wrong with this download."""
        if rows.download.state not in _KNOWN:
            advice = "Check it with the version of yt-videos-api that wrote it."
            yield Finding("I7", rows.subject, f"Its state {rows.download.state!r} is unknown to this version.", advice)
            return
        yield from self._judge_work(rows)
        yield from self._judge_runs(rows)

    def _judge_work(self, rows: DownloadRows) -> Iterator[Finding]:
        state, download_id = rows.download.state, rows.download.id
        expected = expected_work(state)
        if len(rows.works) > 1:
            message = f"It has {len(rows.works)} work rows, which a unique index forbids."
            yield Finding("I7", rows.subject, message, "The database is damaged: restore it from a backup.")
        elif not rows.works and expected is WorkKind.ARCHIVE:
            message = f"It is {state} but has no work row, so no worker will ever come to it."
            yield Finding("I7", rows.subject, message, mend=partial(self._mends.restore_work, download_id))
        elif rows.works and expected is None:
            message = f"It is {state} and still has a work row."
            yield Finding("I7", rows.subject, message, mend=partial(self._mends.drop_work, download_id))
        elif rows.works and rows.works[0].kind != expected:
            message = f"It is {state}, but its work is of the kind {rows.works[0].kind}."
            yield Finding("I7", rows.subject, message, mend=partial(self._mends.replace_work, download_id))
        elif rows.works:
            yield from self._judge_lease(rows, rows.works[0])

    def _judge_lease(self, rows: DownloadRows, work: Work) -> Iterator[Finding]:
        state, download_id = rows.download.state, rows.download.id
        if work.owner is not None and state in (_S.QUEUED, _S.WAITING):
            message = f"It is {state}, yet a worker holds its work."
            yield Finding("I7", rows.subject, message, mend=partial(self._mends.free, download_id))
        if work.owner is None and state == _S.RUNNING:
            message = "It is running, yet no worker holds its work."
            yield Finding("I7", rows.subject, message, mend=partial(self._mends.free, download_id))
        # A publication that was begun is completed however often its worker dies: there the count has no maximum.
        if state != _S.PUBLISHING and work.crash_count >= MAX_CRASHES:
            message = f"{work.crash_count} of its runs crashed in a row; after {MAX_CRASHES} it must be given up."
            yield Finding("I7", rows.subject, message, mend=partial(self._mends.limit_crashes, download_id))

    def _judge_runs(self, rows: DownloadRows) -> Iterator[Finding]:
        held = [work for work in rows.works if work.owner is not None]
        rightful = [run for run in rows.open_runs if any(is_run_of(run, work) for work in held)]
        if len(rightful) == len(rows.open_runs) <= 1:
            return
        epochs = ", ".join(str(run.epoch) for run in rows.open_runs)
        holder = f"epoch {held[0].epoch} holds its work" if held else "nobody holds its work"
        message = f"Its runs of epoch {epochs} never ended, while {holder}."
        yield Finding("I6", rows.subject, message, mend=partial(self._mends.end_runs, rows.download.id))
