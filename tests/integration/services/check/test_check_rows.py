"""What the database alone tells: I3, I4, I6, I7, I8. Each violation is planted behind everybody's back."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import delete, text

from tests.integration.services.check.conftest import Checked
from yt_videos_api.db.engine import SCHEMA
from yt_videos_api.db.tables import Download, File, Job, JobVideo, Run, Work
from yt_videos_api.domain.errors import LeaseLost
from yt_videos_api.domain.retry import MAX_CRASHES
from yt_videos_api.domain.states import WorkKind
from yt_videos_api.services import settle
from yt_videos_api.services.check import Depth


def lose_work(good: Checked, state: str) -> None:
    with good.archive.database.transaction() as session:
        session.execute(delete(Work).where(Work.download_id == good.ids[state]))


def add(good: Checked, row: Any) -> None:
    with good.archive.database.transaction() as session:
        session.add(row)


def new_work(good: Checked, state: str, **values: Any) -> Work:
    now = good.archive.clock.now()
    counts = dict.fromkeys(("epoch", "beat", "progress_bytes", "crash_count", "retry_count", "outage_count"), 0)
    plain = counts | {"priority": 100, "epoch": 1}
    return Work(
        id=uuid4().hex, kind="archive", download_id=good.ids[state], due_at=now, created_at=now, **plain | values
    )


@pytest.mark.parametrize("state", ["queued", "waiting", "running", "publishing"])
def test_lost_work_is_found_with_the_items_that_wait_for_it_and_made_again(good: Checked, state: str) -> None:
    lose_work(good, state)
    found = {"I3", "I7"} | ({"I6"} if state in ("running", "publishing") else set())
    assert set(good.codes(Depth.QUICK)) == found
    good.assert_mended_by_repair()
    work = good.row(Work, download_id=good.ids[state])
    assert work.owner is None
    assert good.row(Download, id=good.ids[state]).state == ("publishing" if state == "publishing" else "queued")


def test_restored_work_does_not_believe_the_worker_that_had_it(good: Checked) -> None:
    before = good.row(Work, download_id=good.ids["running"])
    run = good.row(Run, download_id=good.ids["running"])
    lose_work(good, "running")
    good.assert_mended_by_repair()
    restored = good.row(Work, download_id=good.ids["running"])
    lease = settle.Lease(restored.id, WorkKind.ARCHIVE, good.ids["running"], before.owner, before.epoch, run.id)
    with pytest.raises(LeaseLost), good.archive.database.transaction() as session:
        settle.hold(session, lease)
    claimed = {}
    while one := good.leases.claim():
        claimed[one.download.id] = one.lease.epoch
    assert claimed[good.ids["running"]] == before.epoch + 1


def test_restored_work_of_a_publication_is_completed_by_the_next_worker(good: Checked) -> None:
    lose_work(good, "publishing")
    good.assert_mended_by_repair()
    while (claimed := good.leases.claim()) and claimed.download.id != good.ids["publishing"]:
        pass
    assert claimed is not None
    assert claimed.download.state == "publishing"


@pytest.mark.parametrize("state", ["finalized", "failed", "cancelled"])
def test_work_of_what_has_ended_is_found_and_dropped(good: Checked, state: str) -> None:
    add(good, new_work(good, state))
    assert good.codes(Depth.QUICK) == ["I7"]
    good.assert_mended_by_repair()
    assert good.row(Download, id=good.ids[state]).state == state


@pytest.mark.parametrize("state", ["queued", "waiting"])
def test_idle_download_with_an_owner_is_found_and_freed(good: Checked, state: str) -> None:
    due_at = good.row(Work, download_id=good.ids[state]).due_at
    good.plant(Work, {"download_id": good.ids[state]}, owner="nobody")
    assert good.codes(Depth.QUICK) == ["I7"]
    good.assert_mended_by_repair()
    work = good.row(Work, download_id=good.ids[state])
    assert (work.owner, work.due_at) == (None, due_at)


def test_running_download_without_an_owner_is_found_and_queued(good: Checked) -> None:
    good.plant(Work, {"download_id": good.ids["running"]}, owner=None)
    assert good.codes(Depth.QUICK) == ["I6", "I7"]
    good.assert_mended_by_repair()
    assert good.row(Download, id=good.ids["running"]).state == "queued"


def test_publication_that_nobody_holds_is_as_it_should_be(good: Checked) -> None:
    with good.archive.database.transaction() as session:
        work = good.row(Work, download_id=good.ids["publishing"])
        run_id = good_run(good, "publishing")
        lease = settle.Lease(work.id, WorkKind.ARCHIVE, work.download_id, work.owner, work.epoch, run_id)
        held = settle.hold(session, lease)
        settle.requeue(session, held, due_at=good.archive.clock.now(), now=good.archive.clock.now())
        settle.end_run(session, lease, "waiting", good.archive.clock.now())
    assert good.check().violations == ()


def good_run(good: Checked, state: str) -> str:
    run_id: str = good.row(Run, download_id=good.ids[state]).id
    return run_id


def test_crashes_beyond_the_maximum_are_found_and_limited(good: Checked) -> None:
    good.plant(Work, {"download_id": good.ids["running"]}, crash_count=MAX_CRASHES)
    assert good.codes(Depth.QUICK) == ["I7"]
    good.assert_mended_by_repair()
    assert good.row(Work, download_id=good.ids["running"]).crash_count == MAX_CRASHES - 1


def test_publication_may_crash_as_often_as_it_likes(good: Checked) -> None:
    good.plant(Work, {"download_id": good.ids["publishing"]}, crash_count=MAX_CRASHES + 1)
    assert good.check().violations == ()


def test_state_that_nobody_knows_is_told_and_left_alone(good: Checked) -> None:
    good.plant(Download, {"id": good.ids["cancelled"]}, state="levitating")
    (violation,) = good.check(repair=True).violations
    assert (violation.invariant, violation.repaired) == ("I7", False)
    assert good.row(Download, id=good.ids["cancelled"]).state == "levitating"


@pytest.mark.parametrize("epoch_off", [-1, 1])
def test_open_run_of_another_epoch_is_found_and_ended(good: Checked, epoch_off: int) -> None:
    run = good.row(Run, download_id=good.ids["running"])
    good.plant(Run, {"id": run.id}, epoch=run.epoch + epoch_off)
    assert good.codes(Depth.QUICK) == ["I6"]
    good.assert_mended_by_repair()
    assert good.row(Run, id=run.id).outcome == "lost"


def test_second_open_run_of_one_epoch_is_found_and_ended(good: Checked) -> None:
    run = good.row(Run, download_id=good.ids["running"])
    moment = good.archive.clock.now()
    same = {"download_id": run.download_id, "worker_id": run.worker_id, "host": run.host, "epoch": run.epoch}
    add(good, Run(id=uuid4().hex, started_at=moment, **same))
    assert good.codes(Depth.QUICK) == ["I6"]
    good.assert_mended_by_repair()
    assert good.row(Run, download_id=run.download_id, ended_at=None).epoch == run.epoch


def test_open_run_of_what_has_ended_is_found_and_ended(good: Checked) -> None:
    good.plant(Run, {"download_id": good.ids["failed"]}, ended_at=None, outcome=None)
    assert good.codes(Depth.QUICK) == ["I6"]
    good.assert_mended_by_repair()


@pytest.mark.parametrize(
    ("download", "item_state", "expected", "code"),
    [
        ("finalized", "IN_PROGRESS", "DONE", "I3"),
        ("failed", "PENDING", "FAILED", "I3"),
        ("cancelled", "IN_PROGRESS", "CANCELLED", "I3"),
        ("running", "PENDING", "IN_PROGRESS", "I8"),
        ("queued", "DONE", "PENDING", "I8"),
        ("running", "FAILED", "IN_PROGRESS", "I8"),
        ("failed", "DONE", "FAILED", "I8"),
        ("finalized", "FAILED", "DONE", "I8"),
        ("finalized", "dreaming", "DONE", "I8"),
    ],
)
def test_item_that_disagrees_with_its_download_is_found_and_settled(
    good: Checked, download: str, item_state: str, expected: str, code: str
) -> None:
    item = good.item_of(download)
    good.plant(JobVideo, {"id": item.id}, state=item_state)
    assert code in good.codes(Depth.QUICK)
    good.assert_mended_by_repair()
    mended, job = good.row(JobVideo, id=item.id), good.row(Job, id=item.job_id)
    assert (mended.state, job.state) == (expected, expected)
    assert (mended.finished_at is None) is (expected in ("PENDING", "IN_PROGRESS"))
    assert (job.finished_at is None) is (expected in ("PENDING", "IN_PROGRESS"))


def test_failed_item_tells_why_after_its_repair(good: Checked) -> None:
    item = good.item_of("failed")
    good.plant(JobVideo, {"id": item.id}, state="IN_PROGRESS", error_code=None)
    good.assert_mended_by_repair()
    assert good.row(JobVideo, id=item.id).error_code == "private_video"


def test_item_left_behind_by_a_superseded_download_is_moved_to_its_successor(good: Checked) -> None:
    item = good.item_of("cancelled")
    good.plant(Download, {"id": good.ids["cancelled"]}, state="superseded", superseded_by=good.ids["finalized"])
    good.plant(JobVideo, {"id": item.id}, state="IN_PROGRESS")
    assert "I3" in good.codes(Depth.QUICK)
    good.assert_mended_by_repair()
    mended = good.row(JobVideo, id=item.id)
    assert (mended.download_id, mended.state) == (good.ids["finalized"], "DONE")


def test_done_item_whose_download_was_removed_later_is_as_it_should_be(good: Checked) -> None:
    (good.root / good.media().path).unlink()
    good.archive.submit("finalized00")  # somebody wants the lost file back: the old download is retired
    assert good.row(Download, id=good.ids["finalized"]).state == "removed"
    assert good.check().violations == ()


@pytest.mark.parametrize("state", ["finalized", "queued", "running"])
def test_job_that_disagrees_with_its_items_is_found_and_derived_again(good: Checked, state: str) -> None:
    job_id = good.item_of(state).job_id
    right = good.row(Job, id=job_id)
    good.plant(Job, {"id": job_id}, state="FAILED")
    assert good.codes(Depth.QUICK) == ["I8"]
    good.assert_mended_by_repair()
    mended = good.row(Job, id=job_id)
    assert mended.state == right.state
    assert mended.revision > right.revision


def test_job_without_items_stays_reported(good: Checked) -> None:
    job_id = good.item_of("queued").job_id
    with good.archive.database.transaction() as session:
        session.execute(delete(JobVideo).where(JobVideo.job_id == job_id))
    for _ in range(2):
        (violation,) = good.check(repair=True).violations
        assert (violation.invariant, violation.subject, violation.repaired) == ("I3", f"job {job_id}", False)


def drop_identity_index(good: Checked) -> None:
    prefix = "" if good.archive.database.is_sqlite else f"{SCHEMA}."
    with good.archive.database.transaction() as session:
        session.execute(text(f"DROP INDEX {prefix}uq_downloads_live_identity"))


@pytest.mark.parametrize("twin", ["queued", "waiting"])
def test_second_live_download_of_an_identity_is_found_and_its_items_join_the_first(good: Checked, twin: str) -> None:
    drop_identity_index(good)
    good.plant(Download, {"id": good.ids[twin]}, video_id="finalized00")
    item = good.item_of(twin)
    assert good.codes(Depth.QUICK) == ["I4"]
    good.assert_mended_by_repair()
    mended = good.row(JobVideo, id=item.id)
    assert (mended.state, mended.download_id) == ("DONE", good.ids["finalized"])
    assert good.row(Download, id=good.ids[twin]).state == "cancelled"


def test_second_archived_download_of_an_identity_is_set_aside(good: Checked) -> None:
    good.archive.jobs.cancel(good.item_of("queued").job_id)
    good.publish(good.claim("another0000"))
    second = good.row(Download, video_id="another0000")
    path = good.row(File, download_id=second.id, kind="media").path
    content = (good.root / path).read_bytes()
    drop_identity_index(good)
    good.plant(Download, {"id": second.id}, video_id="finalized00", created_at=good.archive.clock.now())
    good.archive.clock.advance(1)
    good.plant(Download, {"id": good.ids["finalized"]}, created_at=good.archive.clock.now())
    assert good.codes(Depth.QUICK) == ["I4"]
    good.assert_mended_by_repair()
    assert good.row(Download, id=good.ids["finalized"]).state == "removed"  # the younger one
    assert (good.root / path).read_bytes() == content


def test_twin_that_is_being_worked_on_stays_reported_until_it_has_ended(good: Checked) -> None:
    drop_identity_index(good)
    good.plant(Download, {"id": good.ids["running"]}, video_id="finalized00")
    (violation,) = good.check(repair=True).violations
    assert (violation.invariant, violation.repaired) == ("I4", False)
    assert good.row(Download, id=good.ids["running"]).state == "running"


def test_collision_key_that_does_not_fit_its_path_is_found_and_computed_again(good: Checked) -> None:
    file = good.media()
    good.plant(File, {"id": file.id}, collision_key="some other key")
    assert good.codes(Depth.QUICK) == ["I4"]
    good.assert_mended_by_repair()
    assert good.media().collision_key == file.collision_key


def test_two_names_that_a_file_system_may_take_for_one_stay_reported(good: Checked) -> None:
    first, second = good.media(), good.media("publishing")
    (good.root / first.path.upper()).parent.mkdir(exist_ok=True)
    (good.root / first.path).rename(good.root / first.path.upper())
    good.plant(File, {"id": first.id}, path=first.path.upper())
    good.plant(File, {"id": second.id}, path=first.path)
    (violation,) = good.check(repair=True).violations
    assert (violation.invariant, violation.repaired) == ("I4", False)


def test_path_that_two_rows_claim_is_found(good: Checked) -> None:
    drop_unique_paths(good)
    good.plant(File, {"id": good.media("publishing").id}, path=good.media().path)
    found = [violation for violation in good.check().violations if violation.subject == good.media().path]
    assert any("2 rows claim this file" in violation.message for violation in found)


def drop_unique_paths(good: Checked) -> None:
    with good.archive.database.transaction() as session:
        if good.archive.database.is_sqlite:  # whose constraints cannot be dropped, but whose copies have none
            for statement in ("CREATE TABLE plain AS SELECT * FROM files", "DROP TABLE files"):
                session.execute(text(statement))
            session.execute(text("ALTER TABLE plain RENAME TO files"))
        else:
            session.execute(text(f"ALTER TABLE {SCHEMA}.files DROP CONSTRAINT uq_files_path"))
