"""The daily quota of the YouTube Data API, as all processes of an installation use it together.

Google counts by days of Pacific time and tells nobody how much is left, so we count along.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import Field
from sqlalchemy import update
from sqlalchemy.orm import Session

from yt_videos_api.apis.fault import ApiFault
from yt_videos_api.db.engine import Database
from yt_videos_api.db.inserts import insert_unless_exists
from yt_videos_api.db.tables import ApiUsage
from yt_videos_api.services.clock import Now, utc_now

DAILY_UNITS = 10_000  # what Google gives a key unless it was asked for more, which no API tells


@dataclass(frozen=True, slots=True)
class QuotaView:
    """How today's quota stands."""

    units_used: Annotated[int, Field(description="By this installation; others with the same key are not known.")]
    daily_units: int
    resets_at: datetime
    exhausted: Annotated[bool, Field(description="Google said so.")]
    last_fault: Annotated[str | None, Field(description="Of today.")]


class ApiQuota:
    """Counts what is spent, and remembers until midnight Pacific that nothing is left. May raise Unavailable."""

    def __init__(self, database: Database, *, now: Now = utc_now) -> None:
        self._database = database
        self._now = now

    def spend(self, units: int) -> None:
        """Count units that are about to be used."""
        with self._database.transaction() as session:
            day = self._row_of_today(session)
            session.execute(update(ApiUsage).where(ApiUsage.day == day).values(units=ApiUsage.units + units))

    def record(self, fault: ApiFault) -> None:
        """Remember what the API did not do, for people, and until when not to ask it again."""
        values: dict[str, object] = {"last_fault": fault.reason.value}
        if fault.quota:
            values["exhausted_at"] = self._now()
        with self._database.transaction() as session:
            day = self._row_of_today(session)
            session.execute(update(ApiUsage).where(ApiUsage.day == day).values(**values))

    def exhausted(self) -> bool:
        """Whether asking is useless before midnight Pacific."""
        return self.view().exhausted

    def view(self) -> QuotaView:
        """How it stands at this moment."""
        day, resets_at = _pacific_day(self._now())
        with self._database.reading() as session:
            usage = session.get(ApiUsage, day)
        return QuotaView(
            units_used=usage.units if usage else 0,
            daily_units=DAILY_UNITS,
            resets_at=resets_at,
            exhausted=usage is not None and usage.exhausted_at is not None,
            last_fault=usage.last_fault if usage else None,
        )

    def _row_of_today(self, session: Session) -> str:
        day, _ = _pacific_day(self._now())
        insert_unless_exists(session, ApiUsage, day=day, units=0)
        return day


def _pacific_day(moment: datetime) -> tuple[str, datetime]:
    """The day in Pacific time, and when it ends; with daylight saving it has 23 to 25 hours."""
    pacific = ZoneInfo("America/Los_Angeles")
    day = moment.astimezone(pacific).date()
    ends_at = datetime.combine(day + timedelta(days=1), time.min, tzinfo=pacific)
    return day.isoformat(), ends_at.astimezone(UTC)
