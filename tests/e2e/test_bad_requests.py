"""Whatever is sent: never a 5xx, the field is named, and it is said what would be right."""

from __future__ import annotations

import json
import random
import string
from typing import Any

import httpx2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from yt_dlp import parse_options

from tests.e2e.looks import assert_problem
from tests.product import Server

pytestmark = pytest.mark.timeout(90)

GOOD = {"entity_type": "url", "entity_id": "https://public.example/talk"}


def post(server: Server, content: bytes, content_type: str | None = "application/json") -> httpx2.Response:
    headers = {"Content-Type": content_type} if content_type else {}
    return server.request("POST", "/jobs", content=content, headers=headers)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"entity_type": "film"}, "entity_type"),
        ({"entity_type": None}, "entity_type"),
        ({"entity_type": ["video"]}, "entity_type"),
        ({"entity_id": 7}, "entity_id"),
        ({"entity_id": None}, "entity_id"),
        ({"entity_id": {"$ne": ""}}, "entity_id"),
        ({"entity_id": "x" * 5000}, "entity_id"),
        ({"container_policy": "avi"}, "container_policy"),
        ({"container_policy": "webm; rm -rf /"}, "container_policy"),
        ({"quality": "9000p"}, "quality"),
        ({"quality": 720}, "quality"),
        ({"entity_id": "http://public.example/\ud800"}, "entity_id"),
        ({"embed_metadata": "perhaps"}, "embed_metadata"),
        ({"embed_cover_art": []}, "embed_cover_art"),
        ({"state": "DONE"}, "state"),
        ({"owner_id": "root"}, "owner_id"),
        ({"role": "admin"}, "role"),
        ({"ytdl_options_overrides": {"exec": "id"}}, "ytdl_options_overrides"),
        ({"\ud800": 1}, "body"),
    ],
)
def test_a_field_that_is_wrong_is_named(server: Server, change: dict[str, Any], field: str) -> None:
    told = assert_problem(post(server, json.dumps(GOOD | change).encode()), 422)
    assert field in [error["field"] for error in told["errors"]]
    assert all(error["message"] for error in told["errors"])


def test_the_fields_that_are_missing_are_named(server: Server) -> None:
    told = assert_problem(post(server, b"{}"), 422)
    assert {error["field"] for error in told["errors"]} == {"entity_type", "entity_id"}


def test_no_option_of_yt_dlp_is_a_field(server: Server) -> None:
    parser = parse_options([]).parser
    flags = [flag for option in parser.option_list for flag in option._long_opts]
    flags += [flag for group in parser.option_groups for option in group.option_list for flag in option._long_opts]
    dests = {option.dest for group in parser.option_groups for option in group.option_list if option.dest}
    names = {flag.lstrip("-") for flag in flags} | {flag.lstrip("-").replace("-", "_") for flag in flags} | dests
    names -= {"embed_metadata", "embed_chapters"}  # fields of ours: true or false, and ffmpeg is told by us
    assert len(names) > 400
    assert {"exec", "netrc-cmd", "cookiefile", "external_downloader", "enable_file_urls"} <= names
    told = assert_problem(post(server, json.dumps(GOOD | dict.fromkeys(names, "x")).encode()), 422)
    refused = {error["field"] for error in told["errors"] if error["code"] == "extra_forbidden"}
    assert refused == names


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"", 422),
        (b"null", 422),
        (b"[]", 422),
        (b'"text"', 422),
        (b"{", 400),
        (b"\xef\xbb\xbf{}", 400),
        (b'{"entity_type": "\xff"}', 400),
        (b"[" * 100_000, 400),
        (b'{"a":' * 100_000, 400),
        (b'{"entity_type": "url", "entity_type": "video", "entity_id": "https://public.example/"}', 400),
        (b'{"embed_metadata": NaN}', 400),
        (b'{"embed_metadata": -Infinity}', 400),
        (b'{"quality": 1e400, "entity_type": "url", "entity_id": "https://public.example/"}', 422),
        (b'{"quality": ' + b"9" * 5000 + b', "entity_type": "url", "entity_id": "https://public.example/"}', 400),
        (b'{"entity_id": "' + b"x" * 1024 * 1024 + b'"}', 413),
    ],
)
def test_a_body_that_is_no_job_is_refused(server: Server, content: bytes, status: int) -> None:
    assert_problem(post(server, content), status)


