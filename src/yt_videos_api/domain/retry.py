"""When to try again, and when to stop trying."""

from __future__ import annotations

from yt_videos_api.domain.failures import FAILURES, Backoff

MAX_CRASHES = 3  # in a row, without a single new byte: then the work is poison and is set aside

_FIRST_SECONDS = {Backoff.BRIEF: 1.0, Backoff.QUICK: 2.0, Backoff.PATIENT: 60.0}
_LONGEST_SECONDS = {Backoff.BRIEF: 5.0, Backoff.QUICK: 300.0, Backoff.PATIENT: 3600.0}
_RETRIES = {Backoff.BRIEF: 2, Backoff.QUICK: 6, Backoff.PATIENT: 6}
# No wait is longer, jitter included.
LONGEST_WAIT_SECONDS = 1.5 * max(_LONGEST_SECONDS.values())
# A full disk or a missing library is not the download's fault: it waits as long as that lasts.
_PATIENT_FOR_EVER = frozenset({"no_space", "library_unavailable"})


def spends_retry(code: str) -> bool:
    """Whether a failure of this kind uses up one of the download's retries."""
    return code not in _PATIENT_FOR_EVER


def may_retry(code: str, retries_so_far: int) -> bool:
    """Whether a download that fails so is tried again."""
    return retry_delay_seconds(code, retries_so_far, 0.0) is not None


def retry_delay_seconds(code: str, retries_so_far: int, jitter: float) -> float | None:
    """Seconds to wait before the next try; None when it should fail for good.

    `jitter` is a random number in [0, 1): waits are spread over half of their length, so that many downloads that
    failed together do not come back together.
    """
    backoff = FAILURES[code].backoff
    if backoff is Backoff.NEVER:
        return None
    if spends_retry(code):
        if retries_so_far >= _RETRIES[backoff]:
            return None
        exponent = retries_so_far
    else:
        exponent = 0
    wait = min(_FIRST_SECONDS[backoff] * 2.0**exponent, _LONGEST_SECONDS[backoff])
    return wait * (1 + jitter / 2)
