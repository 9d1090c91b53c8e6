"""Nothing private is ever connected to: a canary listens on 127.0.0.2, and must stay unheard."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.canary import Canary
from tests.origin import Origin, Video, faults
from tests.product import Product, Server

pytestmark = pytest.mark.timeout(90)

PUBLIC = "93.184.216.34"
# Names are made to lead where a hostile DNS would, and one public address is the plain site of the origin. Python
# imports this file in every process of the product.
_INTERNET = """
import asyncio.selector_events, itertools, socket
_turns = itertools.count()
_look_up = socket.getaddrinfo
_connect = asyncio.selector_events.BaseSelectorEventLoop.sock_connect
def getaddrinfo(host, port, *more, **named):
    name = host.decode() if isinstance(host, bytes) else host
    if name == "private.example":
        name = "127.0.0.2"
    elif name == "mixed.example":
        return getaddrinfo("PUBLIC", port, *more, **named) + getaddrinfo("127.0.0.2", port, *more, **named)
    elif name == "rebinding.example":
        name = "PUBLIC" if next(_turns) == 0 else "127.0.0.2"
    elif name == "public.example":
        name = "PUBLIC"
    elif name.endswith(".example"):
        raise socket.gaierror(socket.EAI_NONAME, "no such name")
    return _look_up(name, port, *more, **named)
async def sock_connect(loop, connection, address):
    if address[0] == "PUBLIC":
        address = ("127.0.0.1", PLAIN_PORT)
    return await _connect(loop, connection, address)
socket.getaddrinfo = getaddrinfo
asyncio.selector_events.BaseSelectorEventLoop.sock_connect = sock_connect
"""


@pytest.fixture(scope="module")
def canary() -> Iterator[Canary]:
    bird = Canary()
    try:
        yield bird
    finally:
        bird.close()
    assert bird.visits == 0


@pytest.fixture(scope="module")
def direct(origin: Origin, canary: Canary, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server without an upstream proxy: it asks DNS itself. One private host is allowed: the plain site."""
    folder = tmp_path_factory.mktemp("direct")
    plain = origin.plain_url.removeprefix("http://")
    internet = _INTERNET.replace("PUBLIC", PUBLIC).replace("PLAIN_PORT", plain.partition(":")[2])
    (folder / "sitecustomize.py").write_text(internet)
    settings = {
        "PYTHONPATH": str(folder),
        "YT_VIDEOS_EGRESS_ALLOW": plain,
        "YT_VIDEOS_EGRESS_PORTS": f"80,443,{canary.port}",
    }
    product = Product(folder, None, settings)
    with product.serving() as server:
        yield server
    product.assert_clean()


def refused(server: Server, address: str) -> None:
    """The address is refused at once, or the job fails because of it."""
    answer = server.request("POST", "/jobs", json={"entity_type": "url", "entity_id": address})
    if answer.status_code == 422:
        assert answer.json()["code"] == "url.address_not_public", answer.text
        return
    job = server.wait_until_ended(answer.json()["id"])
    assert (job["state"], job["error"] and job["error"]["code"]) == ("FAILED", "blocked_address"), job
    assert "YT_VIDEOS_EGRESS_ALLOW" in job["error"]["advice"]


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.2",
        "127.2",
        "0177.0.0.2",
        "0x7f000002",
        "2130706434",
        "127.000.000.002",
        "１２７.０.０.２",
        "127。0。0。2",
        "127.0.0.2.",
        "%31%32%37.0.0.2",
        "[::ffff:127.0.0.2]",
        "[::ffff:7f00:2]",
        "[64:ff9b::7f00:2]",
        "localhost",
        "sub.localhost",
    ],
)
def test_no_spelling_of_a_private_address_is_visited(server: Server, canary: Canary, host: str) -> None:
    for port in (canary.port, 80):
        answer = server.request(
            "POST", "/jobs", json={"entity_type": "url", "entity_id": f"http://{host}:{port}/x.mp4"}
        )
        assert answer.status_code == 422
        assert answer.json()["code"] in ("url.address_not_public", "url.syntax")
        assert answer.json()["errors"][0]["field"] == "entity_id"


@pytest.mark.parametrize(
    "address",
    [
        "http://169.254.169.254/",
        "http://169.254.169.254/latest/meta-data/",
        "http://[fd00:ec2::254]/",
        "http://100.100.100.200/",
        "http://metadata.google.internal/",
        "http://10.0.0.1/",
        "http://172.16.0.1/",
        "http://192.168.1.1/",
        "http://0.0.0.0/",
        "http://[::]/",
        "http://[::1]/",
        "http://printer/",
        "http://nas.local/",
    ],
)
def test_private_and_metadata_addresses_are_refused_at_once(server: Server, address: str) -> None:
    answer = server.request("POST", "/jobs", json={"entity_type": "url", "entity_id": address})
    assert (answer.status_code, answer.json()["code"]) == (422, "url.address_not_public")
    assert server.request("POST", "/jobs", json={"entity_type": "video", "entity_id": address}).status_code == 422


