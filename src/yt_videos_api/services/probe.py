"""Finding out what a site offers: the work of kind `probe`."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete
from sqlalchemy.orm import Session

from yt_videos_api.db.engine import Database
from yt_videos_api.db.tables import Probe
from yt_videos_api.domain.choices import AccessWish
from yt_videos_api.domain.errors import DownloadFailure
from yt_videos_api.domain.offers import Look
from yt_videos_api.services import settle
from yt_videos_api.services.clock import Now, utc_now
from yt_videos_api.services.control import RunControl
from yt_videos_api.services.leases import Claimed
from yt_videos_api.services.patience import RUN_SECONDS
from yt_videos_api.services.probes import to_result
from yt_videos_api.services.settle import Lease
from yt_videos_api.services.visit import Destination, Visitor

_KEPT = timedelta(days=1)  # answers nobody asked for again


class Prober:
    """Answers questions. One object serves all threads of a worker."""

    def __init__(self, database: Database, visitor: Visitor, *, now: Now = utc_now) -> None:
        self._database = database
        self._visitor = visitor
        self._now = now

    def run(self, claimed: Claimed, control: RunControl) -> None:
        """See errands.Errand. A failure is an answer, too: whoever asks again gets another try."""
        lease = claimed.lease
        with self._database.reading() as session:
            url = session.get_one(Probe, lease.subject_id).source_url
        try:
            with self._visitor.visit(lease, control, Destination(url, AccessWish())) as visit:
                answer: Look | DownloadFailure = visit.run.look()
        except DownloadFailure as failure:
            answer = failure
        self._answer(lease, answer)

    def _answer(self, lease: Lease, answer: Look | DownloadFailure) -> None:
        def write(session: Session) -> None:
            now = self._now()
            if settle.outcome_of(session, lease) is not None:
                return  # an earlier commit of this very step went through although its answer was lost
            session.delete(settle.hold_work(session, lease))
            session.flush()
            probe = session.get_one(Probe, lease.subject_id)
            probe.finished_at = now
            if isinstance(answer, Look):
                probe.state, probe.result = "done", to_result(answer)
            else:
                probe.state, probe.error_code = "failed", answer.code
            settle.end_run(session, lease, "finalized" if isinstance(answer, Look) else "failed", now)
            session.execute(delete(Probe).where(Probe.finished_at < now - _KEPT))

        self._database.retrying(write, patience_seconds=RUN_SECONDS)
