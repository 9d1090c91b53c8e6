"""What keeps the product from starting is said in one clear line, with exit 2 and without a traceback."""

from __future__ import annotations

import socket

import pytest

from tests.e2e.looks import assert_one_clear_line
from tests.origin import Origin
from tests.product import Product

pytestmark = pytest.mark.timeout(90)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"YT_VIDEOS_WORKERS": "many"}, ["YT_VIDEOS_WORKERS"]),
        ({"YT_VIDEOS_WORKERS": "0"}, ["YT_VIDEOS_WORKERS"]),
        ({"YT_VIDEOS_PORT": "70000"}, ["YT_VIDEOS_PORT"]),
        ({"YT_VIDEOS_CONTAINER_POLICY": "avi"}, ["YT_VIDEOS_CONTAINER_POLICY", "webm"]),
        ({"YT_VIDEOS_EGRESS_ALLOW": "nas"}, ["YT_VIDEOS_EGRESS_ALLOW", "host:port"]),
        ({"YT_VIDEOS_EGRESS_PORTS": "http"}, ["YT_VIDEOS_EGRESS_PORTS"]),
        ({"YT_VIDEOS_UPSTREAM_PROXY": "socks5://user:secret@localhost:1"}, ["YT_VIDEOS_UPSTREAM_PROXY"]),
        ({"YT_VIDEOS_CA_BUNDLE": "/nowhere.pem"}, ["YT_VIDEOS_CA_BUNDLE"]),
        ({"YT_VIDEOS_DATABASE_URL": "mysql://localhost/db"}, ["YT_VIDEOS_DATABASE_URL", "postgresql://"]),
        ({"YT_VIDEOS_DATABASE_URL": "postgresql://user:secret@127.0.0.1:port/db"}, ["YT_VIDEOS_DATABASE_URL"]),
        ({"YT_VIDEOS_DATABASE_URL": "postgresql://user:secret@127.0.0.1:1/db"}, ["database"]),
        ({"YT_VIDEOS_STATE_DIRECTORY": "/proc/nowhere"}, ["YT_VIDEOS_STATE_DIRECTORY"]),
        ({"YT_VIDEOS_OUTPUT_DIRECTORY": "/proc/nowhere"}, ["YT_VIDEOS_OUTPUT_DIRECTORY"]),
        ({"YT_VIDEOS_FFMPEG": "/nowhere/ffmpeg"}, ["YT_VIDEOS_FFMPEG"]),
    ],
)
@pytest.mark.parametrize("command", ["serve", "worker"])
def test_a_wrong_setting_is_named_in_one_line(
    empty_product: Product, settings: dict[str, str], words: list[str], command: str
) -> None:
    done = empty_product.command(command, **settings)
    assert_one_clear_line(done, *words)
    assert "secret" not in done.stderr


def test_settings_that_are_empty_are_not_set(origin: Origin, empty_product: Product) -> None:
    names = ("DATABASE_URL", "WORKERS", "CONTAINER_POLICY", "FFMPEG", "EGRESS_ALLOW", "ALLOWED_HOSTS", "LOG_LEVEL")
    with empty_product.serving(**{f"YT_VIDEOS_{name}": "" for name in names}) as server:
        assert server.request("GET", "/health").json()["status"] == "ok"
    assert (empty_product.state / "yt-videos.db").is_file()


def test_a_port_that_is_taken_is_said_in_one_line(empty_product: Product) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = empty_product.command("serve", "--port", str(port))
    assert_one_clear_line(done, f"YT_VIDEOS_PORT={port}")


def test_a_database_that_is_no_database_is_said_in_one_line(empty_product: Product) -> None:
    empty_product.state.mkdir()
    (empty_product.state / "yt-videos.db").write_bytes(b"not a database, by any means" * 100)
    for command in ("serve", "worker", "migrate", "check"):
        assert_one_clear_line(empty_product.command(command), "database")


def test_a_library_of_another_installation_is_refused(empty_product: Product) -> None:
    assert empty_product.command("check").returncode == 0
    other = empty_product.command("check", YT_VIDEOS_STATE_DIRECTORY=str(empty_product.folder / "other"))
    assert_one_clear_line(other, "another database")


def test_migrate_may_be_said_again_and_again(empty_product: Product) -> None:
    for _ in range(2):
        done = empty_product.command("migrate")
        assert (done.returncode, done.stdout) == (0, "The database is up to date.\n"), done.stderr
