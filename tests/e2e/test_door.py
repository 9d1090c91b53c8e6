"""Who may knock: no page of another site, and nobody from another machine until there are accounts."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator

import psutil
import pytest

from tests.product import Product, Server

pytestmark = pytest.mark.timeout(90)


@pytest.fixture(scope="module")
def outer_address() -> str:
    """An address of this machine that is not loopback."""
    for addresses in psutil.net_if_addrs().values():
        for address in addresses:
            if address.family is socket.AF_INET and not address.address.startswith("127."):
                return address.address
    raise AssertionError("this machine has no address but loopback")


@pytest.fixture(scope="module")
def open_api(product: Product) -> Iterator[Server]:
    """uvicorn told to listen everywhere, behind the back of `yt-videos serve`."""
    with product.api(host="0.0.0.0") as api:
        yield api


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8101",
        "127.0.0.1.evil.example",
        "localhost.evil.example",
        "",
        "[",
        "::1]",
        "a@localhost",
    ],
)
def test_a_foreign_host_is_refused(server: Server, host: str) -> None:
    answer = server.request("GET", "/jobs", headers={"Host": host})
    assert answer.status_code in (400, 421)
    assert answer.status_code == 400 or answer.json()["code"] == "host"


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:1", "127.0.0.1", "[::1]:8101"])
def test_a_host_that_is_ours_is_served(server: Server, host: str) -> None:
    assert server.request("GET", "/jobs", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "page", ["https://evil.example", "null", "http://localhost:1", "http://127.0.0.1.evil.example", "file://", ""]
)
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "OPTIONS"])
def test_a_page_of_another_site_is_refused(server: Server, method: str, page: str) -> None:
    answer = server.request(method, "/jobs", headers={"Origin": page})
    assert (answer.status_code, answer.json()["code"]) == (403, "origin")
    assert not [name for name in answer.headers if name.startswith("access-control")]


def test_our_own_page_is_served(server: Server) -> None:
    assert server.request("GET", "/jobs", headers={"Origin": server.url}).status_code == 200


@pytest.mark.parametrize(
    ("method", "mode", "status"),
    [("GET", "navigate", 200), ("GET", "no-cors", 403), ("POST", "navigate", 403), ("POST", "no-cors", 403)],
)
def test_other_sites_may_link_to_us_and_nothing_else(server: Server, method: str, mode: str, status: int) -> None:
    headers = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": mode}
    assert server.request(method, "/jobs", headers=headers).status_code == status


def test_a_form_of_another_page_submits_nothing(server: Server) -> None:
    before = server.request("GET", "/jobs").json()
    body = b'{"entity_type": "video", "entity_id": "jNQXAC9IVRw"}'
    for headers in (
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/x-www-form-urlencoded"},
        {"Content-Type": "application/json", "Origin": "https://evil.example"},
        {"Content-Type": "application/json", "Host": "evil.example"},
    ):
        assert server.request("POST", "/jobs", content=body, headers=headers).status_code in (403, 415, 421)
    assert server.request("GET", "/jobs").json() == before


def test_other_machines_are_refused_when_uvicorn_listens_everywhere(open_api: Server, outer_address: str) -> None:
    outside = Server(open_api.process, open_api.url.replace("127.0.0.1", outer_address))
    for path in ("/jobs", "/health", "/docs", "/openapi.json", "/nowhere"):
        answer = outside.request("GET", path, headers={"X-Forwarded-For": "127.0.0.1", "Host": "localhost"})
        assert (answer.status_code, answer.json()["code"]) == (403, "not_loopback")
    assert open_api.request("GET", "/jobs").status_code == 200


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.org"])
def test_serve_refuses_to_listen_to_strangers(product: Product, host: str) -> None:
    done = product.command("serve", "--host", host)
    assert done.returncode == 2
    assert "YT_VIDEOS_AUTH=off" in done.stderr
    assert "Traceback" not in done.stderr


def test_serve_listens_to_everybody_when_told_so(empty_product: Product, outer_address: str) -> None:
    with empty_product.serving(YT_VIDEOS_HOST="0.0.0.0", YT_VIDEOS_AUTH="off") as server:
        port = server.url.rpartition(":")[2]
        outside = Server(server.process, f"http://{outer_address}:{port}")
        assert outside.request("GET", "/health").status_code == 200
        assert outside.request("GET", "/health", headers={"Host": "evil.example"}).status_code == 421


def test_the_documentation_needs_no_other_site(server: Server) -> None:
    page = server.request("GET", "/docs")
    assert page.status_code == 200
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
    used = re.findall(r"""(?:src|href)=["']([^"']+)""", page.text) + re.findall(r"url: '([^']+)'", page.text)
    assert len(used) >= 4
    for address in used:
        assert address.startswith("/")
        assert not address.startswith("//")
        assert server.request("GET", address).status_code == 200


def test_the_api_description_has_examples_of_requests_and_answers(server: Server) -> None:
    told = server.request("GET", "/openapi.json").json()
    assert told["components"]["schemas"]["NewJob"]["examples"]
    for path, method, status in (("/jobs", "post", "202"), ("/jobs/{job_id}", "get", "200")):
        answer = told["paths"][path][method]["responses"][status]["content"]["application/json"]
        assert answer["schema"]["$ref"].endswith("/JobView")
        properties = told["components"]["schemas"]["JobView"]["properties"]
        for example in answer["examples"].values():
            assert {"id", "state", "items"} <= example["value"].keys() <= properties.keys()
    refusals = told["paths"]["/jobs"]["post"]["responses"]
    assert "application/problem+json" in refusals["422"]["content"]
