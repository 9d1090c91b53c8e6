"""Cancelling: within a second, wherever the work is, and nothing is left behind."""

from __future__ import annotations

import shutil
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import psutil
import pytest

from tests.origin import Origin, Recipe, Video, faults
from tests.product import Product, Server
from yt_videos_api.media.tools import find_tools

pytestmark = pytest.mark.timeout(90)

PROMPT_SECONDS = 1.0


def wait_until(condition: Callable[[], bool], what: str, seconds: float = 20) -> float:
    """How long it took."""
    started = time.monotonic()
    while not condition():
        assert time.monotonic() - started < seconds, what
        time.sleep(0.01)
    return time.monotonic() - started


def run_processes(server: Server) -> list[psutil.Process]:
    """The processes of runs: what the forkserver has started, and what these have started."""
    found = []
    for forkserver in psutil.Process(server.process.pid).children():
        found += [child for child in forkserver.children(recursive=True) if child.status() != psutil.STATUS_ZOMBIE]
    return found


def staged(product: Product) -> list[Path]:
    """What lies in staging."""
    return list((product.library / ".staging").iterdir())


def live_rows(product: Product) -> int:
    """Rows of the database that somebody could still work on."""
    with closing(sqlite3.connect(product.state / "yt-videos.db")) as database:
        queries = (
            "SELECT count(*) FROM work",
            "SELECT count(*) FROM downloads WHERE state IN ('queued', 'running', 'waiting', 'publishing')",
            "SELECT count(*) FROM job_videos WHERE state IN ('PENDING', 'IN_PROGRESS')",
            "SELECT count(*) FROM jobs WHERE state IN ('PENDING', 'IN_PROGRESS')",
        )
        return sum(database.execute(query).fetchone()[0] for query in queries)


def cancel_and_look(server: Server, product: Product, job_id: str) -> None:
    """Cancel a running job and see that everything of it is gone in time."""
    assert run_processes(server)
    assert staged(product)
    assert live_rows(product) > 0
    started = time.monotonic()
    answer = server.request("DELETE", f"/jobs/{job_id}")
    assert (answer.status_code, answer.json()["state"]) == (200, "CANCELLED")
    assert answer.json()["error"]["code"] == "cancelled"
    wait_until(lambda: not run_processes(server), "its processes are still there")
    assert time.monotonic() - started < PROMPT_SECONDS
    wait_until(lambda: live_rows(product) == 0, "its rows are still live", 3)
    wait_until(lambda: not staged(product), "its staging folder is still there", 3)
    job = server.job(job_id)
    assert job["state"] == "CANCELLED"
    assert not [path for path in product.media_files() if job["entity_id"] in path.name]


def test_cancelled_while_the_site_is_silent(origin: Origin, server: Server, product: Product) -> None:
    origin.add(Video("cancelPage1"))
    origin.hold("player", video="cancelPage1")
    job_id = server.submit("cancelPage1")["id"]
    origin.wait_for_requests(kind="player", video="cancelPage1")
    cancel_and_look(server, product, job_id)


def test_cancelled_as_soon_as_it_has_begun(origin: Origin, server: Server, product: Product) -> None:
    origin.add(Video("cancelEarly"))
    origin.hold("page", video="cancelEarly")
    origin.hold("player", video="cancelEarly")
    time.sleep(1.5)  # a worker that has been idle for a while
    job_id = server.submit("cancelEarly")["id"]
    wait_until(lambda: bool(run_processes(server)), "never began")
    cancel_and_look(server, product, job_id)


def test_cancelled_while_the_transfer_stalls(origin: Origin, server: Server, product: Product) -> None:
    origin.add(Video("cancelStall"))
    origin.inject("media", faults.Stall(after=30_000), video="cancelStall")
    job_id = server.submit("cancelStall")["id"]
    origin.wait_for_bytes("cancelStall", 30_000)
    cancel_and_look(server, product, job_id)


