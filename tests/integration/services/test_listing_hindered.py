"""Listings that sites hinder: how long they are tried, and what of them is judged without asking."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.services.conftest import Archive
from tests.integration.services.lister import Lister, numbered, playlist_address
from yt_videos_api.cage.gate import Gate
from yt_videos_api.domain.filters import CollectionFilter
from yt_videos_api.domain.lists import ListEntry, ListFacts
from yt_videos_api.domain.policy import ContainerPolicy
from yt_videos_api.domain.targets import EntityType
from yt_videos_api.engine.fake import FakeList
from yt_videos_api.services import expand
from yt_videos_api.services.submit import JobRequest

LIST = "PLfirst0000000"
PAGE = "https://site.example/page"
LONGER_THAN_ANY_WAIT_SECONDS = 6000


@pytest.fixture(scope="module")
def gate() -> Iterator[Gate]:
    """One for all tests; nothing goes through it."""
    with Gate() as running:
        yield running


@pytest.fixture
def lister(archive: Archive, gate: Gate, tmp_path: Path) -> Lister:
    """One worker and its site."""
    return Lister(archive, gate, tmp_path / "library")


def submit_with_breaks(lister: Lister, *breaks: tuple[int, str]) -> str:
    """A job for twelve videos; reading them fails after so many entries with that code, once for each break."""
    lister.has(LIST, *numbered(12))
    lister.lists[playlist_address(LIST)].breaks.extend(breaks)
    return lister.submit(LIST)


@pytest.mark.parametrize("code", ["rate_limited", "extraction_failed"])
def test_listing_is_tried_as_long_as_every_run_gets_further(lister: Lister, code: str) -> None:
    job_id = submit_with_breaks(lister, *((after, code) for after in range(1, 11)))
    for _ in range(10):
        lister.expand()
        assert lister.job(job_id).expansion == "listing"
        lister.archive.clock.advance(LONGER_THAN_ANY_WAIT_SECONDS)
    lister.expand()
    assert lister.keys(job_id) == list(numbered(12))
    assert lister.job(job_id).expansion == "listed"


def test_listing_that_gets_no_further_is_given_up(lister: Lister) -> None:
    job_id = submit_with_breaks(lister, *[(5, "extraction_failed")] * 3)
    for _ in range(3):
        lister.expand()
        lister.archive.clock.advance(LONGER_THAN_ANY_WAIT_SECONDS)
    assert (lister.job(job_id).expansion, lister.job(job_id).error_code) == ("failed", "extraction_failed")


def test_listing_that_takes_longer_than_one_run_may_goes_on_in_the_next(lister: Lister) -> None:
    job_id = submit_with_breaks(lister, (4, "time_limit"), (8, "time_limit"))
    for _ in range(3):
        lister.expand()
    assert lister.job(job_id).expansion == "listed"
    assert len(lister.keys(job_id)) == 12


def test_listing_that_takes_a_whole_run_for_nothing_new_is_given_up(lister: Lister) -> None:
    job_id = submit_with_breaks(lister, (4, "time_limit"), (4, "time_limit"))
    lister.expand()
    lister.expand()
    assert (lister.job(job_id).expansion, lister.job(job_id).error_code) == ("failed", "time_limit")


def test_videos_without_addresses_of_their_own_are_taken_unless_the_list_tells_that_they_are_not_wanted(
    lister: Lister,
) -> None:
    told = [ListEntry(1, PAGE, own_address=False, short=True), ListEntry(2, PAGE, own_address=False)]
    lister.lists[PAGE] = FakeList(ListFacts("generic", "page", "A page", PAGE), told)
    choices = CollectionFilter(skip_shorts=True)
    request = JobRequest(EntityType.URL, PAGE, ContainerPolicy.WEBM, filter=choices)
    job_id = lister.archive.submission.submit(request).job_id
    lister.turn_into_listing()
    lister.expand()
    assert lister.job(job_id).expansion == "listed"
    assert lister.item_states(job_id) == {"PENDING": 1}
    claimed = lister.leases.claim()
    assert claimed is not None
    assert claimed.download.entry_index == 2


def test_listing_that_is_cut_off_says_so(lister: Lister, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(expand, "MOST_ENTRIES", 100)
    lister.has(LIST, *numbered(150))
    job_id = lister.submit(LIST)
    lister.expand()
    shown = lister.archive.jobs.get(job_id).listing
    assert shown is not None
    assert (shown.listed, shown.note) == (100, "Only its first 100,000 entries were listed.")
    lister.has(LIST, *numbered(99))
    job_id = lister.submit(LIST)
    lister.expand()
    shown = lister.archive.jobs.get(job_id).listing
    assert shown is not None
    assert (shown.listed, shown.note) == (99, None)
