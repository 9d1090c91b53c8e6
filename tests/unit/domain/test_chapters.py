"""Chapters and the marks among them."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from yt_videos_api.domain.chapters import MARK_PREFIX, with_marks
from yt_videos_api.domain.offers import Chapter

ONE, TWO = Chapter("One", 0, 50), Chapter("Two", 50, 100)


def sponsor(start: float, end: float) -> Chapter:
    return Chapter("Sponsor", start, end)


def shown(start: float, end: float, names: str = "Sponsor") -> Chapter:
    return Chapter(f"[SponsorBlock]: {names}", start, end)


def test_a_mark_inside_a_chapter_parts_it() -> None:
    assert with_marks([ONE, TWO], [sponsor(10, 20)], 100) == (
        Chapter("One", 0, 10), shown(10, 20), Chapter("One", 20, 50), TWO,
    )  # fmt: skip


def test_a_mark_across_two_chapters_shortens_both() -> None:
    assert with_marks([ONE, TWO], [sponsor(40, 60)], 100) == (
        Chapter("One", 0, 40),
        shown(40, 60),
        Chapter("Two", 60, 100),
    )


def test_a_chapter_under_a_mark_is_gone() -> None:
    assert with_marks([ONE, TWO], [sponsor(0, 50)], 100) == (shown(0, 50), TWO)


def test_less_than_a_second_between_marks_is_no_chapter() -> None:
    assert with_marks([ONE], [sponsor(0.5, 20), sponsor(20.9, 49.5)], 50) == (shown(0.5, 20), shown(20.9, 49.5))


def test_where_marks_overlap_both_are_named() -> None:
    marks = [sponsor(10, 30), Chapter("Filler Tangent", 20, 40), sponsor(25, 30)]
    assert with_marks([], marks, 100) == (
        shown(10, 20), shown(20, 30, "Sponsor, Filler Tangent"), shown(30, 40, "Filler Tangent"),
    )  # fmt: skip


def test_a_video_without_chapters_is_one_by_its_title() -> None:
    marks = [sponsor(10, 20)]
    assert with_marks([], marks, 100, rest_title="Film") == (
        Chapter("Film", 0, 10), shown(10, 20), Chapter("Film", 20, 100),
    )  # fmt: skip
    assert with_marks([], [], 100, rest_title="Film") == ()
    assert with_marks([], marks, None, rest_title="Film") == (shown(10, 20),)


def test_without_marks_chapters_stay_as_they_are() -> None:
    assert with_marks([TWO, ONE], [], None) == (ONE, TWO)


def test_nonsense_is_left_out() -> None:
    nan, infinite = float("nan"), float("inf")
    nonsense = [
        Chapter("x", nan, 5),
        Chapter("x", 5, nan),
        Chapter("x", 9, 8),
        Chapter("x", -1, 8),
        Chapter("x", 100, 120),
    ]
    assert with_marks(nonsense, nonsense, 100) == ()
    assert with_marks([Chapter("End", 50, infinite)], [sponsor(90, infinite)], 100) == (
        Chapter("End", 50, 90), shown(90, 100),
    )  # fmt: skip


moments = st.floats(allow_nan=True, allow_infinity=True) | st.integers(0, 100).map(float)
stretches = st.lists(st.builds(Chapter, st.sampled_from(["a", "b"]), moments, moments), max_size=8)


@given(stretches, stretches, st.none() | st.floats(0.1, 100))
def test_the_result_is_in_order_without_overlaps_and_within_the_video(
    chapters: list[Chapter], marks: list[Chapter], duration: float | None
) -> None:
    made = with_marks(chapters, marks, duration, rest_title="Film")
    assert all(0 <= each.start_seconds < each.end_seconds <= (duration or float("inf")) for each in made)
    assert all(before.end_seconds <= behind.start_seconds for before, behind in pairwise(made))


@given(stretches, stretches)
def test_what_is_marked_is_shown_as_marked_to_the_last_moment(chapters: list[Chapter], marks: list[Chapter]) -> None:
    made = [each for each in with_marks(chapters, marks, 100) if each.title.startswith(MARK_PREFIX)]
    for mark in marks:
        if 0 <= mark.start_seconds < min(mark.end_seconds, 100):
            middle = (mark.start_seconds + min(mark.end_seconds, 100)) / 2
            (over,) = [each for each in made if each.start_seconds <= middle < each.end_seconds]
            assert mark.title in over.title
