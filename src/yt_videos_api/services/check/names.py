"""I4: nothing exists twice. Unique indexes see to that; this looks whether they did."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

from sqlalchemy import Row, func, select
from sqlalchemy.orm import InstrumentedAttribute

from yt_videos_api.db import queries
from yt_videos_api.db.engine import Database
from yt_videos_api.db.tables import Download, File, JobVideo, PlaylistItem
from yt_videos_api.domain.states import LIVE_STATES
from yt_videos_api.services.check.mend_twins import TwinMends
from yt_videos_api.services.check.report import Finding

_DAMAGED = "The database is damaged: stop everything and restore it from a backup, or rebuild its indexes (REINDEX)."


class NameRules:
    """What must be unique in the whole archive."""

    def __init__(self, database: Database, mends: TwinMends) -> None:
        self._database = database
        self._mends = mends

    def judge_all(self) -> Iterator[Finding]:
        """Identities with several live downloads, names of several files, entries that a list or job has twice."""
        for identity in self._repeated_identities():
            subject = f"video {identity[0]} {identity[1]}"
            message = f"{identity[-1]} live downloads claim to be the one of this identity."
            yield Finding("I4", subject, message, mend=partial(self._mends.keep_one, tuple(identity[:-1])))
        for path, count in self._repeated_files(File.path):
            yield Finding("I4", path, f"{count} rows claim this file, which a unique index forbids.", _DAMAGED)
        for key, count in self._repeated_files(File.collision_key):
            yield Finding("I4", key, f"{count} files have names that some file systems take for one.", _DAMAGED)
        for playlist_id, key, count in self._repeated_pairs(PlaylistItem.playlist_id, PlaylistItem.entry_key):
            message = f"It has {count} rows for its entry {key}, which a unique index forbids."
            yield Finding("I4", f"playlist {playlist_id}", message, _DAMAGED)
        for job_id, key, count in self._repeated_pairs(JobVideo.job_id, JobVideo.entry_key):
            message = f"It has {count} items of the entry {key}, which a unique index forbids."
            yield Finding("I4", f"job {job_id}", message, _DAMAGED)

    def _repeated_identities(self) -> Sequence[Row[*tuple[Any, ...]]]:
        live = [state.value for state in LIVE_STATES]
        query = select(*queries.IDENTITY, func.count()).where(Download.state.in_(live)).group_by(*queries.IDENTITY)
        with self._database.reading() as session:
            return session.execute(query.having(func.count() > 1)).all()

    def _repeated_files(self, column: InstrumentedAttribute[str]) -> Sequence[Row[str, int]]:
        query = select(column, func.count()).group_by(column).having(func.count() > 1)
        with self._database.reading() as session:
            return session.execute(query).all()

    def _repeated_pairs(
        self, owner: InstrumentedAttribute[str], key: InstrumentedAttribute[str] | InstrumentedAttribute[str | None]
    ) -> Sequence[Row[*tuple[Any, ...]]]:
        query = select(owner, key, func.count()).where(key.is_not(None)).group_by(owner, key)
        with self._database.reading() as session:
            return session.execute(query.having(func.count() > 1)).all()
