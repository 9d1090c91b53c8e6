"""GET /videos/{id}/file: the archived bytes, as a whole and in parts."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.e2e.looks import media_path
from tests.origin import Origin, Video
from tests.product import Product, Server

pytestmark = pytest.mark.timeout(90)


@pytest.fixture(scope="module")
def job(origin: Origin, server: Server) -> dict[str, Any]:
    origin.add(Video("fileBytes01", title='A "quoted"; title — ü'))
    return server.archive("fileBytes01")


@pytest.fixture(scope="module")
def content(job: dict[str, Any], product: Product) -> bytes:
    return media_path(product, job).read_bytes()


def get(server: Server, job: dict[str, Any], method: str = "GET", **headers: str) -> httpx2.Response:
    told = {name.replace("_", "-"): value for name, value in headers.items()}
    return server.request(method, job["file"]["url"], headers=told)


def test_the_whole_file_is_what_the_job_says(server: Server, job: dict[str, Any], content: bytes) -> None:
    answer = get(server, job)
    assert answer.status_code == 200
    assert answer.content == content
    assert hashlib.sha256(answer.content).hexdigest() == job["file"]["sha256"]
    assert answer.headers["etag"] == f'"{job["file"]["sha256"]}"'
    assert answer.headers["content-type"] == "video/webm"
    assert answer.headers["accept-ranges"] == "bytes"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in answer.headers["content-security-policy"]
    disposition = answer.headers["content-disposition"]
    assert disposition.startswith("inline; filename*=utf-8''")
    assert "%C3%BC" in disposition


def test_head_tells_the_same_without_the_bytes(server: Server, job: dict[str, Any], content: bytes) -> None:
    answer = get(server, job, "HEAD")
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-length"] == str(len(content))


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [("bytes=0-99", 0, 100), ("bytes=1000-", 1000, None), ("bytes=-500", -500, None), ("bytes=5-5", 5, 6)],
)
def test_a_part_is_served(
    server: Server, job: dict[str, Any], content: bytes, asked: str, start: int, end: int | None
) -> None:
    answer = get(server, job, Range=asked)
    assert answer.status_code == 206
    assert answer.content == content[start:end]
    first = start % len(content)
    assert answer.headers["content-range"] == f"bytes {first}-{first + len(answer.content) - 1}/{len(content)}"


def test_a_part_beyond_the_end_is_cut(server: Server, job: dict[str, Any], content: bytes) -> None:
    answer = get(server, job, Range=f"bytes=10-{10**30}")
    assert (answer.status_code, answer.content) == (206, content[10:])


@pytest.mark.parametrize("asked", ["bytes=99999999-", "bytes=50-10", "bytes=x-y", "lines=1-2", "bytes=", "bytes=--1"])
def test_a_part_that_is_not_there_is_refused(server: Server, job: dict[str, Any], asked: str) -> None:
    answer = get(server, job, Range=asked)
    assert answer.status_code in (400, 416)
    assert len(answer.content) < 1000


def test_many_parts_are_never_more_than_the_whole(server: Server, job: dict[str, Any], content: bytes) -> None:
    overlapping = "bytes=" + ",".join(["0-"] * 50)
    answer = get(server, job, Range=overlapping)
    assert len(answer.content) <= len(content) + 1000
    thousand = "bytes=" + ",".join(f"{number * 2}-{number * 2}" for number in range(1000))
    assert len(get(server, job, Range=thousand).content) <= len(content)


def test_what_has_not_changed_is_not_sent_again(server: Server, job: dict[str, Any], content: bytes) -> None:
    etag = get(server, job, "HEAD").headers["etag"]
    for told in (etag, f"W/{etag}", f'"other", {etag}', "*"):
        answer = get(server, job, If_None_Match=told)
        assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", etag)
    assert get(server, job, If_None_Match='"other"').status_code == 200
    assert get(server, job, Range="bytes=0-9", If_Range=etag).content == content[:10]
    assert get(server, job, Range="bytes=0-9", If_Range='"other"').content == content


def test_every_rendition_has_its_own_address(origin: Origin, server: Server, job: dict[str, Any]) -> None:
    other = server.archive("fileBytes01", container_policy="mp4")
    assert other["file"]["url"] != job["file"]["url"]
    assert get(server, other).headers["content-type"] == "video/mp4"
    assert get(server, job).headers["content-type"] == "video/webm"
    newest = server.request("GET", job["file"]["url"].partition("?")[0])
    assert newest.headers["etag"] == f'"{other["file"]["sha256"]}"'


def test_nothing_but_published_files_is_served(origin: Origin, server: Server, product: Product) -> None:
    origin.add(Video("fileHidden1"))
    hold = origin.hold("media", video="fileHidden1", after_bytes=1000)
    submitted = server.submit("fileHidden1")
    origin.wait_for_bytes("fileHidden1", 1000)
    running = server.job(submitted["id"])
    video_id = running["items"][0]["video"]["id"]
    assert server.request("GET", f"/videos/{video_id}/file").status_code == 404
    assert not [path for path in product.media_files() if "fileHidden1" in path.name]
    hold.release()
    server.wait_until_ended(submitted["id"])
    assert server.request("GET", f"/videos/{video_id}/file").status_code == 200


def test_a_link_in_the_place_of_a_file_is_not_followed(origin: Origin, server: Server, product: Product) -> None:
    origin.add(Video("fileLinked1"))
    linked = server.archive("fileLinked1")
    path: Path = product.library / linked["file"]["path"]
    content = path.read_bytes()
    path.unlink()
    path.symlink_to("/etc/passwd")
    try:
        assert get(server, linked).status_code == 404
    finally:
        path.unlink()
        path.write_bytes(content)
    assert get(server, linked).status_code == 200
