"""The story of a run's climb, and what all workers learn from it about the player clients."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from yt_videos_api.db.engine import Database
from yt_videos_api.db.inserts import insert_unless_exists
from yt_videos_api.db.tables import Attempt, ClientHealth
from yt_videos_api.domain.ladder import ONLY_RUNG, Outcome, RungHealth, SkipReason, order_rungs
from yt_videos_api.domain.targets import is_youtube_address
from yt_videos_api.services.clock import Now
from yt_videos_api.services.settle import Lease

# Failures that say something about the client that was asked, not about the video that was asked for.
_CLIENT_FAULTS = frozenset({"bot_check", "rate_limited", "forbidden", "no_formats", "extraction_failed"})


@dataclass(frozen=True, slots=True)
class _Entry:
    client: str
    outcome: Outcome
    reason: SkipReason | None
    error_code: str | None
    height: int | None
    started_at: datetime
    ended_at: datetime


class AttemptLog:
    """Attempts of one run; the next transaction takes along what is not written yet: no commit of their own."""

    def __init__(self, now: Now, *, judges_clients: bool) -> None:
        self._now = now
        self._judges_clients = judges_clients
        self._entries: list[_Entry] = []
        self._started_at = now()

    def begin(self) -> None:
        """An attempt begins."""
        self._started_at = self._now()

    def end(
        self,
        client: str,
        outcome: Outcome,
        *,
        reason: SkipReason | None = None,
        error_code: str | None = None,
        height: int | None = None,
    ) -> None:
        """The attempt that began last has ended; `reason` is why it was skipped."""
        ended_at = self._now()
        self._entries.append(_Entry(client, outcome, reason, error_code, height or None, self._started_at, ended_at))

    def flush(self, session: Session, lease: Lease) -> None:
        """Write down what is not in the database yet. Safe to repeat after a commit whose outcome is unknown."""
        mine = (Attempt.download_id == lease.download_id) & (Attempt.epoch == lease.epoch)
        written = session.scalar(select(func.count()).select_from(Attempt).where(mine)) or 0
        for entry in self._entries[written:]:
            session.add(
                Attempt(
                    download_id=lease.download_id,
                    epoch=lease.epoch,
                    client=entry.client,
                    outcome=entry.outcome.value,
                    reason=entry.reason.value if entry.reason else None,
                    error_code=entry.error_code,
                    height=entry.height,
                    started_at=entry.started_at,
                    ended_at=entry.ended_at,
                )
            )
            if self._judges_clients:
                _judge(session, entry)
        session.flush()


def _judge(session: Session, entry: _Entry) -> None:
    good = entry.outcome is Outcome.SATISFIED
    poor = entry.outcome is Outcome.INFERIOR or entry.error_code in _CLIENT_FAULTS
    if not (good or poor):
        return
    insert_unless_exists(session, ClientHealth, client=entry.client, poor_in_a_row=0)
    health = session.scalars(select(ClientHealth).where(ClientHealth.client == entry.client).with_for_update()).one()
    if good:
        health.poor_in_a_row, health.last_good_at = 0, entry.ended_at
    else:
        health.poor_in_a_row, health.last_poor_at = health.poor_in_a_row + 1, entry.ended_at


def read_health(database: Database, clients: Collection[str], now: datetime) -> Mapping[str, RungHealth]:
    """What is known of these clients."""
    with database.reading() as session:
        rows = session.scalars(select(ClientHealth).where(ClientHealth.client.in_(clients))).all()
    return {
        row.client: RungHealth(row.poor_in_a_row, (now - row.last_poor_at).total_seconds())
        for row in rows
        if row.last_poor_at is not None
    }


def rungs_for(database: Database, url: str, clients: Sequence[str], now: datetime) -> Sequence[str]:
    """In which order to ask for what is at `url`."""
    if not is_youtube_address(url):
        return ONLY_RUNG
    return order_rungs(clients, read_health(database, clients, now))
