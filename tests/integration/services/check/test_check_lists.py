"""What the database alone tells of listings, probes and their work: I3, I4, I6, I7, I8. Each violation is planted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import delete, text

from tests.integration.services.check.conftest import AFTER_HOUSEKEEPING_SECONDS, Checked
from tests.integration.services.lister import Lister, numbered
from yt_videos_api.cage.gate import Gate
from yt_videos_api.db.engine import SCHEMA
from yt_videos_api.db.tables import Base, Job, JobListing, JobVideo, Playlist, PlaylistItem, Probe, Run, Work
from yt_videos_api.domain.retry import MAX_CRASHES
from yt_videos_api.domain.states import WorkKind
from yt_videos_api.services import settle
from yt_videos_api.services.check import Depth
from yt_videos_api.services.leases import Claimed

LISTED, EMPTY, UNDER_WAY = "PLlisted000000", "PLempty0000000", "PLunderway0000"

# What is judged and mended by the same statements on both databases is planted on one of them only.
on_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@dataclass
class Lists:
    """An archive with a playlist that is listed, an empty one, one that is being listed, and two probes."""

    checked: Checked
    lister: Lister
    listed: str  # the jobs
    empty: str
    under_way: str
    claimed: Claimed

    def codes(self) -> list[str]:
        """Which invariants do not hold."""
        return self.checked.codes(Depth.QUICK)

    def assert_mended(self) -> None:
        """See Checked."""
        self.checked.assert_mended_by_repair()

    def add(self, row: Base) -> None:
        """One more row, behind everybody's back."""
        with self.checked.archive.database.transaction() as session:
            session.add(row)

    def lose(self, table: type[Base], **matching: Any) -> None:
        """Delete rows behind everybody's back."""
        with self.checked.archive.database.transaction() as session:
            session.execute(delete(table).filter_by(**matching))

    def work(self, kind: WorkKind, **about: Any) -> Work:
        """Work that is in nobody's place."""
        return settle.new_work(kind, self.checked.archive.clock.now(), **about)

    def sabotage(self, statement: str) -> None:
        """Change the tables themselves."""
        prefix = "" if self.checked.archive.database.is_sqlite else f"{SCHEMA}."
        with self.checked.archive.database.transaction() as session:
            session.execute(text(statement.format(prefix=prefix)))

    def finish(self) -> None:
        """Another worker lists what is due; all that was asked for must come of it."""
        self.lister.die()
        self.lister.expand()
        assert self.lister.keys(self.under_way) == list(numbered(5, first=10))
        assert self.checked.check().violations == ()


@pytest.fixture(scope="module")
def gate() -> Iterator[Gate]:
    """One for all tests; nothing goes through it."""
    with Gate() as running:
        yield running


@pytest.fixture
def lists(checked: Checked, gate: Gate) -> Lists:
    """All of them as they should be."""
    lister = Lister(checked.archive, gate, checked.root)
    lister.has(LISTED, *numbered(4))
    lister.has(EMPTY)
    lister.has(UNDER_WAY, *numbered(5, first=10))
    listed, empty = lister.submit(LISTED), lister.submit(EMPTY)
    lister.expand()
    lister.expand()
    under_way = lister.submit(UNDER_WAY)
    made = Lists(checked, lister, listed, empty, under_way, lister.claim())
    moment = checked.archive.clock.now()
    for name, state in (("asked", "queued"), ("answered", "done")):
        finished_at = None if state == "queued" else moment
        made.add(
            Probe(
                id=name,
                url_key=name,
                source_url="https://site.example/",
                state=state,
                created_at=moment,
                finished_at=finished_at,
            )
        )
    made.add(made.work(WorkKind.PROBE, probe_id="asked"))
    return made


@pytest.mark.parametrize("depth", list(Depth))
def test_lists_in_every_state_are_as_they_should_be(lists: Lists, depth: Depth) -> None:
    report = lists.checked.check(depth)
    assert report.violations == ()
    assert report.jobs_checked == 3
    assert lists.lister.job(lists.empty).state == "DONE"


def test_listing_whose_work_was_lost_is_found_and_listed_by_the_next_worker(lists: Lists) -> None:
    lists.lose(Work, job_id=lists.under_way)
    assert lists.codes() == ["I3", "I6"]  # the run of the lost work never ended
    lists.assert_mended()
    assert lists.checked.row(Work, job_id=lists.under_way).due_at <= lists.checked.archive.clock.now()
    lists.finish()


@on_sqlite
def test_restored_listing_does_not_believe_the_worker_that_had_it(lists: Lists) -> None:
    lists.lose(Work, job_id=lists.under_way)
    lists.assert_mended()
    lists.lister.expand(lists.claimed)
    assert lists.lister.keys(lists.under_way) == []
    lists.finish()


@on_sqlite
@pytest.mark.parametrize("expansion", ["listed", "failed", "cancelled"])
def test_work_of_a_listing_that_has_ended_is_found_and_dropped(lists: Lists, expansion: str) -> None:
    lists.checked.plant(Job, {"id": lists.empty}, expansion=expansion)
    lists.checked.check(repair=True)  # the job's state follows
    lists.add(lists.work(WorkKind.EXPAND, job_id=lists.empty))
    assert lists.codes() == ["I7"]
    lists.assert_mended()
    assert lists.lister.job(lists.empty).expansion == expansion


