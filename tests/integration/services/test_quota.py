"""The quota of the YouTube Data API is counted by everybody together, by days of Pacific time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from tests.integration.services.conftest import Clock
from yt_videos_api.apis.fault import ApiFault, FaultReason
from yt_videos_api.db.engine import Database
from yt_videos_api.services.quota import ApiQuota, QuotaView


def test_units_of_all_processes_add_up(database: Database) -> None:
    clock = Clock()
    quotas = [ApiQuota(database, now=clock.now) for _ in range(4)]
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda number: quotas[number % 4].spend(2), range(20)))
    assert ApiQuota(database, now=clock.now).view().units_used == 40


def test_nothing_is_used_before_the_first_call(database: Database) -> None:
    clock = Clock(datetime(2026, 7, 1, 12, tzinfo=UTC))
    assert ApiQuota(database, now=clock.now).view() == QuotaView(
        units_used=0,
        daily_units=10_000,
        resets_at=datetime(2026, 7, 2, 7, tzinfo=UTC),
        exhausted=False,
        last_fault=None,
    )


@pytest.mark.parametrize(
    ("before", "resets_at"),
    [
        (datetime(2026, 1, 10, 7, 59, tzinfo=UTC), datetime(2026, 1, 10, 8, tzinfo=UTC)),
        (datetime(2026, 7, 10, 6, 59, tzinfo=UTC), datetime(2026, 7, 10, 7, tzinfo=UTC)),
        (datetime(2026, 3, 8, 8, 1, tzinfo=UTC), datetime(2026, 3, 9, 7, tzinfo=UTC)),  # the day of 23 hours
        (datetime(2026, 11, 1, 7, 1, tzinfo=UTC), datetime(2026, 11, 2, 8, tzinfo=UTC)),  # the day of 25 hours
    ],
)
def test_what_is_exhausted_is_there_again_at_midnight_pacific(
    database: Database, before: datetime, resets_at: datetime
) -> None:
    clock = Clock(before)
    quota = ApiQuota(database, now=clock.now)
    quota.spend(7)
    quota.record(ApiFault(FaultReason.QUOTA_EXCEEDED))
    assert quota.exhausted()
    assert quota.view() == QuotaView(7, 10_000, resets_at, exhausted=True, last_fault="quota_exceeded")

    clock.advance((resets_at - before).total_seconds() - 1)
    assert quota.exhausted()
    clock.advance(1)
    assert not quota.exhausted()
    assert quota.view().units_used == 0


def test_other_faults_are_shown_but_exhaust_nothing(database: Database) -> None:
    quota = ApiQuota(database, now=Clock().now)
    quota.record(ApiFault(FaultReason.TIMEOUT, "a detail"))
    assert quota.view().last_fault == "timeout"
    assert not quota.exhausted()
