"""The catalogue of failures, and when they are tried again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yt_videos_api.domain.failures import FAILURES, FailureKind
from yt_videos_api.domain.retry import retry_delay_seconds, spends_retry

CODES = st.sampled_from(sorted(FAILURES))


@pytest.mark.parametrize("kind", FAILURES.values(), ids=lambda kind: kind.code)
def test_every_failure_says_what_happened_and_what_to_do_in_whole_sentences(kind: FailureKind) -> None:
    for text in (kind.message, kind.advice):
        assert text[0].isupper()
        assert text.endswith(".")


@given(CODES, st.integers(0, 100), st.floats(0, 1, exclude_max=True))
def test_what_cannot_be_mended_is_never_tried_again(code: str, retries: int, jitter: float) -> None:
    delay = retry_delay_seconds(code, retries, jitter)
    if not FAILURES[code].retryable:
        assert delay is None
    else:
        assert delay is None or 0 < delay <= 5400


@pytest.mark.parametrize("code", [code for code in FAILURES if FAILURES[code].retryable and spends_retry(code)])
def test_retries_come_to_an_end(code: str) -> None:
    assert retry_delay_seconds(code, 0, 0.5) is not None
    assert retry_delay_seconds(code, 100, 0.5) is None


@pytest.mark.parametrize("code", ["no_space", "library_unavailable"])
def test_a_full_disk_is_waited_for_however_long_it_takes(code: str) -> None:
    assert not spends_retry(code)
    assert retry_delay_seconds(code, 1000, 0.0) == retry_delay_seconds(code, 0, 0.0)


def test_waits_grow_and_are_spread() -> None:
    waits = [retry_delay_seconds("network", retries, 0.0) for retries in range(4)]
    assert waits == [2.0, 4.0, 8.0, 16.0]
    assert retry_delay_seconds("network", 0, 0.999) == pytest.approx(3.0, abs=0.01)
