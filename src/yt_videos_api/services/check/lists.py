"""Rules of listings (I3, I7, I8), from rows alone: a list is listed to its end, and nothing of it is forgotten."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session

from yt_videos_api.db.engine import Database
from yt_videos_api.db.tables import Job, JobListing, JobVideo, Playlist, PlaylistItem, Work
from yt_videos_api.domain.states import Expansion
from yt_videos_api.domain.targets import EntityType
from yt_videos_api.services.check.mend_lists import ListMends
from yt_videos_api.services.check.report import Finding
from yt_videos_api.services.check.scan import batches

_KNOWN = frozenset(expansion.value for expansion in Expansion)
_LISTS = frozenset({EntityType.PLAYLIST.value, EntityType.CHANNEL.value})


@dataclass(frozen=True, slots=True)
class _JobRows:
    """A job with what there is of its listing, at one moment."""

    job: Job
    row: JobListing | None
    has_work: bool
    taken: int  # items made of entries

    @property
    def subject(self) -> str:
        return f"job {self.job.id}"


class ListRules:
    """What must hold for every job that is for a list, and for every list."""

    def __init__(self, database: Database, mends: ListMends) -> None:
        self._database = database
        self._mends = mends

    def judge_all(self) -> Iterator[Finding]:
        """What is wrong with any of them."""
        for jobs in batches(self._database, select(Job), Job.id, _with_listings):
            for rows in jobs:
                yield from self._judge_job(rows)
        for playlists in batches(self._database, select(Playlist), Playlist.id, _with_newest_listing):
            for playlist, newest in playlists:
                yield from self._judge_playlist(playlist, newest)

    def _judge_job(self, rows: _JobRows) -> Iterator[Finding]:
        job = rows.job
        if job.expansion is not None and job.expansion not in _KNOWN:
            advice = "Check it with the version of yt-videos-api that wrote it."
            yield Finding("I7", rows.subject, f"Its listing is {job.expansion!r}, unknown to this version.", advice)
            return
        listing = job.expansion == Expansion.LISTING
        if job.expansion is None and (rows.row is not None or job.entity_type in _LISTS):
            message = "It is for a list, but nothing says whether that was listed: it would never be."
            yield Finding("I3", rows.subject, message, mend=partial(self._mends.restore, job.id))
        elif listing and not rows.has_work:
            message = "It is being listed but has no work row: it would wait for ever."
            yield Finding("I3", rows.subject, message, mend=partial(self._mends.restore, job.id))
        elif not listing and rows.has_work:
            message = f"Its listing is {job.expansion or 'none'} and still has a work row."
            yield Finding("I7", rows.subject, message, mend=partial(self._mends.drop_work, job.id))
        if job.expansion is not None:
            yield from self._judge_row(rows)

    def _judge_row(self, rows: _JobRows) -> Iterator[Finding]:
        if rows.row is None:
            message = "No row tells of which list it is, and how far that was listed."
            yield Finding("I8", rows.subject, message, mend=partial(self._mends.restore_row, rows.job.id))
        elif rows.row.taken != rows.taken:
            message = f"{rows.row.taken} entries of its list count as taken; {rows.taken} have become items."
            yield Finding("I8", rows.subject, message, mend=partial(self._mends.recount, rows.job.id))

    def _judge_playlist(self, playlist: Playlist, newest: int) -> Iterator[Finding]:
        if newest > playlist.listing:
            message = f"It was listed {playlist.listing} times, but something of it belongs to listing {newest}."
            mend = partial(self._mends.renumber, playlist.id)
            yield Finding("I7", f"playlist {playlist.id}", message, mend=mend)


def _with_listings(session: Session, found: Sequence[Row[*tuple[Any, ...]]]) -> list[_JobRows]:
    jobs: list[Job] = [row[0] for row in found]
    ids = [job.id for job in jobs]
    rows = {row.job_id: row for row in session.scalars(select(JobListing).where(JobListing.job_id.in_(ids)))}
    working = set(session.scalars(select(Work.job_id).where(Work.job_id.in_(ids))))
    entries = select(JobVideo.job_id, func.count(JobVideo.entry_key)).where(JobVideo.job_id.in_(rows))
    taken = dict(session.execute(entries.group_by(JobVideo.job_id)).all())
    return [_JobRows(job, rows.get(job.id), job.id in working, taken.get(job.id, 0)) for job in jobs]


def _with_newest_listing(session: Session, found: Sequence[Row[*tuple[Any, ...]]]) -> list[tuple[Playlist, int]]:
    playlists: list[Playlist] = [row[0] for row in found]
    ids = [playlist.id for playlist in playlists]
    newest = dict.fromkeys(ids, 0)
    for table in (PlaylistItem, JobListing):
        query = select(table.playlist_id, func.max(table.listing)).where(table.playlist_id.in_(ids))
        for playlist_id, listing in session.execute(query.group_by(table.playlist_id)):
            newest[playlist_id] = max(newest[playlist_id], listing)
    return [(playlist, newest[playlist.id]) for playlist in playlists]
