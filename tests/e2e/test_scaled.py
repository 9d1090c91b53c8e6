"""The scaled size: the same product on PostgreSQL, with API and workers as processes of their own."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from tests.e2e.looks import media_path
from tests.origin import Origin, Video
from tests.product import SCRIPTS, Process, Product, Server
from tests.servers.postgres import fresh_database

pytestmark = pytest.mark.timeout(90)

MIGRATIONS = Path(__file__).parents[2] / "migrations"


@pytest.fixture(scope="module")
def scaled(origin: Origin, postgres_server_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """An installation whose database has been migrated."""
    with fresh_database(postgres_server_url) as url:
        product = Product(tmp_path_factory.mktemp("scaled"), origin, {"YT_VIDEOS_DATABASE_URL": url})
        assert product.command("migrate").returncode == 0
        yield product
        product.assert_clean()


@pytest.fixture(scope="module")
def api(scaled: Product) -> Iterator[Server]:
    with scaled.api() as server:
        yield server


@pytest.fixture(scope="module")
def worker(scaled: Product) -> Iterator[Process]:
    with scaled.worker() as process:
        yield process


def test_the_promised_alembic_command_builds_the_schema(postgres_url: str) -> None:
    argv = [str(SCRIPTS / "alembic"), "-x", f"dbUrl={postgres_url}", "upgrade", "head"]
    for _ in range(2):
        done = subprocess.run(argv, cwd=MIGRATIONS, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr
    with closing(psycopg.connect(postgres_url)) as connection:
        query = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'yt_videos'"
        tables = {row[0] for row in connection.execute(query)}
    assert {"jobs", "videos", "downloads", "job_videos", "work", "files", "alembic_version"} <= tables


@pytest.mark.parametrize("command", ["worker", "serve", "check"])
def test_a_database_that_is_behind_is_refused_with_the_command_to_run(
    origin: Origin, postgres_url: str, tmp_path: Path, command: str
) -> None:
    product = Product(tmp_path, origin, {"YT_VIDEOS_DATABASE_URL": postgres_url})
    done = product.command(command)
    assert done.returncode == 2
    assert done.stderr == "The database is older than this program: run `yt-videos migrate` first.\n"


def test_without_a_worker_jobs_are_accepted_and_wait(origin: Origin, scaled: Product, api: Server) -> None:
    origin.add(Video("scaledWait1"))
    health = api.request("GET", "/health")
    assert (health.status_code, health.json()["status"]) == (200, "degraded")
    assert "yt-videos worker" in " ".join(health.json()["problems"])
    job = api.submit("scaledWait1")
    assert job["state"] == "PENDING"
    with scaled.worker():
        assert api.wait_until_ended(job["id"])["state"] == "DONE"


def test_a_worker_elsewhere_archives_what_the_api_accepted(
    origin: Origin, scaled: Product, api: Server, worker: Process
) -> None:
    origin.add(Video("scaledDone1"))
    job = api.archive("scaledDone1", container_policy="mp4")
    content = media_path(scaled, job).read_bytes()
    assert api.request("GET", job["file"]["url"]).content == content
    assert api.request("GET", "/health").json()["workers"]["alive"] == 1


def test_a_job_is_cancelled_across_processes(origin: Origin, api: Server, worker: Process) -> None:
    origin.add(Video("scaledStop1"))
    hold = origin.hold("media", video="scaledStop1", after_bytes=1000)
    job = api.submit("scaledStop1")
    origin.wait_for_bytes("scaledStop1", 1000)
    assert api.request("DELETE", f"/jobs/{job['id']}").json()["state"] == "CANCELLED"
    hold.release()


@pytest.mark.parametrize(
    "path",
    [
        "/jobs/%00",
        "/jobs/'%20OR%201=1--",
        "/videos/%00/file",
        "/videos/00000000000000000000000000000000/file?download=%00",
    ],
)
def test_what_postgresql_refuses_as_text_is_not_found(api: Server, path: str) -> None:
    assert api.request("GET", path).status_code == 404
    assert api.request("DELETE", path).status_code in (404, 405)


def test_pages_and_keys_work_there_as_well(origin: Origin, api: Server, worker: Process) -> None:
    origin.add(Video("scaledPage1"))
    api.archive("scaledPage1")
    body = {"entity_type": "video", "entity_id": "scaledPage1"}
    first, second = (api.request("POST", "/jobs", json=body, headers={"Idempotency-Key": "k"}) for _ in range(2))
    assert first.json()["id"] == second.json()["id"]
    one = api.request("GET", "/jobs", params={"limit": 1}).json()
    two = api.request("GET", "/jobs", params={"limit": 1, "cursor": one["next_cursor"]}).json()
    assert one["jobs"][0]["id"] == first.json()["id"] != two["jobs"][0]["id"]