@on_sqlite
def test_work_to_list_a_single_video_is_found_and_dropped(lists: Lists) -> None:
    job_id = lists.checked.archive.submit("aaaaaaaaaaa")
    lists.add(lists.work(WorkKind.EXPAND, job_id=job_id))
    assert lists.codes() == ["I7"]
    lists.assert_mended()
    assert lists.lister.job(job_id).state == "PENDING"


@on_sqlite
def test_playlist_of_which_nothing_says_that_it_was_listed_is_listed_again(lists: Lists) -> None:
    lists.checked.plant(Job, {"id": lists.listed}, expansion=None)
    assert lists.codes() == ["I3"]
    lists.assert_mended()
    lists.lister.expand()
    assert lists.lister.keys(lists.listed) == list(numbered(4))
    assert lists.lister.job(lists.listed).expansion == "listed"


@on_sqlite
def test_cancelled_playlist_is_not_listed_again_by_repair(lists: Lists) -> None:
    lists.lister.archive.jobs.cancel(lists.under_way)
    lists.checked.plant(Job, {"id": lists.under_way}, expansion=None)
    lists.checked.plant(Job, {"id": lists.under_way}, state="CANCELLED")
    assert "I3" in lists.codes()
    lists.assert_mended()
    job = lists.lister.job(lists.under_way)
    assert (job.state, job.expansion) == ("CANCELLED", "cancelled")
    assert lists.lister.leases.claim().lease.kind is not WorkKind.EXPAND  # type: ignore[union-attr]  # the probe is due


@on_sqlite
def test_listing_that_nobody_knows_is_told_and_left_alone(lists: Lists) -> None:
    lists.checked.plant(Job, {"id": lists.empty}, expansion="levitating")
    (violation,) = lists.checked.check(repair=True).violations
    assert (violation.invariant, violation.repaired) == ("I7", False)


@on_sqlite
@pytest.mark.parametrize("job", ["listed", "empty", "under_way"])
def test_lost_row_of_a_listing_is_found_and_made_again(lists: Lists, job: str) -> None:
    job_id = getattr(lists, job)
    before = lists.lister.job(job_id)
    lists.lose(JobListing, job_id=job_id)
    assert lists.codes() == ["I8"]
    lists.assert_mended()
    after = lists.lister.job(job_id)
    assert (after.state, after.expansion) == (before.state, before.expansion)
    assert lists.checked.archive.jobs.get(job_id).listing is not None
    if job == "under_way":
        lists.finish()


@on_sqlite
def test_count_of_taken_entries_that_is_wrong_is_found_and_counted_again(lists: Lists) -> None:
    lists.checked.plant(JobListing, {"job_id": lists.listed}, taken=3)
    assert lists.codes() == ["I8"]
    lists.assert_mended()
    assert lists.checked.row(JobListing, job_id=lists.listed).taken == 4


@on_sqlite
@pytest.mark.parametrize("table", [JobListing, PlaylistItem])
def test_listing_newer_than_its_playlist_is_found_and_renumbered(lists: Lists, table: type[Base]) -> None:
    playlist_id = lists.checked.row(JobListing, job_id=lists.listed).playlist_id
    lists.checked.plant(table, {"playlist_id": playlist_id}, listing=7)
    assert lists.codes() == ["I7"]
    lists.assert_mended()
    assert lists.checked.row(Playlist, id=playlist_id).listing == 7


@on_sqlite
@pytest.mark.parametrize(("job", "state"), [("under_way", "DONE"), ("empty", "PENDING"), ("listed", "DONE")])
def test_job_that_disagrees_with_its_listing_is_found_and_derived_again(lists: Lists, job: str, state: str) -> None:
    job_id = getattr(lists, job)
    right = lists.lister.job(job_id).state
    lists.checked.plant(Job, {"id": job_id}, state=state)
    assert lists.codes() == ["I8"]
    lists.assert_mended()
    assert lists.lister.job(job_id).state == right


@on_sqlite
def test_item_of_an_entry_that_a_job_has_twice_is_found(lists: Lists) -> None:
    lists.sabotage("DROP INDEX {prefix}uq_job_videos_job_id_entry_key")
    item = lists.checked.row(JobVideo, job_id=lists.listed, position=0)
    lists.checked.plant(JobVideo, {"job_id": lists.listed, "position": 1}, entry_key=item.entry_key)
    (violation,) = lists.checked.check(repair=True).violations
    assert (violation.invariant, violation.subject, violation.repaired) == ("I4", f"job {lists.listed}", False)


@on_sqlite
def test_entry_that_a_playlist_has_twice_is_found(lists: Lists) -> None:
    lists.sabotage("DROP INDEX {prefix}uq_playlist_items_playlist_id_entry_key")
    item = lists.checked.row(PlaylistItem, entry_key="youtube entry000000")
    lists.checked.plant(PlaylistItem, {"entry_key": "youtube entry000001"}, entry_key=item.entry_key)
    (violation,) = lists.checked.check(repair=True).violations
    assert (violation.invariant, violation.subject) == ("I4", f"playlist {item.playlist_id}")


