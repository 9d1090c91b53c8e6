"""Holes in a time line, and pauses that are none. Times are in milliseconds."""

from __future__ import annotations

import random
from collections.abc import Iterable
from fractions import Fraction

import pytest

from yt_videos_api.media.timeline import TimeLine, find_hole

MILLISECOND = Fraction(1, 1000)


def line_of(moments: Iterable[int], keys: Iterable[int] = ()) -> TimeLine:
    line, key_moments = TimeLine(), set(keys)
    for moment in moments:
        line.add(moment, 40, key=not key_moments or moment in key_moments)
    line.finish()
    return line


def steady(start: int, end: int, step: int = 40) -> list[int]:
    return list(range(start, end, step))


def test_a_missing_piece_is_a_hole() -> None:
    line = line_of(steady(0, 4000) + steady(6000, 10000), keys=[0, 2000, 6000, 8000])
    assert find_hole(line, MILLISECOND) == pytest.approx(2.04)


def test_the_longest_of_several_holes_is_told() -> None:
    line = line_of(steady(0, 4000) + steady(5000, 8000) + steady(11000, 19000))
    assert find_hole(line, MILLISECOND) == pytest.approx(3.04)


def test_half_a_second_more_than_usual_is_still_no_hole() -> None:
    assert find_hole(line_of(steady(0, 4000) + steady(4500, 8000)), MILLISECOND) is None
    assert find_hole(line_of(steady(0, 4000) + steady(4501 + 40, 8000)), MILLISECOND) is not None


def test_a_held_picture_is_no_hole_when_a_difference_picture_follows() -> None:
    line = line_of(steady(0, 4000) + steady(6000, 10000), keys=[0, 2000, 8000])
    assert find_hole(line, MILLISECOND) is None


@pytest.mark.parametrize("step", [1000, 5000, 30000])
def test_a_slide_show_has_no_holes(step: int) -> None:
    assert find_hole(line_of(steady(0, 20 * step, step)), MILLISECOND) is None


def test_a_slide_missing_from_a_slide_show_is_a_hole() -> None:
    moments = steady(0, 60000, 1000)
    del moments[30]
    assert find_hole(line_of(moments), MILLISECOND) == pytest.approx(2.0)


@pytest.mark.parametrize("seed", range(20))
def test_a_screen_recording_has_no_holes(seed: int) -> None:
    chance = random.Random(seed)
    moments, now = [], 0
    for _ in range(400):
        moments.append(now)
        now += chance.choice([16, 33, 33, 50, 100, 400, 2500])
    assert find_hole(line_of(moments), MILLISECOND) is None


@pytest.mark.parametrize("seed", range(20))
def test_reordered_pictures_are_put_in_order_of_showing(seed: int) -> None:
    chance = random.Random(seed)
    moments = steady(0, 8000)
    shuffled = [moment for at in range(0, len(moments), 8) for moment in chance.sample(moments[at : at + 8], 8)]
    line = line_of(shuffled)
    assert find_hole(line, MILLISECOND) is None
    assert (line.packets, line.start, line.last, line.end) == (200, 0, 7960, 8000)
    assert line.steps == {40: 199}


def test_sound_with_silence_left_out_has_no_holes() -> None:
    spoken = [moment for start in range(0, 60000, 2000) for moment in steady(start, start + 1000, 20)]
    assert find_hole(line_of(spoken), MILLISECOND) is None


@pytest.mark.parametrize("moments", [[], [0], [0, 40]])
def test_a_line_of_few_packets_has_no_holes(moments: list[int]) -> None:
    assert find_hole(line_of(moments), MILLISECOND) is None


def test_packets_without_a_time_are_counted() -> None:
    line = TimeLine()
    line.add(None, 0, key=True)
    line.add(5, 0, key=True)
    line.finish()
    assert (line.packets, line.untimed, line.start) == (2, 1, 5)
