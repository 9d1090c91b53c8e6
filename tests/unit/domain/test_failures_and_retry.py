"""The catalogue of failures, and when they are tried again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yt_videos_api.domain.failures import FAILURES, FailureKind
from yt_videos_api.domain.retry import is_outage, retry_delay_seconds, same_outage, start_delay_seconds

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


def waits(code: str) -> list[float]:
    """All waits of a download that never fails otherwise, without jitter; a thousand at most."""
    delays = [retry_delay_seconds(code, count, 0.0) for count in range(1000)]
    return [delay for delay in delays if delay is not None]


@pytest.mark.parametrize("code", ["network", "stalled"])
def test_an_internet_that_is_away_for_hours_fails_nothing(code: str) -> None:
    assert 4.5 * 3600 < sum(waits(code)) < 6 * 3600
    assert max(waits(code)) == 300


@pytest.mark.parametrize("code", ["not_media", "damaged_media", "incomplete", "forbidden", "extraction_failed"])
def test_what_is_most_often_the_same_again_is_answered_within_seconds(code: str) -> None:
    assert 0 < sum(waits(code)) < 10


@pytest.mark.parametrize("code", ["engine_crashed", "media_tool_failed"])
def test_a_machine_that_was_short_of_something_gets_minutes(code: str) -> None:
    assert 300 < sum(waits(code)) < 900


@pytest.mark.parametrize("code", ["no_space", "library_unavailable"])
def test_a_disk_is_waited_for_however_long_it_takes_ever_more_calmly(code: str) -> None:
    assert is_outage(code)
    assert len(waits(code)) == 1000
    assert waits(code)[0] <= 5
    assert waits(code)[-1] == max(waits(code)) == 300


def test_an_outage_goes_on_while_its_codes_are_of_one_kind() -> None:
    assert same_outage("network", "stalled")
    assert not same_outage("network", "library_unavailable")
    assert not same_outage("network", None)


def test_waits_grow_and_are_spread() -> None:
    assert waits("network")[:4] == [2.0, 4.0, 8.0, 16.0]
    assert retry_delay_seconds("network", 0, 0.999) == pytest.approx(3.0, abs=0.01)


@pytest.mark.parametrize(
    ("until_start_seconds", "delay_seconds"),
    [
        (86400.0, 3600.0),
        (60.0, 60.0),
        (0.2, 1.0),
        (-0.2, 1.0),
        (-4.0, 4.0),
        (-120.0, 15.0),
        (-2000.0, 100.0),
        (-1e6, 300.0),
    ],
)
def test_a_stream_is_looked_at_when_it_begins_and_less_often_the_later_it_is(
    until_start_seconds: float, delay_seconds: float
) -> None:
    assert start_delay_seconds(until_start_seconds) == delay_seconds
