"""The database goes away in the middle: what is under way survives, and what cannot be done is said so."""

from __future__ import annotations

import signal
import sqlite3
import time
from contextlib import closing

import httpx2
import pytest

from tests.crash.installation import Installation, installed_on
from tests.origin import Origin
from tests.servers.postgres import own_server


def assert_unavailable(answer: httpx2.Response) -> None:
    assert answer.status_code == 503, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert int(answer.headers["retry-after"]) > 0
    assert answer.json()["code"] == "unavailable"


def body(video_id: str) -> dict[str, str]:
    return {"entity_type": "video", "entity_id": video_id}


def test_a_postgresql_that_crashes_in_the_middle_of_downloads_costs_only_time(
    origin: Origin, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with own_server() as server, installed_on(server.url, tmp_path_factory.mktemp("lost"), origin) as installation:
        first, second = installation.publish(), installation.publish()
        with (
            origin.hold("media", video=first) as hold,
            installation.product.worker(YT_VIDEOS_LEASE_SECONDS="6") as worker,
        ):
            job_id = installation.submit(first)
            hold.wait_reached()
            server.stop()
            assert_unavailable(installation.api.request("GET", f"/jobs/{job_id}"))
            assert_unavailable(installation.api.request("GET", "/jobs"))
            assert_unavailable(installation.api.request("POST", "/jobs", json=body(second)))
            hold.release()  # the run goes on, and has to wait with what it wants to write down
            server.start()
            second_id = installation.submit(second)
            for job in (job_id, second_id):
                assert installation.api.wait_until_ended(job)["state"] == "DONE", worker.output()
        installation.assert_archived_once(job_id, first)
        installation.assert_archived_once(second_id, second)
        assert installation.rows(job_id).outcomes == ["finalized"], "the lease did not survive"
        installation.product.assert_clean()


def test_connections_that_are_cut_in_the_middle_of_a_download_cost_only_time(
    origin: Origin, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with own_server() as server, installed_on(server.url, tmp_path_factory.mktemp("cut"), origin) as installation:
        video_id = installation.publish()
        with origin.hold("media", video=video_id) as hold, installation.product.worker() as worker:
            job_id = installation.submit(video_id)
            hold.wait_reached()
            assert server.drop_connections("yt-videos-api") >= 2
            hold.release()
            assert installation.api.wait_until_ended(job_id)["state"] == "DONE", worker.output()
        installation.assert_archived_once(job_id, video_id)
        assert installation.rows(job_id).outcomes == ["finalized"]


def test_a_worker_without_its_database_ends_in_time_and_its_download_goes_on_later(
    origin: Origin, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with own_server() as server, installed_on(server.url, tmp_path_factory.mktemp("drain"), origin) as installation:
        video_id = installation.publish()
        with (
            origin.hold("media", video=video_id) as hold,
            installation.product.worker(YT_VIDEOS_DRAIN_SECONDS="1") as worker,
        ):
            job_id = installation.submit(video_id)
            hold.wait_reached()
            server.stop()
            hold.release()  # from now on the run waits for the database
            asked_at = time.monotonic()
            worker.send(signal.SIGTERM)
            worker.wait(30)
            assert time.monotonic() - asked_at < 25
        server.start()
        installation.recover()
        installation.assert_archived_once(job_id, video_id)


def test_a_worker_that_finds_no_database_says_so_and_ends(
    origin: Origin, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with own_server() as server, installed_on(server.url, tmp_path_factory.mktemp("none"), origin) as installation:
        server.stop()
        try:
            doomed = installation.product.doomed_worker()
        finally:
            server.start()
    assert doomed.wait() == 2
    assert "the database does not answer" in doomed.output()
    assert "Traceback" not in doomed.output()


def test_an_sqlite_file_that_somebody_locks_costs_only_time(sqlite: Installation) -> None:
    first, second = sqlite.publish(), sqlite.publish()
    with sqlite.origin.hold("media", video=first) as hold, sqlite.product.worker() as worker:
        job_id = sqlite.submit(first)
        hold.wait_reached()
        with closing(sqlite3.connect(sqlite.product.state / "yt-videos.db", isolation_level=None)) as intruder:
            intruder.execute("BEGIN EXCLUSIVE")
            hold.release()
            assert sqlite.api.job(job_id)["state"] == "IN_PROGRESS"  # looking needs no lock
            assert_unavailable(sqlite.api.request("POST", "/jobs", json=body(second)))
            intruder.execute("ROLLBACK")
        second_id = sqlite.submit(second)
        for job in (job_id, second_id):
            assert sqlite.api.wait_until_ended(job)["state"] == "DONE", worker.output()
    sqlite.assert_archived_once(job_id, first)
    sqlite.assert_archived_once(second_id, second)
    assert sqlite.rows(job_id).outcomes == ["finalized"]
