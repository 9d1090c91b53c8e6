"""A download together with the rows beside it, read in one look."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from yt_videos_api.db.engine import Database
from yt_videos_api.db.tables import Download, File, Run, Work
from yt_videos_api.domain.states import WORKING_STATES, DownloadState, WorkKind
from yt_videos_api.services.check.scan import batches

_Owned = TypeVar("_Owned", Work, Run, File)


@dataclass(frozen=True, slots=True)
class DownloadRows:
    """A download and its neighbours at one moment."""

    download: Download
    works: Sequence[Work]
    open_runs: Sequence[Run]
    files: Sequence[File]

    @property
    def subject(self) -> str:
        """How a report names it."""
        return f"download {self.download.id}"

    @property
    def enriched(self) -> bool:
        """Whether something is fetched for it that was asked for after it was archived."""
        return any(work.kind == WorkKind.ENRICH for work in self.works)


def expected_work(state: str) -> WorkKind | None:
    """Of which kind the work of a download in `state` is; None where it has none. What is archived only may have it."""
    if state in WORKING_STATES:
        return WorkKind.ARCHIVE
    return WorkKind.ENRICH if state == DownloadState.FINALIZED else None


def is_run_of(run: Run, work: Work) -> bool:
    """Whether `run` is of the epoch of `work`. A download has one work after the other, each with epochs of its own."""
    return run.epoch == work.epoch and run.work_id in (None, work.id)


def all_downloads(database: Database) -> Iterator[list[DownloadRows]]:
    """Every download there is, in batches."""
    return batches(database, select(Download), Download.id, _with_neighbours)


def _with_neighbours(session: Session, rows: Sequence[Row[*tuple[Any, ...]]]) -> list[DownloadRows]:
    downloads = [row[0] for row in rows]
    ids = [download.id for download in downloads]
    works = _grouped(session.scalars(select(Work).where(Work.download_id.in_(ids))))
    runs = _grouped(session.scalars(select(Run).where(Run.download_id.in_(ids), Run.ended_at.is_(None))))
    files = _grouped(session.scalars(select(File).where(File.download_id.in_(ids)).order_by(File.path)))
    return [DownloadRows(one, works[one.id], runs[one.id], files[one.id]) for one in downloads]


def _grouped(rows: Iterable[_Owned]) -> dict[str, list[_Owned]]:
    grouped: dict[str, list[_Owned]] = defaultdict(list)
    for row in rows:
        if row.download_id is not None:  # what is no download's was not asked for
            grouped[row.download_id].append(row)
    return grouped