def test_cancelled_while_the_transfer_is_slow(origin: Origin, server: Server, product: Product) -> None:
    origin.add(Video("cancelSlow1"))
    origin.inject("media", faults.Throttle(20_000), video="cancelSlow1")
    job_id = server.submit("cancelSlow1")["id"]
    origin.wait_for_bytes("cancelSlow1", 20_000)
    cancel_and_look(server, product, job_id)


def test_cancelled_in_ffmpeg(origin: Origin, empty_product: Product, tmp_path: Path) -> None:
    slow = tmp_path / "ffmpeg"
    slow.write_text(f'#!/bin/sh\ncase "$*" in *-version*) exec {find_tools(None, None).ffmpeg} "$@";; esac\nsleep 60\n')
    slow.chmod(0o755)
    shutil.copy(find_tools(None, None).ffprobe, tmp_path / "ffprobe")
    origin.add(Video("cancelFfmpg"))
    settings = {"YT_VIDEOS_FFMPEG": str(slow), "YT_VIDEOS_FFPROBE": str(tmp_path / "ffprobe")}
    with empty_product.serving(**settings) as server:
        job_id = server.submit("cancelFfmpg")["id"]
        wait_until(lambda: server.job(job_id)["items"][0]["stage"] == "mux", "never came to ffmpeg")
        wait_until(lambda: any(process.name() == "sleep" for process in run_processes(server)), "no ffmpeg")
        cancel_and_look(server, empty_product, job_id)
    empty_product.assert_clean()


def test_cancelled_before_a_worker_has_taken_it(origin: Origin, empty_product: Product) -> None:
    for number in range(2):
        origin.add(Video(f"cancelWait{number}"))
    origin.hold("player", video="cancelWait0")
    with empty_product.serving(YT_VIDEOS_WORKERS="1") as server:
        first, second = (server.submit(f"cancelWait{number}")["id"] for number in range(2))
        origin.wait_for_requests(kind="player", video="cancelWait0")
        assert server.job(second)["state"] == "PENDING"
        assert server.request("DELETE", f"/jobs/{second}").json()["state"] == "CANCELLED"
        origin.heal()
        server.wait_until_ended(first)
    assert not origin.requests(video="cancelWait1")


def test_what_others_want_goes_on(origin: Origin, server: Server) -> None:
    origin.add(Video("cancelShare"))
    hold = origin.hold("player", video="cancelShare")
    mine, theirs = (server.submit("cancelShare")["id"] for _ in range(2))
    origin.wait_for_requests(kind="player", video="cancelShare")
    assert server.request("DELETE", f"/jobs/{mine}").json()["state"] == "CANCELLED"
    hold.release()
    assert server.wait_until_ended(theirs)["state"] == "DONE"
    assert server.job(mine)["state"] == "CANCELLED"


def test_cancelling_again_changes_nothing_and_what_is_done_cannot_be_cancelled(origin: Origin, server: Server) -> None:
    origin.add(Video("cancelTwice"))
    origin.hold("player", video="cancelTwice")
    job_id = server.submit("cancelTwice")["id"]
    first, second = (server.request("DELETE", f"/jobs/{job_id}") for _ in range(2))
    assert (first.status_code, second.status_code) == (200, 200)
    assert first.json()["revision"] == second.json()["revision"]
    origin.heal()
    done = server.archive("cancelTwice")
    answer = server.request("DELETE", f"/jobs/{done['id']}")
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
    assert "DONE" in answer.json()["detail"]


def test_a_large_file_is_cancelled_in_the_middle(origin: Origin, server: Server, product: Product) -> None:
    recipe = Recipe(seconds=6, heights=(720,), codecs=("h264",), kilobits=2_600)
    origin.add(Video("cancelLarge", recipe=recipe))
    origin.hold("media", video="cancelLarge", after_bytes=1_000_000)
    job_id = server.submit("cancelLarge", container_policy="mp4")["id"]
    origin.wait_for_bytes("cancelLarge", 1_000_000)
    cancel_and_look(server, product, job_id)