@pytest.mark.parametrize("name", ["private.example", "mixed.example"])
def test_a_name_that_leads_to_a_private_address_is_not_visited(direct: Server, canary: Canary, name: str) -> None:
    refused(direct, f"http://{name}:{canary.port}/x.mp4")
    assert canary.visits == 0


def test_a_name_that_changes_its_answer_is_judged_at_every_connection(
    origin: Origin, direct: Server, canary: Canary
) -> None:
    target = f"http://rebinding.example:{canary.port}/x.mp4"
    refused(direct, f"http://rebinding.example/redirect?to={target}")
    assert origin.requests(kind="redirect", host="rebinding.example")
    assert canary.visits == 0


def test_a_name_that_leads_to_a_public_address_is_visited(origin: Origin, direct: Server) -> None:
    origin.prepare("public.mp4")
    assert direct.archive("http://public.example/media/public.mp4", entity_type="url")["file"]


def test_a_name_that_does_not_exist_is_told_as_such(direct: Server) -> None:
    job_id = direct.submit("http://nowhere.example/x.mp4", entity_type="url")["id"]
    while (job := direct.job(job_id))["error"] is None:
        pass
    assert (job["state"], job["error"]["code"]) == ("IN_PROGRESS", "unknown_host")
    assert direct.request("DELETE", f"/jobs/{job_id}").status_code == 200


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
@pytest.mark.parametrize(
    "target", ["http://127.0.0.2:{port}/x.mp4", "http://169.254.169.254/", "http://private.example:{port}/"]
)
def test_a_redirect_to_a_private_address_is_not_followed(
    origin: Origin, direct: Server, canary: Canary, target: str, code: int
) -> None:
    refused(direct, f"{origin.plain_url}/redirect?code={code}&to={target.format(port=canary.port)}")
    assert canary.visits == 0


def test_a_redirect_to_a_local_file_is_not_followed(origin: Origin, direct: Server) -> None:
    refused(direct, f"{origin.plain_url}/redirect?to=file:///etc/passwd")


@pytest.mark.parametrize("where", ["http://127.0.0.2:{port}/seg.ts", "http://2130706434:{port}/", "file:///etc/passwd"])
def test_a_playlist_that_leads_to_private_addresses_is_not_followed(
    origin: Origin, direct: Server, canary: Canary, where: str
) -> None:
    name = "evil" + "".join(letter for letter in where if letter.isalnum())[:20]
    origin.inject("manifest", faults.PointTo(where.format(port=canary.port), entry=1), video=name, address="360.m3u8")
    refused(direct, f"{origin.plain_url}/hls/{name}/360.m3u8")
    assert canary.visits == 0


def test_a_cover_at_a_private_address_is_done_without(origin: Origin, server: Server, canary: Canary) -> None:
    origin.prepare("cover.mp4")
    page = (
        f'<html><head><title>Cover</title><meta property="og:image" content="http://127.0.0.2:{canary.port}/c.jpg">'
        '</head><body><video src="https://site.example/media/cover.mp4"></video></body></html>'
    )
    origin.inject("page", faults.Replace(page.encode()), video="cover")
    job = server.archive("https://site.example/page/cover", entity_type="url", container_policy="mp4")
    assert job["file"]["cover"] == "none"
    assert canary.visits == 0


def test_media_that_is_moved_to_a_private_address_is_not_fetched(
    origin: Origin, server: Server, canary: Canary, product: Product
) -> None:
    origin.add(Video("blockMedia1"))
    origin.inject("media", faults.RedirectTo(f"http://127.0.0.2:{canary.port}/x"), video="blockMedia1")
    job = server.wait_until_ended(server.submit("blockMedia1")["id"])
    assert (job["state"], job["error"]["code"]) == ("FAILED", "blocked_address")
    assert canary.visits == 0
    assert not [path for path in product.media_files() if "blockMedia1" in path.name]


def test_what_is_named_as_an_exception_is_visited_and_nothing_beside_it(origin: Origin, direct: Server) -> None:
    origin.prepare("allowed.mp4")
    job = direct.archive(f"{origin.plain_url}/media/allowed.mp4", entity_type="url", container_policy="mp4")
    assert job["file"]["size_bytes"] > 0
    other = origin.proxy_url  # the same host, another port
    answer = direct.request("POST", "/jobs", json={"entity_type": "url", "entity_id": f"{other}/media/allowed.mp4"})
    assert answer.status_code == 422


def test_the_canary_would_have_been_heard(tmp_path: Path) -> None:
    bird = Canary()
    with socket.create_connection(("127.0.0.2", bird.port)) as visitor:
        visitor.sendall(b"GET ")
        visitor.recv(1)
    bird.close()
    assert bird.visits == 1
