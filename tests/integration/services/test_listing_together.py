"""Listings that meet: each other, single videos, and cancellations."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import func, select, text
from structlog.testing import capture_logs

from tests.integration.services.conftest import Archive
from tests.integration.services.lister import Interrupted, Lister, die, entries, numbered
from tests.integration.services.staged import Died
from yt_videos_api.cage.gate import Gate
from yt_videos_api.db import queries
from yt_videos_api.db.tables import Download, JobListing, Playlist, PlaylistItem, Run, Work
from yt_videos_api.domain.filters import CollectionFilter
from yt_videos_api.domain.lists import ListEntry, ListFacts
from yt_videos_api.engine.fake import FakeList
from yt_videos_api.services.convert import convert_to_listing
from yt_videos_api.services.leases import Claimed

FIRST, SECOND = "PLfirst0000000", "PLsecond000000"


@pytest.fixture(scope="module")
def gate() -> Iterator[Gate]:
    """One for all tests; nothing goes through it."""
    with Gate() as running:
        yield running


@pytest.fixture
def lister(archive: Archive, gate: Gate, tmp_path: Path) -> Lister:
    """One worker and its site."""
    return Lister(archive, gate, tmp_path / "library")


def at_once(*acts: Callable[[], object]) -> list[str]:
    """Do all of it at the same time; what was logged meanwhile. Raises what any of them raises."""
    barrier = threading.Barrier(len(acts))

    def act(each: Callable[[], object]) -> None:
        barrier.wait()
        each()

    with capture_logs() as logs, ThreadPoolExecutor(len(acts)) as pool:
        for done in [pool.submit(act, each) for each in acts]:
            done.result(60)
    return [line["event"] for line in logs]


def claims_of(lister: Lister, *job_ids: str) -> list[Claimed]:
    """The listings of these jobs, claimed; nothing else may be due."""
    claims = {claimed.lease.subject_id: claimed for claimed in (lister.claim() for _ in job_ids)}
    return [claims[job_id] for job_id in job_ids]


def count_of(lister: Lister, table: type[Download | Playlist | PlaylistItem | Work]) -> int:
    with lister.archive.database.reading() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_two_jobs_of_one_playlist_at_once_share_its_entries_and_its_downloads(lister: Lister) -> None:
    ids = numbered(400)
    lister.has(FIRST, *ids)
    jobs = [lister.submit(FIRST), lister.submit(FIRST)]
    told = at_once(*(partial(lister.expand, claimed) for claimed in claims_of(lister, *jobs)))
    assert told.count("listed") == 2
    assert "database_unavailable" not in told, "they stood in each other's way"
    assert [lister.keys(job) for job in jobs] == [list(ids), list(ids)]
    assert (count_of(lister, Download), count_of(lister, PlaylistItem)) == (400, 400)
    lister.assert_clean()


@pytest.mark.parametrize("round_number", range(3))
def test_overlapping_playlists_in_opposite_orders_do_not_deadlock(lister: Lister, round_number: int) -> None:
    ids = numbered(300, first=100 * round_number)
    lister.has(FIRST, *ids)
    lister.has(SECOND, *reversed(ids), *numbered(50, first=5000))
    jobs = [lister.submit(FIRST), lister.submit(SECOND)]
    told = at_once(*(partial(lister.expand, claimed) for claimed in claims_of(lister, *jobs)))
    assert told.count("listed") == 2
    assert "database_unavailable" not in told, "they stood in each other's way"
    assert [len(lister.keys(job)) for job in jobs] == [300, 350]
    assert count_of(lister, Download) == 350
    lister.assert_clean()


def test_video_that_somebody_asks_for_by_itself_overtakes_the_playlist_it_is_queued_by(lister: Lister) -> None:
    lister.has(FIRST, *numbered(100))
    lister.submit(FIRST)
    lister.expand()
    wanted = numbered(100)[80]
    lister.archive.clock.advance(60)
    lister.archive.submit(wanted)
    order = list[str]()
    while len(order) < 3 and (claimed := lister.leases.claim()):
        order.append(claimed.download.video_id)
    assert order == [wanted, *numbered(2)]


def test_listing_overtakes_the_entries_of_an_earlier_one(lister: Lister) -> None:
    lister.has(FIRST, *numbered(5))
    lister.has(SECOND, *numbered(5, first=10))
    lister.submit(FIRST)
    lister.expand()
    second = lister.submit(SECOND)
    lister.expand()
    assert lister.job(second).expansion == "listed"


def test_cancel_in_the_middle_ends_the_listing_and_all_that_it_queued(lister: Lister) -> None:
    lister.has(FIRST, *numbered(500))
    job_id = lister.submit(FIRST)
    wanted = lister.archive.submit(numbered(1)[0])
    listing = lister.claim()

    def cancel() -> None:
        lister.archive.jobs.cancel(job_id)

    faults = Interrupted("worker.expand.page.after", 2, cancel)
    lister.expand(listing, faults)
    assert faults.happened
    job = lister.job(job_id)
    assert (job.state, job.expansion) == ("CANCELLED", "cancelled")
    assert lister.item_states(job_id) == {"CANCELLED": 200}
    assert count_of(lister, Work) == 1, "what another job wants goes on"
    assert lister.job(wanted).state == "PENDING"
    with lister.archive.database.reading() as session:
        assert session.scalars(select(Run.outcome)).all() == ["cancelled"]
    lister.assert_clean()


def test_cancel_of_a_listing_that_nobody_has_claimed_leaves_nothing_to_do(lister: Lister) -> None:
    lister.has(FIRST, *numbered(5))
    job_id = lister.submit(FIRST)
    lister.archive.jobs.cancel(job_id)
    assert lister.job(job_id).state == "CANCELLED"
    assert lister.leases.claim() is None
    lister.assert_clean()


@pytest.mark.parametrize("round_number", range(4))
def test_cancel_racing_with_the_taking_of_entries_leaves_nothing_that_nobody_wants(
    lister: Lister, round_number: int
) -> None:
    lister.has(FIRST, *numbered(600))
    lister.has(SECOND, *numbered(100, first=50))
    doomed, kept = lister.submit(FIRST), lister.submit(SECOND)
    claims = claims_of(lister, doomed, kept)
    started = threading.Event()

    def cancel() -> None:
        assert started.wait(30)
        lister.archive.jobs.cancel(doomed)

    begin = Interrupted("worker.expand.page.before", 1 + round_number, started.set)
    told = at_once(
        lambda: lister.expand(claims[0], begin),
        lambda: lister.expand(claims[1]),
        cancel,
    )
    assert told.count("database_unavailable") == 0
    assert lister.job(doomed).state == "CANCELLED"
    assert set(lister.item_states(doomed)) <= {"CANCELLED"}
    assert lister.item_states(kept) == {"PENDING": 100}
    assert lister.queued() == 100
    lister.assert_clean()


def test_channel_killed_after_a_tab_that_ended_early_counts_nothing_older_as_removed(
    archive: Archive, gate: Gate, tmp_path: Path
) -> None:
    """What is older than the wanted date was not looked at, which does not mean that it is gone."""
    lister = Lister(archive, gate, tmp_path / "library")
    root = "https://www.youtube.com/@somebody"
    old_and_new = {"videos": ("20280101", "20200101", "20190101"), "shorts": ("20280101",)}
    for number, (tab, days) in enumerate(old_and_new.items()):
        facts = ListFacts("youtube:tab", "UCsomebody", "A channel", f"{root}/{tab}", "A channel")
        listed = entries(*numbered(len(days), first=10 * number))
        dated = [replace(entry, upload_date=day) for entry, day in zip(listed, days, strict=True)]
        lister.lists[f"{root}/{tab}"] = FakeList(facts, dated)
    lister.submit("@somebody")
    lister.expand()
    assert count_of(lister, PlaylistItem) == 4
    newest = CollectionFilter(published_after=date(2028, 1, 1))
    job_id = lister.submit("@somebody", filter=newest)
    with pytest.raises(Died):
        lister.expand(faults=Interrupted("worker.expand.page.before", 2, die))
    lister.die()
    lister.expand()
    assert lister.job(job_id).expansion == "listed"
    with archive.database.reading() as session:
        assert session.scalar(select(func.count(PlaylistItem.removed_at))) == 0


def test_a_short_list_does_not_wait_for_the_end_of_a_long_one(lister: Lister) -> None:
    lister.has(FIRST, *numbered(250))
    lister.has(SECOND, *numbered(2, first=1000))
    lister.submit(FIRST)
    short = lister.submit(SECOND)
    lister.expand()
    lister.expand()
    claims = [claimed for _ in range(4) if (claimed := lister.leases.claim())]
    assert set(lister.keys(short)) < {claimed.download.video_id for claimed in claims}


def waits_for_a_lock(lister: Lister) -> bool:
    """Whether some transaction waits for another one's; SQLite does not tell, and has only one."""
    database = lister.archive.database
    if database.is_sqlite:
        return True
    blocked = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    with database.reading() as session:
        return bool(session.scalar(text(blocked)))


