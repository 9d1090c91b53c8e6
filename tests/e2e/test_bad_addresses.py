"""What is no address of a video is refused at once, with a code, and the field is named."""

from __future__ import annotations

import pytest

from tests.e2e.looks import assert_problem
from tests.product import Server

pytestmark = pytest.mark.timeout(90)


@pytest.mark.parametrize(
    ("address", "code"),
    [
        *[(f"{scheme}://x.example/a", "url.scheme") for scheme in ("file", "ftp", "gopher", "rtmp", "ws")],
        ("file:/etc/passwd", "url.scheme"),
        ("data:text/html,x", "url.scheme"),
        ("javascript:alert(1)", "url.scheme"),
        ("concat:http://a.example/|file:///etc/passwd", "url.scheme"),
        ("pipe:0", "url.scheme"),
        ("blob:https://a.example/1", "url.scheme"),
        ("about:blank", "url.scheme"),
        ("", "url.syntax"),
        ("   ", "url.syntax"),
        ("//public.example/x", "url.syntax"),
        ("public.example/x", "url.syntax"),
        ("http:/public.example", "url.syntax"),
        ("http://", "url.syntax"),
        ("http://a b.example/", "url.syntax"),
        ("http://public.example/\r\nX: y", "url.syntax"),
        ("http://public.example/\0", "url.syntax"),
        ("http://public.example/\t", "url.syntax"),
        ("http://public.example\\@127.0.0.1/", "url.syntax"),
        ("--exec=touch /tmp/x", "url.syntax"),
        ("--batch-file=/etc/passwd", "url.syntax"),
        ("-o/tmp/x", "url.syntax"),
        ("ytsearch1000000:x", "url.scheme"),
        (":ytfav", "url.syntax"),
        ("http://youtube.com@127.0.0.1/", "url.userinfo"),
        ("http://user:password@public.example/", "url.userinfo"),
        ("https://public.example/#__youtubedl_smuggle=%7B%7D", "url.smuggled"),
        ("http://public.example:22/", "url.port"),
        ("http://public.example:6379/", "url.port"),
        ("http://public.example:0/", "url.port"),
        ("http://public.example:65536/", "url.port"),
    ],
)
def test_an_unusable_address_is_refused_with_a_code(server: Server, address: str, code: str) -> None:
    told = assert_problem(server.request("POST", "/jobs", json={"entity_type": "url", "entity_id": address}), 422)
    assert told["code"] == code
    (error,) = told["errors"]
    assert (error["field"], error["code"]) == ("entity_id", code)
    assert error["message"]


def test_an_address_of_more_than_4096_bytes_is_refused(server: Server) -> None:
    body = {"entity_type": "url", "entity_id": "https://public.example/" + "é" * 2050}
    assert assert_problem(server.request("POST", "/jobs", json=body), 422)["errors"][0]["field"] == "entity_id"


@pytest.mark.parametrize(
    "entity_id", ["short", "jNQXAC9IVRw ' OR 1=1--", "https://public.example/x", "%(title)s", "\0"]
)
def test_what_is_no_youtube_video_is_refused_as_one(server: Server, entity_id: str) -> None:
    told = assert_problem(server.request("POST", "/jobs", json={"entity_type": "video", "entity_id": entity_id}), 422)
    assert told["code"] == "video.id"
    assert 'entity_type "url"' in told["detail"]
