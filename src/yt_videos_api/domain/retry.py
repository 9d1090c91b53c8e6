"""When to try again, and when to stop trying."""

from __future__ import annotations

from yt_videos_api.domain.failures import FAILURES, Backoff

MAX_CRASHES = 3  # in a row, without a single new byte: then the work is poison and is set aside

_FIRST_SECONDS = {
    Backoff.BRIEF: 1.0,
    Backoff.QUICK: 2.0,
    Backoff.OUTAGE: 2.0,
    Backoff.PATIENT: 60.0,
    Backoff.ENDLESS: 5.0,
}
_LONGEST_SECONDS = {
    Backoff.BRIEF: 5.0,
    Backoff.QUICK: 300.0,
    Backoff.OUTAGE: 300.0,
    Backoff.PATIENT: 3600.0,
    Backoff.ENDLESS: 300.0,
}
# How often; None: for ever. 64 waits of an outage are 4.8 to 7.2 hours, by the jitter.
_RETRIES = {Backoff.BRIEF: 2, Backoff.QUICK: 8, Backoff.OUTAGE: 64, Backoff.PATIENT: 6, Backoff.ENDLESS: None}
# No wait is longer, jitter included.
LONGEST_WAIT_SECONDS = 1.5 * max(_LONGEST_SECONDS.values())
# Not the download's fault. Counted apart, lest a night without internet leaves it no try for what comes after.
_OUTAGES = frozenset({Backoff.OUTAGE, Backoff.ENDLESS})

# Between two looks at a live stream that has not begun.
_SOONEST_LOOK_SECONDS = 1.0  # of the past of a stream a site may show less than a minute
_LATEST_LOOK_SECONDS = 3600.0  # starts are moved
_LATE_LOOK_SECONDS = 15.0  # at one that should have begun in the last minutes, ...
_LATEST_LATE_LOOK_SECONDS = 300.0  # ... in the last hours; a week of looks every few seconds would anger the site


def is_outage(code: str) -> bool:
    """Whether a failure of this kind says that a part of the world is away. It spends no retry of the download."""
    return FAILURES[code].backoff in _OUTAGES


def same_outage(code: str, last_code: str | None) -> bool:
    """Whether an outage is the same as, or one of the kind of, what the download failed of the last time."""
    return last_code in FAILURES and FAILURES[last_code].backoff is FAILURES[code].backoff


def may_retry(code: str, failures_so_far: int) -> bool:
    """Whether a download that fails so is tried again."""
    return retry_delay_seconds(code, failures_so_far, 0.0) is not None


def retry_delay_seconds(code: str, failures_so_far: int, jitter: float) -> float | None:
    """Seconds to wait before the next try; None when it should fail for good.

    `failures_so_far` are the retries that were spent, or of an outage, how often it was met in a row. `jitter` is a
    random number in [0, 1): waits are spread over half of their length, so that many downloads that failed together do
    not come back together.
    """
    backoff = FAILURES[code].backoff
    if backoff is Backoff.NEVER:
        return None
    most = _RETRIES[backoff]
    if most is not None and failures_so_far >= most:
        return None
    doublings = min(failures_so_far, 20)  # by then every wait has long been the longest
    wait = min(_FIRST_SECONDS[backoff] * 2.0**doublings, _LONGEST_SECONDS[backoff])
    return wait * (1 + jitter / 2)


def start_delay_seconds(until_start_seconds: float) -> float:
    """Seconds to the next look at a live stream that begins in so many; less than 0: should have begun so long ago.

    It is looked at soon after the moment that was told, which is often in whole seconds, and then less and less often.
    """
    if until_start_seconds > 0:
        return min(max(until_start_seconds, _SOONEST_LOOK_SECONDS), _LATEST_LOOK_SECONDS)
    late_seconds = -until_start_seconds
    patience = min(max(late_seconds / 20, _LATE_LOOK_SECONDS), _LATEST_LATE_LOOK_SECONDS)
    return max(min(late_seconds, patience), _SOONEST_LOOK_SECONDS)
