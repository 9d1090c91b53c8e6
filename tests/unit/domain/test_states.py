"""States: what may follow what, and what the states of items make of a job."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yt_videos_api.domain.states import (
    LIVE_STATES,
    TRANSITIONS,
    WORKING_STATES,
    DownloadState,
    Expansion,
    ItemState,
    JobState,
    job_state,
    sources_of,
)


def test_every_state_says_where_it_leads() -> None:
    assert set(TRANSITIONS) == set(DownloadState)


@pytest.mark.parametrize("state", DownloadState)
def test_every_download_state_can_be_reached_from_queued(state: DownloadState) -> None:
    reached, edge = {DownloadState.QUEUED}, {DownloadState.QUEUED}
    while edge:
        edge = {new for old in edge for new in TRANSITIONS[old]} - reached
        reached |= edge
    assert state in reached


@pytest.mark.parametrize("state", DownloadState)
def test_work_goes_on_until_a_state_without_work(state: DownloadState) -> None:
    """From every working state an end can be reached, and nothing leads back from an end to work."""
    if state in WORKING_STATES:
        assert TRANSITIONS[state]
    else:
        assert not TRANSITIONS[state] & WORKING_STATES


def test_a_publication_cannot_be_cancelled() -> None:
    assert DownloadState.CANCELLED not in TRANSITIONS[DownloadState.PUBLISHING]


def test_only_finished_downloads_make_room_for_a_new_try() -> None:
    assert set(DownloadState) - LIVE_STATES == {
        DownloadState.FAILED,
        DownloadState.CANCELLED,
        DownloadState.SUPERSEDED,
        DownloadState.REMOVED,
    }


def test_sources_are_the_transitions_read_backwards() -> None:
    assert sources_of(DownloadState.FINALIZED) == {DownloadState.PUBLISHING}


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        ([], JobState.PENDING),
        ([ItemState.PENDING, ItemState.PENDING], JobState.PENDING),
        ([ItemState.DONE, ItemState.PENDING], JobState.IN_PROGRESS),
        ([ItemState.IN_PROGRESS], JobState.IN_PROGRESS),
        ([ItemState.DONE, ItemState.DONE], JobState.DONE),
        ([ItemState.DONE, ItemState.FAILED], JobState.PARTIAL),
        ([ItemState.FAILED], JobState.FAILED),
        ([ItemState.DONE, ItemState.CANCELLED], JobState.CANCELLED),
        ([ItemState.FAILED, ItemState.CANCELLED], JobState.CANCELLED),
    ],
)
def test_a_job_is_what_its_items_make_of_it(items: list[ItemState], expected: JobState) -> None:
    assert job_state(items) is expected


@given(st.lists(st.sampled_from(ItemState), min_size=1))
def test_a_job_has_ended_exactly_when_all_its_items_have(items: list[ItemState]) -> None:
    assert job_state(items).terminal is all(item.terminal for item in items)


@given(st.lists(st.sampled_from(ItemState)))
def test_the_order_of_items_does_not_matter(items: list[ItemState]) -> None:
    assert job_state(items) is job_state(reversed(items))


@pytest.mark.parametrize(
    ("expansion", "items", "state"),
    [
        (Expansion.LISTING, [], JobState.PENDING),
        (Expansion.LISTING, [ItemState.DONE], JobState.IN_PROGRESS),  # more may come
        (Expansion.LISTED, [], JobState.DONE),
        (Expansion.LISTED, [ItemState.DONE, ItemState.FAILED], JobState.PARTIAL),
        (Expansion.FAILED, [], JobState.FAILED),
        (Expansion.FAILED, [ItemState.DONE], JobState.PARTIAL),
        (Expansion.FAILED, [ItemState.DONE, ItemState.PENDING], JobState.IN_PROGRESS),
        (Expansion.CANCELLED, [], JobState.CANCELLED),
        (Expansion.CANCELLED, [ItemState.DONE], JobState.CANCELLED),
    ],
)
def test_the_listing_of_a_playlist_has_a_say_in_the_state_of_its_job(
    expansion: Expansion, items: list[ItemState], state: JobState
) -> None:
    assert job_state(items, expansion) is state
