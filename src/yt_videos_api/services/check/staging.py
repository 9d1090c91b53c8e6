"""I9: no litter. A staging folder belongs to a live run, to a download that is still worked on, or is kept for a look.

A run that ends deletes its folder after its work row, and a copy on its way is locked a moment after it was made: so
what looks like litter is looked at again before anything is said. What a run that died has left is nobody's from the
moment its work is cancelled, or has ended otherwise; it is no litter before housekeeping has come by.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator
from datetime import timedelta
from functools import partial

from sqlalchemy import func, or_, select, union_all

from yt_videos_api.db.engine import Database
from yt_videos_api.db.tables import Download, Job, Probe, Run, Work
from yt_videos_api.services.check.report import Finding
from yt_videos_api.services.check.scan import BATCH
from yt_videos_api.services.clock import Now
from yt_videos_api.storage.base import Library
from yt_videos_api.storage.staging import Staging

_UNTIL_TIDY = timedelta(minutes=20)  # two rounds of housekeeping
_KEPT_FOR_EVER_SECONDS = 100 * 365 * 86_400.0  # repair spares every folder that is kept, however long ago


class LitterRules:
    """Looks into staging, and mends it."""

    def __init__(
        self, database: Database, library: Library, staging: Staging, *, pause_seconds: float, now: Now
    ) -> None:
        self._database = database
        self._library = library
        self._staging = staging
        self._pause_seconds = pause_seconds
        self._now = now

    def judge_all(self) -> Iterator[Finding]:
        """Staging folders that nobody needs, and copies that nobody is writing any more."""
        orphans, copies = self._orphans(), set(self._library.litter())
        if orphans or copies:
            time.sleep(self._pause_seconds)
            orphans &= self._orphans()
            copies &= set(self._library.litter())
        for name, download_id in sorted(orphans):
            message = f"No run needs this folder of download {download_id}, and nobody keeps it for a look."
            yield Finding("I9", f"staging {name}", message, mend=partial(self._remove, name, download_id))
        for name in sorted(copies):
            message = "The copy was left behind by a publication that died."
            yield Finding("I9", f"staging {name}", message, mend=self._remove_copies)

    def _orphans(self) -> set[tuple[str, str]]:
        found = [
            (entry.name, entry.download_id)
            for entry in self._staging.entries()
            if not entry.locked and entry.kept_since_at is None
        ]
        ids = [download_id for _, download_id in found]
        spared: set[str] = set()
        for start in range(0, len(ids), BATCH):
            batch = ids[start : start + BATCH]
            spared |= self._working(batch) | self._just_ended(batch)
        return {(name, download_id) for name, download_id in found if download_id not in spared}

    def _working(self, subject_ids: Collection[str]) -> set[str]:
        """Those of `subject_ids` that are worked on: a listing and a probe have folders, too."""
        about = func.coalesce(Work.download_id, Work.job_id, Work.probe_id)
        mine = or_(*(column.in_(subject_ids) for column in (Work.download_id, Work.job_id, Work.probe_id)))
        with self._database.reading() as session:
            return set(session.scalars(select(about).where(mine)))

    def _just_ended(self, subject_ids: Collection[str]) -> set[str]:
        """Those of `subject_ids` that a run, or all work, came to its end for so lately that nobody has tidied up."""
        since = self._now() - _UNTIL_TIDY
        looks = (
            select(Download.id).where(Download.id.in_(subject_ids), Download.updated_at > since),
            select(Run.download_id).where(Run.download_id.in_(subject_ids), Run.ended_at > since),
            select(Job.id).where(Job.id.in_(subject_ids), Job.updated_at > since),
            select(Probe.id).where(Probe.id.in_(subject_ids), Probe.finished_at > since),
        )
        with self._database.reading() as session:
            return set(session.scalars(union_all(*looks)))

    def _remove(self, name: str, download_id: str) -> str | None:
        removed = self._staging.clean(
            older_than_seconds=_KEPT_FOR_EVER_SECONDS,
            is_live=lambda other: other != download_id or bool(self._working([other])),
        )
        return "The folder is gone." if name in removed else None

    def _remove_copies(self) -> str:
        self._library.clean()
        return "The copy is gone."
