"""Jobs over HTTP: accepted in milliseconds, watched, listed, archived."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest

from tests.origin import Answer, Origin, Video, faults
from tests.product import Product, Server

pytestmark = pytest.mark.timeout(90)


def post(server: Server, key: str | None = None, **body: Any) -> Any:
    headers = {"Idempotency-Key": key} if key else {}
    return server.request("POST", "/jobs", json=body, headers=headers)


def test_a_job_is_accepted_at_once_while_the_site_does_not_answer(origin: Origin, server: Server) -> None:
    video = origin.add(Video("jobSilent01"))
    origin.inject("page", faults.Latency(3), video=video.id)
    origin.inject("player", faults.Latency(3), video=video.id)
    server.request("GET", "/health")  # the first request of a process is slower
    started = time.monotonic()
    answer = post(server, entity_type="video", entity_id=video.id)
    assert time.monotonic() - started < 0.5
    assert answer.status_code == 202
    job = answer.json()
    assert answer.headers["location"] == f"/jobs/{job['id']}"
    assert job["state"] in ("PENDING", "IN_PROGRESS")
    assert server.request("DELETE", answer.headers["location"]).json()["state"] == "CANCELLED"


def test_a_finished_job_tells_all_of_its_file(origin: Origin, server: Server, product: Product) -> None:
    origin.add(Video("jobDone0001", title="A day at the sea", channel="Sea Channel"))
    job = server.archive("jobDone0001")
    assert job["percentage"] == 100
    assert job["error"] is None
    assert job["finished_at"] >= job["created_at"]
    (item,) = job["items"]
    assert item["state"] == "DONE"
    assert item["file"] == job["file"]
    assert item["video"]["title"] == "A day at the sea"
    assert item["video"]["webpage_url"] == "https://www.youtube.com/watch?v=jobDone0001"
    assert job["file"]["path"] == "Sea Channel/2026-01-02 - A day at the sea [jobDone0001].webm"
    assert (product.library / job["file"]["path"]).stat().st_size == job["file"]["size_bytes"]
    assert job["file"]["policy_met"] is True
    assert job["attempts"][0]["client"] == "android"


def test_a_running_job_tells_percentage_speed_and_time_left(origin: Origin, server: Server) -> None:
    origin.add(Video("jobSlow0001"))
    origin.inject("media", faults.Throttle(500_000), video="jobSlow0001")
    job_id = server.submit("jobSlow0001")["id"]
    seen: list[dict[str, Any]] = []
    while not seen or seen[-1]["state"] in ("PENDING", "IN_PROGRESS"):
        seen.append(server.job(job_id))
        time.sleep(0.05)
    assert seen[-1]["state"] == "DONE"
    percentages = [job["percentage"] for job in seen]
    assert percentages == sorted(percentages)
    transfers = [job["items"][0] for job in seen if job["items"][0]["stage"] == "transfer"]
    assert len({item["percentage"] for item in transfers}) > 3
    assert any(item["speed_bytes_per_second"] and item["eta_seconds"] is not None for item in transfers)
    assert all(item["downloaded_bytes"] <= item["total_bytes"] for item in transfers if item["total_bytes"])
    revisions = [job["revision"] for job in seen]
    assert revisions == sorted(revisions)


def test_an_archived_video_is_done_in_the_very_answer(origin: Origin, server: Server) -> None:
    origin.add(Video("jobAgain001"))
    first = server.archive("jobAgain001")
    sent = len(origin.requests())
    for address in ("jobAgain001", "https://youtu.be/jobAgain001", "https://m.youtube.com/watch?v=jobAgain001&t=3"):
        again = server.submit(address)
        assert again["state"] == "DONE"
        assert again["id"] != first["id"]
        assert again["file"] == first["file"]
    assert len(origin.requests()) == sent


def test_the_same_key_with_the_same_request_is_the_same_job(origin: Origin, server: Server) -> None:
    origin.add(Video("jobIdemp001"))
    request = {"entity_type": "video", "entity_id": "jobIdemp001"}
    first, second = (post(server, "key-1", **request) for _ in range(2))
    assert (first.status_code, second.status_code) == (202, 202)
    assert first.json()["id"] == second.json()["id"]
    assert "idempotency-replayed" not in first.headers
    assert second.headers["idempotency-replayed"] == "true"
    other = post(server, "key-1", **request, container_policy="mp4")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_mismatch")
    assert other.json()["errors"][0]["field"] == "Idempotency-Key"
    assert post(server, "key-2", **request).json()["id"] != first.json()["id"]
    server.wait_until_ended(first.json()["id"])


@pytest.mark.parametrize("key", ["k" * 256, "\u00ad"])
def test_a_key_that_is_no_text_of_sane_length_is_refused(server: Server, key: str) -> None:
    headers = [(b"idempotency-key", key.encode("latin-1"))]
    body = {"entity_type": "video", "entity_id": "jobIdemp001"}
    answer = server.request("POST", "/jobs", json=body, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key")


def test_pages_show_every_job_once_newest_first(server: Server, origin: Origin) -> None:
    origin.add(Video("jobPages001"))
    server.archive("jobPages001")
    submitted = [server.submit("jobPages001")["id"] for _ in range(7)]
    seen: list[str] = []
    cursor = None
    while True:
        page = server.request("GET", "/jobs", params={"limit": 3} | ({"cursor": cursor} if cursor else {})).json()
        assert len(page["jobs"]) <= 3
        seen += [job["id"] for job in page["jobs"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert len(seen) == len(set(seen))
    assert seen[:7] == submitted[::-1]


def test_jobs_are_filtered_by_state(origin: Origin, server: Server) -> None:
    origin.add(Video("jobGone0001", answer=Answer.REMOVED))
    origin.add(Video("jobThere001"))
    gone, there = server.submit("jobGone0001")["id"], server.submit("jobThere001")["id"]
    server.wait_until_ended(gone)
    server.wait_until_ended(there)
    failed = server.request("GET", "/jobs", params={"state": "FAILED", "limit": 200}).json()["jobs"]
    done = server.request("GET", "/jobs", params={"state": "DONE", "limit": 200}).json()["jobs"]
    assert {job["state"] for job in failed} == {"FAILED"}
    assert gone in {job["id"] for job in failed}
    assert {job["state"] for job in done} == {"DONE"}
    assert there in {job["id"] for job in done}


def test_what_waits_for_its_next_try_says_why_and_until_when(origin: Origin, server: Server) -> None:
    origin.add(Video("jobWaits001", answer=Answer.RATE_LIMITED))
    job_id = server.submit("jobWaits001")["id"]
    deadline = time.monotonic() + 30
    job = server.job(job_id)
    while not job["error"] and time.monotonic() < deadline:
        time.sleep(0.05)
        job = server.job(job_id)
    assert (job["state"], job["error"]["code"], job["error"]["retryable"]) == ("IN_PROGRESS", "rate_limited", True)
    assert job["items"][0]["retry_at"] > job["updated_at"]
    assert server.request("DELETE", f"/jobs/{job_id}").json()["state"] == "CANCELLED"


def test_health_tells_database_disk_workers_and_tools(server: Server, product: Product) -> None:
    answer = server.request("GET", "/health")
    assert answer.status_code == 200
    health = answer.json()
    assert (health["status"], health["database"], health["problems"]) == ("ok", "ok", [])
    assert health["library"]["path"] == str(product.library)
    assert health["library"]["free_bytes"] > 0
    assert health["staging"]["path"] == str(product.library / ".staging")
    assert health["workers"]["alive"] == 1
    for tool in ("yt-dlp", "ffmpeg", "ffprobe"):
        assert re.match(r"n?[0-9]+\.[0-9]+", health["tools"][tool]), health["tools"]