def test_page_in_its_own_list_becomes_a_listing_while_that_is_written_without_a_deadlock(lister: Lister) -> None:
    page = "https://site.example/page"
    lister.lists[page] = FakeList(ListFacts("generic", "page", "A page", page), [ListEntry(1, page, title="Itself")])
    database = lister.archive.database
    first = lister.archive.submit(page)
    lister.turn_into_listing()
    lister.expand()
    second = lister.archive.submit(page)
    claimed = lister.leases.claim()
    with ThreadPoolExecutor(1) as pool:
        with database.transaction() as session:  # takes the locks of a page that is written for the first job
            row = session.get_one(JobListing, first)
            session.get_one(Playlist, row.playlist_id, with_for_update=True)
            converted = pool.submit(lister.turn_into_listing, claimed)
            while not waits_for_a_lock(lister):
                assert not converted.done(), "it took the playlist without waiting for it"
            queries.lock_downloads(session, session.scalars(select(Download.id)).all())
            queries.lock_jobs(session, [first, second])
        converted.result(30)
    assert (lister.job(first).state, lister.job(second).expansion) == ("FAILED", "listing")
    lister.assert_clean()


def test_address_that_no_job_may_have_as_a_list_leaves_no_playlist_behind(lister: Lister) -> None:
    lister.archive.submit("aaaaaaaaaaa")
    claimed = lister.leases.claim()
    assert claimed is not None
    with lister.archive.database.transaction() as session:
        assert not convert_to_listing(session, claimed.lease, lister.archive.clock.now())
    assert count_of(lister, Playlist) == 0
