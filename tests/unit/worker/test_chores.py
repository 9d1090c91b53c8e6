"""What a worker does again and again fails without filling the log."""

from __future__ import annotations

from structlog.testing import capture_logs

from yt_videos_api.domain.errors import Unavailable
from yt_videos_api.worker.rounds import Chore


def told_of(failures: list[Exception | None]) -> list[str]:
    """What the log is told when a chore ends like this, one time after the other."""
    outcomes = iter(failures)

    def act() -> None:
        if failure := next(outcomes):
            raise failure

    chore = Chore(act, 0.0)
    with capture_logs() as logs:
        for _ in failures:
            chore.do_when_due()
    return [entry["event"] for entry in logs]


def test_a_database_that_stays_away_is_told_once() -> None:
    away = [Unavailable("no answer"), Unavailable("refused"), Unavailable("no answer")]
    assert told_of([None, *away, None, None]) == ["chore_put_off", "chore_resumed"]


def test_every_new_bug_is_told() -> None:
    assert told_of([ValueError("a"), ValueError("a"), ValueError("b"), Unavailable()]) == [
        "chore_broke",
        "chore_broke",
        "chore_put_off",
    ]
