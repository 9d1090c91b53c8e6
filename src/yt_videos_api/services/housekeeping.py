"""What has to be done now and then, by any worker, in any order, as often as it likes."""

from __future__ import annotations

from datetime import timedelta

import structlog
from sqlalchemy import delete, or_, select

from yt_videos_api.db.engine import Database
from yt_videos_api.db.tables import IdempotencyKey, Run, Work
from yt_videos_api.services.clock import Now, utc_now
from yt_videos_api.services.trash import Trash
from yt_videos_api.storage.base import Library
from yt_videos_api.storage.staging import Staging

log = structlog.get_logger()

IDEMPOTENCY_KEYS_KEPT = timedelta(hours=24)
RUNS_KEPT = timedelta(days=30)


class Housekeeping:
    """Cleans staging and forgets what nobody asks for any more."""

    def __init__(
        self,
        database: Database,
        library: Library,
        staging: Staging,
        trash: Trash,
        *,
        keep_failed_seconds: float,
        now: Now = utc_now,
    ) -> None:
        self._database = database
        self._library = library
        self._staging = staging
        self._trash = trash
        self._keep_failed_seconds = keep_failed_seconds
        self._now = now

    def tidy(self) -> None:
        """One round."""
        removed = self._staging.clean(older_than_seconds=self._keep_failed_seconds, is_live=self._is_live)
        if removed:
            log.info("staging_cleaned", folders=removed)
        self._library.clean()
        self._trash.tidy()
        now = self._now()
        with self._database.transaction() as session:
            session.execute(delete(IdempotencyKey).where(IdempotencyKey.created_at < now - IDEMPOTENCY_KEYS_KEPT))
            session.execute(delete(Run).where(Run.ended_at < now - RUNS_KEPT))

    def _is_live(self, subject_id: str) -> bool:
        """Whether a run may still come for the folder of this download, job or probe."""
        about = or_(Work.download_id == subject_id, Work.job_id == subject_id, Work.probe_id == subject_id)
        with self._database.reading() as session:
            return session.scalar(select(Work.id).where(about)) is not None