@pytest.mark.parametrize("job", [None, "listed"])
def test_work_about_nothing_or_about_two_things_is_found_and_made_anew(lists: Lists, job: str | None) -> None:
    download_id = lists.checked.row(JobVideo, job_id=lists.listed, position=0).download_id
    about = {"download_id": None, "job_id": None} if job is None else {"job_id": lists.listed}
    lists.checked.plant(Work, {"download_id": download_id}, **about)
    assert "I7" in lists.codes()
    lists.assert_mended()
    work = lists.checked.row(Work, download_id=download_id)
    assert (work.kind, work.job_id) == ("archive", None)


@on_sqlite
@pytest.mark.parametrize("kind", ["archive", "enrich", "probe"])
def test_work_of_the_wrong_kind_for_a_listing_is_found_and_made_anew(lists: Lists, kind: str) -> None:
    lists.checked.plant(Work, {"job_id": lists.under_way}, kind=kind)
    assert "I7" in lists.codes()
    lists.assert_mended()
    assert lists.checked.row(Work, job_id=lists.under_way).kind == "expand"
    lists.finish()


@on_sqlite
@pytest.mark.parametrize("kind", ["enrich", "expand"])
def test_work_of_the_wrong_kind_for_a_queued_download_is_found_and_made_anew(lists: Lists, kind: str) -> None:
    download_id = lists.checked.row(JobVideo, job_id=lists.listed, position=0).download_id
    lists.checked.plant(Work, {"download_id": download_id}, kind=kind)
    assert "I7" in lists.codes()
    lists.assert_mended()
    assert lists.checked.row(Work, download_id=download_id).kind == "archive"


@on_sqlite
def test_work_of_a_kind_that_nobody_knows_is_told_and_left_alone(lists: Lists) -> None:
    lists.checked.plant(Work, {"probe_id": "asked"}, kind="levitate")
    (violation,) = lists.checked.check(repair=True).violations
    assert (violation.invariant, violation.repaired) == ("I7", False)
    assert lists.checked.row(Work, probe_id="asked").kind == "levitate"


@on_sqlite
def test_crashes_of_a_listing_beyond_the_maximum_are_found_and_limited(lists: Lists) -> None:
    lists.checked.plant(Work, {"job_id": lists.under_way}, crash_count=MAX_CRASHES)
    assert lists.codes() == ["I7"]
    lists.assert_mended()
    assert lists.checked.row(Work, job_id=lists.under_way).crash_count == MAX_CRASHES - 1


@on_sqlite
@pytest.mark.parametrize("values", [{"epoch": 9}, {"work_id": "gone"}])
def test_run_of_a_listing_that_nobody_is_on_is_found_and_ended(lists: Lists, values: dict[str, Any]) -> None:
    run_id = lists.claimed.lease.run_id
    lists.checked.plant(Run, {"id": run_id}, **values)
    assert lists.codes() == ["I6"]
    lists.assert_mended()
    assert lists.checked.row(Run, id=run_id).outcome == "lost"


def test_second_open_run_of_a_listing_is_found_and_ended(lists: Lists) -> None:
    run = lists.checked.row(Run, id=lists.claimed.lease.run_id)
    same = {name: getattr(run, name) for name in ("work_id", "worker_id", "host", "epoch", "started_at")}
    lists.add(Run(id=uuid4().hex, **same))
    assert lists.codes() == ["I6"]
    lists.assert_mended()
    assert lists.checked.row(Run, work_id=run.work_id, ended_at=None).epoch == run.epoch


def test_probe_whose_work_was_lost_is_found_and_queued_again(lists: Lists) -> None:
    lists.lose(Work, probe_id="asked")
    assert lists.codes() == ["I3"]
    lists.assert_mended()
    assert lists.checked.row(Work, probe_id="asked").kind == "probe"


@on_sqlite
def test_work_of_a_probe_that_was_answered_is_found_and_dropped(lists: Lists) -> None:
    lists.add(lists.work(WorkKind.PROBE, probe_id="answered"))
    assert lists.codes() == ["I7"]
    lists.assert_mended()
    assert lists.checked.row(Probe, id="answered").state == "done"


def test_staging_folder_of_a_listing_is_litter_only_when_that_has_ended(lists: Lists) -> None:
    """A worker that died has left both."""
    for job_id in (lists.under_way, lists.listed):
        lists.checked.staging.claim(job_id).release(keep=True)
        (lists.checked.root / ".staging" / f"{job_id}.kept").unlink()
    assert lists.checked.check().violations == (), "housekeeping may not have come by yet"
    lists.checked.archive.clock.advance(AFTER_HOUSEKEEPING_SECONDS)
    (violation,) = lists.checked.check().violations
    assert (violation.invariant, violation.subject) == ("I9", f"staging {lists.listed}")
    lists.assert_mended()
    lists.finish()