def test_an_endless_body_is_cut_off(server: Server) -> None:
    def chunks() -> Any:
        for _ in range(64):
            yield b"x" * 65536

    headers = {"Content-Type": "application/json"}
    assert_problem(server.request("POST", "/jobs", content=chunks(), headers=headers), 413)


@pytest.mark.parametrize(
    "kind", [None, "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; a", ";"]
)
def test_a_body_that_does_not_say_it_is_json_is_refused(server: Server, kind: str | None) -> None:
    assert_problem(post(server, json.dumps(GOOD).encode(), kind), 415)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=-1", "limit"),
        ("limit=201", "limit"),
        ("limit=1e3", "limit"),
        (f"limit={10**30}", "limit"),
        (f"limit={'9' * 6000}", "limit"),
        ("limit=", "limit"),
        ("state=done", "state"),
        ("state=%00", "state"),
        ("cursor=x", "cursor"),
        ("cursor=%00%ff", "cursor"),
        ("cursor=" + "A" * 201, "cursor"),
        ("cursor=MDAwMS0wMS0wMVQwMDowMDowMCsyMzo1OSB4", "cursor"),  # a moment before the year 1
        ("cursor=MjAyNi0wMS0wMVQwMDowMDowMCswMDowMCAnIE9SIDE9MQ==", "cursor"),  # "' OR 1=1" in place of the id
    ],
)
def test_a_page_that_cannot_be_is_refused(server: Server, query: str, field: str) -> None:
    told = assert_problem(server.request("GET", f"/jobs?{query}"), 422)
    assert [error["field"] for error in told["errors"]] == [field]


@pytest.mark.parametrize(
    "path",
    [
        "/jobs/0",
        "/jobs/00000000000000000000000000000000",
        "/jobs/%00",
        "/jobs/'%20OR%201=1--",
        "/jobs/..%2f..%2fetc%2fpasswd",
        "/jobs/",
        "/jobs/" + "f" * 5000,
        "/videos/0/file",
        "/videos/%00/file",
        "/videos/00000000000000000000000000000000/file?download=%00",
        "/videos/..%2f..%2f/file",
        "/docs/assets/..%2f..%2f__init__.py",
        "/docs/assets/%2e%2e/%2e%2e/main.py",
        "/nowhere",
        "/jobs//x",
        "/..;/jobs",
        "/%ff",
    ],
)
def test_what_is_not_there_is_not_found(server: Server, path: str) -> None:
    assert_problem(server.request("GET", path), 404)


@pytest.mark.parametrize(
    ("method", "path"), [("PUT", "/jobs"), ("PATCH", "/jobs/x"), ("POST", "/health"), ("TRACE", "/")]
)
def test_a_method_that_is_not_offered_is_refused(server: Server, method: str, path: str) -> None:
    assert server.request(method, path).status_code in (404, 405)


def test_nothing_of_a_schema_breaks_the_server(server: Server) -> None:
    """Any JSON under the names of our own fields, as the OpenAPI names them."""
    schema = server.request("GET", "/openapi.json").json()["components"]["schemas"]["NewJob"]
    assert schema["additionalProperties"] is False
    scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.just("video")
    values = st.recursive(scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=5)
    names = st.sampled_from(sorted(schema["properties"])) | st.text(max_size=20)

    with httpx2.Client(base_url=server.url, trust_env=False) as client:

        @settings(max_examples=60, deadline=None, database=None, suppress_health_check=list(HealthCheck))
        @given(st.dictionaries(names, values))
        def submit(body: dict[str, Any]) -> None:
            content = json.dumps(body).encode()
            answer = client.post("/jobs", content=content, headers={"Content-Type": "application/json"})
            assert_problem(answer, answer.status_code)
            assert answer.status_code in (400, 422)

        submit()


def test_random_bytes_as_requests_do_not_break_the_server(server: Server) -> None:
    chance = random.Random(7)
    with httpx2.Client(base_url=server.url, trust_env=False) as client:
        for _ in range(60):
            path = "".join(chance.choice(string.printable[:94]) for _ in range(chance.randrange(1, 40)))
            answer = client.request(chance.choice(["GET", "DELETE", "HEAD"]), "/jobs/" + path.replace("#", ""))
            assert answer.status_code < 500
        assert client.get("/health").status_code == 200
