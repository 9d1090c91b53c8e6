"""A listing that dies again and again: every entry becomes exactly one item, and memory stays flat."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest
from sqlalchemy import func, select

from tests.integration.services.conftest import LIBRARY_UUID, Archive, Clock
from tests.integration.services.lister import Interrupted, Lister, die, numbered
from tests.integration.services.staged import Died
from yt_videos_api.cage.gate import Gate
from yt_videos_api.db import migrate
from yt_videos_api.db.engine import Database
from yt_videos_api.db.tables import Download, JobListing, PlaylistItem
from yt_videos_api.domain.errors import Unavailable
from yt_videos_api.services.faults import FaultPlan
from yt_videos_api.storage.local import LocalLibrary

PLAYLIST = "PLinterrupted"
PAGE_POINTS = ("worker.expand.page.before", "worker.expand.page.commit", "worker.expand.page.after")
END_POINTS = ("worker.expand.end.before", "worker.expand.end.commit", "worker.expand.end.after")
KILLS = 20
MOST_GROWTH_BYTES = 20 * 2**20


@pytest.fixture(scope="module")
def gate() -> Iterator[Gate]:
    """One for all tests; nothing goes through it."""
    with Gate() as running:
        yield running


@pytest.fixture(params=[True, False], ids=["goes on in the middle", "begins anew"])
def lister(request: pytest.FixtureRequest, archive: Archive, gate: Gate, tmp_path: Path) -> Lister:
    """A worker whose source knows places to go on from, or does not."""
    return Lister(archive, gate, tmp_path / "library", knows_places=request.param)


def assert_listed_once(lister: Lister, job_id: str, count: int) -> None:
    assert lister.positions(job_id) == list(range(count))
    assert lister.keys(job_id) == list(numbered(count))
    with lister.archive.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(PlaylistItem)) == count
        assert session.scalar(select(func.count()).select_from(Download)) == count
        row = session.get_one(JobListing, job_id)
    assert (row.taken, row.listed, row.complete) == (count, count, True)


def kill_at(lister: Lister, point: str, passing: int) -> bool:
    """Whether the listing came so far; if it did, its worker is dead, and another one will claim it."""
    faults = Interrupted(point, passing, die)
    try:
        lister.expand(faults=faults)
    except Died:
        lister.die()
    return faults.happened


def test_listing_killed_at_any_point_takes_every_entry_once(lister: Lister) -> None:
    count = 700
    lister.has(PLAYLIST, *numbered(count))
    job_id = lister.submit(PLAYLIST)
    for number, point in enumerate((*PAGE_POINTS, *END_POINTS)):
        # One page further each time: from a source that knows no places, the pages before are read again.
        assert kill_at(lister, point, 1 if point in END_POINTS or lister.knows_places else number + 2)
        if lister.job(job_id).expansion == "listed":
            break
    assert point == "worker.expand.end.commit", "the end was written down before the worker died"
    assert_listed_once(lister, job_id, count)
    lister.assert_clean()


class _AnswerLost(FaultPlan):
    """Every commit goes through, and the first answer to each is lost."""

    def __init__(self) -> None:
        super().__init__()
        self.lost: list[str] = []

    def reach(self, point: str) -> None:
        """See FaultPlan."""
        if point.endswith(".commit") and point not in self.lost:
            self.lost.append(point)
            raise Unavailable("the answer to a commit was lost")


def test_commit_whose_answer_was_lost_counts_nothing_twice(lister: Lister) -> None:
    lister.has(PLAYLIST, *numbered(150))
    job_id = lister.submit(PLAYLIST)
    faults = _AnswerLost()
    lister.expand(faults=faults)
    assert faults.lost == ["worker.expand.page.commit", "worker.expand.end.commit"]
    assert lister.job(job_id).expansion == "listed"
    assert_listed_once(lister, job_id, 150)
    lister.assert_clean()


def test_frozen_listing_that_wakes_up_after_its_lease_writes_nothing(lister: Lister) -> None:
    lister.has(PLAYLIST, *numbered(300))
    job_id = lister.submit(PLAYLIST)
    frozen = lister.claim()
    zombie, taken = lister.leases, list[int]()

    def sleep_through_the_lease() -> None:
        lister.die()  # nobody beats for it: another worker takes its place
        lister.expand()
        taken.append(len(lister.positions(job_id)))

    awake = lister.errands(Interrupted("worker.expand.page.before", 2, sleep_through_the_lease))
    lister.run(awake, frozen, zombie)
    assert taken == [300]
    assert_listed_once(lister, job_id, 300)
    lister.assert_clean()


def test_drained_listing_goes_back_at_once_and_costs_no_try(lister: Lister) -> None:
    lister.has(PLAYLIST, *numbered(600))
    job_id = lister.submit(PLAYLIST)
    for _ in range(5):  # more often than it may crash
        lister.drain_at("worker.expand.page.after")
    assert lister.job(job_id).state == "IN_PROGRESS"
    lister.expand()
    assert_listed_once(lister, job_id, 600)
    lister.assert_clean()


def test_downloads_of_the_first_page_can_be_claimed_while_the_rest_is_still_listed(lister: Lister) -> None:
    lister.has(PLAYLIST, *numbered(250))
    lister.submit(PLAYLIST)
    found = []
    other = lister.archive.leases()

    def claim() -> None:
        claimed = other.claim()
        assert claimed is not None
        found.append(claimed.download.video_id)

    lister.expand(faults=Interrupted("worker.expand.page.after", 1, claim))
    assert found == [numbered(1)[0]]


@dataclass
class _TenThousand:
    """What became of a playlist of ten thousand entries whose listing was killed again and again."""

    lister: Lister
    job_id: str
    kills: int = 0
    resident: list[int] = field(default_factory=list)  # bytes of memory, after every page


class _Watching(Interrupted):
    """Looks at the memory after every page."""

    def __init__(self, resident: list[int], point: str, passing: int) -> None:
        super().__init__(point, passing, die)
        self._resident = resident
        self._process = psutil.Process()

    def reach(self, point: str) -> None:
        """See FaultPlan."""
        if point == "worker.expand.page.after":
            self._resident.append(self._process.memory_info().rss)
        super().reach(point)


COUNT = 10_000


@pytest.fixture(scope="module")
def ten_thousand(gate: Gate, tmp_path_factory: pytest.TempPathFactory) -> Iterator[_TenThousand]:
    """Made once, on SQLite: the tests look at it one after the other, and the last one cancels it."""
    folder = tmp_path_factory.mktemp("ten-thousand")
    database = Database(f"sqlite:///{folder / 'test.db'}")
    migrate.upgrade(database)
    (folder / "library").mkdir()
    library = LocalLibrary(folder / "library")
    library.write_marker(LIBRARY_UUID)
    lister = Lister(Archive(database, library, Clock()), gate, folder / "library", knows_places=True)
    lister.has(PLAYLIST, *numbered(COUNT))
    listed = _TenThousand(lister, lister.submit(PLAYLIST))
    chance = random.Random(20)
    while listed.kills < KILLS:
        faults = _Watching(listed.resident, chance.choice(PAGE_POINTS), chance.randint(2, 6))
        with pytest.raises(Died):
            lister.expand(faults=faults)
        lister.die()
        listed.kills += 1
    assert lister.job(listed.job_id).expansion == "listing", "it was killed twenty times in the middle"
    lister.expand(faults=_Watching(listed.resident, "", 0))
    yield listed
    database.close()


def test_ten_thousand_entries_killed_twenty_times_are_each_exactly_one_item(ten_thousand: _TenThousand) -> None:
    assert ten_thousand.kills == KILLS
    assert_listed_once(ten_thousand.lister, ten_thousand.job_id, COUNT)
    ten_thousand.lister.assert_clean()


def test_memory_stays_flat_while_ten_thousand_entries_are_listed(ten_thousand: _TenThousand) -> None:
    pages = ten_thousand.resident
    assert len(pages) >= COUNT / 100 - KILLS
    assert max(pages) - pages[0] < MOST_GROWTH_BYTES


def test_ten_thousand_items_are_cancelled_within_two_seconds_but_for_what_others_want(
    ten_thousand: _TenThousand,
) -> None:
    lister = ten_thousand.lister
    wanted = numbered(COUNT)[5000]
    other = lister.archive.submit(wanted)
    began = time.monotonic()
    lister.archive.jobs.cancel(ten_thousand.job_id)
    assert time.monotonic() - began < 2
    assert lister.item_states(ten_thousand.job_id) == {"CANCELLED": COUNT}
    assert lister.queued() == 1
    assert lister.job(other).state == "PENDING"
    claimed = lister.leases.claim()
    assert claimed is not None
    assert claimed.download.video_id == wanted
    lister.leases.hand_back(claimed.lease)
    lister.assert_clean()
