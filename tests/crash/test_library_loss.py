"""A library that is not there, cannot be written or is full: jobs wait unharmed, and go on by themselves."""

from __future__ import annotations

import time

from tests.crash.installation import Installation

MARKER = ".yt-videos-library"


def assert_waits_unharmed(installation: Installation, job_id: str) -> None:
    time.sleep(1.5)
    rows = installation.rows(job_id)
    assert installation.api.job(job_id)["state"] in ("PENDING", "IN_PROGRESS")
    assert rows.work is not None
    assert (rows.work.crash_count, rows.work.retry_count) == (0, 0)


def test_jobs_wait_while_the_library_has_lost_its_marker(sqlite: Installation) -> None:
    video_id = sqlite.publish()
    marker = sqlite.product.library / MARKER
    with sqlite.product.worker():
        hidden = marker.rename(sqlite.product.folder / "hidden")
        job_id = sqlite.submit(video_id)
        assert_waits_unharmed(sqlite, job_id)
        assert sqlite.rows(job_id).runs == []
        health = sqlite.api.request("GET", "/health").json()
        assert health["status"] != "ok"
        assert any("marker" in problem for problem in health["problems"])
        hidden.rename(marker)
        sqlite.api.wait_until_ended(job_id)
    sqlite.assert_archived_once(job_id, video_id)
    sqlite.product.assert_clean()


def test_jobs_wait_while_the_library_folder_is_gone(sqlite: Installation) -> None:
    video_id = sqlite.publish()
    with sqlite.product.worker():
        away = sqlite.product.library.rename(sqlite.product.folder / "unmounted")
        job_id = sqlite.submit(video_id)
        assert_waits_unharmed(sqlite, job_id)
        assert sqlite.api.request("GET", "/health").json()["status"] != "ok"
        away.rename(sqlite.product.library)
        sqlite.api.wait_until_ended(job_id)
    sqlite.assert_archived_once(job_id, video_id)


def test_a_worker_started_before_its_disk_is_mounted_waits_for_it(sqlite: Installation) -> None:
    first, second = sqlite.publish(), sqlite.publish()
    first_job = sqlite.submit(first)
    sqlite.recover()
    away = sqlite.product.library.rename(sqlite.product.folder / "unmounted")
    sqlite.product.library.mkdir()
    second_job = sqlite.submit(second)
    with sqlite.product.worker():
        assert_waits_unharmed(sqlite, second_job)
        assert not any(sqlite.product.library.iterdir()), "something was written beside the library"
        sqlite.product.library.rmdir()
        away.rename(sqlite.product.library)
        sqlite.api.wait_until_ended(second_job)
    sqlite.assert_archived_once(first_job, first)
    sqlite.assert_archived_once(second_job, second)


def test_jobs_wait_while_staging_cannot_be_written(sqlite: Installation) -> None:
    video_id = sqlite.publish()
    staging = sqlite.product.library / ".staging"
    for left in staging.iterdir():
        left.unlink()
    staging.rmdir()
    staging.write_text("in the way, as a read-only file system would be for root, too")
    with sqlite.product.worker():
        job_id = sqlite.submit(video_id)
        assert_waits_unharmed(sqlite, job_id)
        assert sqlite.rows(job_id).runs == []
        health = sqlite.api.request("GET", "/health").json()
        assert health["status"] == "degraded"
        assert any("cannot be written" in problem for problem in health["problems"])
        staging.unlink()
        sqlite.api.wait_until_ended(job_id)
    sqlite.assert_archived_once(job_id, video_id)


def test_jobs_wait_while_there_is_less_room_than_the_reserve(sqlite: Installation) -> None:
    video_id = sqlite.publish()
    job_id = sqlite.submit(video_id)
    with sqlite.product.worker(YT_VIDEOS_DISK_RESERVE_BYTES=str(10**18)):
        assert_waits_unharmed(sqlite, job_id)
        assert sqlite.rows(job_id).runs == []
    sqlite.recover()
    sqlite.assert_archived_once(job_id, video_id)
