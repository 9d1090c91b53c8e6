"""Choices, presets, cookies and formats over HTTP and by command: what is wrong is named, what is secret stays so."""

from __future__ import annotations

import json
import sqlite3
import time
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.e2e.collected import small
from tests.e2e.looks import assert_problem
from tests.origin import Answer, Origin, Video
from tests.product import Product, Server

GOOD = {"entity_type": "url", "entity_id": "https://public.example/talk"}
SECRET = "topsecretvalue"
COOKIES = "".join(f".youtube.com\tTRUE\t/\tTRUE\t1900000000\t{name}\t{SECRET}\n" for name in ("LOGIN_INFO", "SAPISID"))
LONG = "x" * 201


@pytest.fixture(scope="module")
def product(origin: Origin, tmp_path_factory: pytest.TempPathFactory) -> Product:
    settings = {
        "YT_VIDEOS_PROXIES": "office=http://user:hush@proxy.example:3128",
        "YT_VIDEOS_NAME_TEMPLATE": "{year}/{channel}/{title} ({height}) [{id}]",
    }
    return Product(tmp_path_factory.mktemp("product"), origin, settings)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"container_policy": "ogg"}, "container_policy"),
        ({"quality": "1081p"}, "quality"),
        ({"max_fps": 0}, "max_fps"),
        ({"max_fps": 241}, "max_fps"),
        ({"max_fps": "60"}, "max_fps"),
        ({"hdr": True}, "hdr"),
        ({"video_codec": "divx"}, "video_codec"),
        ({"max_size_bytes": 0}, "max_size_bytes"),
        ({"max_size_bytes": 2**63}, "max_size_bytes"),
        ({"audio_language": "english please"}, "audio_language"),
        ({"audio_language": "en;format=all"}, "audio_language"),
        ({"format_selector": "all"}, "format_selector"),
        ({"format_selector": "b,w"}, "format_selector"),
        ({"format_selector": "b" * 301}, "format_selector"),
        ({"format_selector": "b", "quality": "720p"}, "format_selector"),
        ({"embed_chapters": 1}, "embed_chapters"),
        ({"subtitles": True}, "subtitles"),
        ({"subtitles": {}}, "subtitles.languages"),
        ({"subtitles": {"languages": ["en"] * 21}}, "subtitles.languages"),
        ({"subtitles": {"languages": ["e(n|t)+"]}}, "subtitles.languages.0"),
        ({"subtitles": {"languages": ["en\u0000"]}}, "subtitles.languages.0"),
        ({"subtitles": {"languages": ["en"], "sidecar": ["ass"]}}, "subtitles.sidecar.0"),
        ({"subtitles": {"languages": ["en"], "embed": False, "sidecar": []}}, "subtitles"),
        ({"sponsorblock": ["advertising"]}, "sponsorblock.0"),
        ({"use_cookies": True}, "use_cookies"),
        ({"proxy_name": "elsewhere"}, "proxy_name"),
        ({"proxy_name": "http://10.0.0.1:3128"}, "proxy_name"),
        ({"impersonate_browser": "lynx"}, "impersonate_browser"),
        ({"live": "yes"}, "live"),
        ({"live_limit_seconds": 60}, "live_limit_seconds"),
        ({"live": "record", "live_limit_seconds": 10**6}, "live_limit_seconds"),
        ({"item_limit": 100_001}, "item_limit"),
        ({"published_after": "yesterday"}, "published_after"),
        ({"published_after": 20240101}, "published_after"),
        ({"published_after": "2024-02-30"}, "published_after"),
        ({"published_after": "2024-02-02", "published_before": "2024-02-01"}, "published_after"),
        ({"order": "random"}, "order"),
        ({"title_include": [""]}, "title_include.0"),
        ({"title_include": "a\u0000b"}, "title_include.0"),
        ({"title_exclude": ["x"] * 21}, "title_exclude"),
        ({"title_exclude": LONG}, "title_exclude.0"),
        ({"skip_shorts": None, "skip_live": "no"}, "skip_live"),
        ({"on_removed_from_playlist": "delete"}, "on_removed_from_playlist"),
        ({"preset": "not-there"}, "preset"),
        ({"preset": "../etc"}, "preset"),
        ({"entity_type": "video", "entity_id": "jNQXAC9IVRw", "order": "newest"}, "order"),
        ({"entity_type": "channel", "entity_id": "not a channel"}, "entity_id"),
        ({"entity_type": "playlist", "entity_id": "https://public.example/list"}, "entity_id"),
    ],
)
def test_a_choice_that_cannot_be_is_named(server: Server, change: dict[str, Any], field: str) -> None:
    told = assert_problem(server.request("POST", "/jobs", json=GOOD | change), 422)
    assert field in [error["field"] for error in told["errors"]]
    assert all(error["message"] for error in told["errors"])
    assert "hush" not in json.dumps(told)


def test_presets_come_and_go_over_http(server: Server) -> None:
    names = [preset["name"] for preset in server.request("GET", "/presets").json()]
    assert names == ["best-archive", "tv-1080p", "music", "podcast", "small-phone"]
    body = {"description": "For the train", "choices": {"container_policy": "mp4", "title_include": "talk"}}
    made = server.request("POST", "/presets", json={"name": "talks", **body})
    assert (made.status_code, made.headers["Location"]) == (201, "/presets/talks")
    assert made.json()["choices"] == {"container_policy": "mp4", "title_include": ["talk"]}
    assert_problem(server.request("POST", "/presets", json={"name": "talks", **body}), 409)
    assert server.request("PUT", "/presets/talks", json={"choices": {"quality": "480p"}}).status_code == 200
    assert server.request("GET", "/presets/talks").json()["choices"] == {"quality": "480p"}
    assert server.request("DELETE", "/presets/talks").status_code == 204
    for method, content in (("GET", None), ("DELETE", None)):
        assert_problem(server.request(method, "/presets/talks", json=content), 404)


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("PUT", "/presets/music", {"choices": {}}, 409),
        ("DELETE", "/presets/music", None, 409),
        ("POST", "/presets", {"name": "music", "choices": {}}, 409),
        ("POST", "/presets", {"name": "No Name", "choices": {}}, 422),
        ("PUT", "/presets/No%20Name", {"choices": {}}, 422),
        ("PUT", "/presets/x", {}, 422),
        ("PUT", "/presets/x", {"choices": {"exec": "id"}}, 422),
        ("PUT", "/presets/x", {"choices": {"entity_id": "x"}}, 422),
        ("PUT", "/presets/x", {"choices": {"format_selector": "b", "hdr": "any"}}, 422),
        ("PUT", "/presets/x", {"choices": {}, "description": "a\u0000b"}, 422),
        ("GET", "/presets/%00", None, 404),
    ],
)
def test_a_preset_that_cannot_be_is_refused(
    server: Server, method: str, path: str, body: dict[str, Any] | None, status: int
) -> None:
    assert_problem(server.request(method, path, json=body), status)


def test_cookies_open_a_private_video_and_are_never_shown(
    server: Server, origin: Origin, product: Product, tmp_path: Path
) -> None:
    answers = [
        server.request("PUT", "/cookies/youtube.com", content=COOKIES, headers={"Content-Type": "text/plain"}),
        server.request("PUT", "/cookies/YouTube.com", json={"cookies": COOKIES}),
        server.request("GET", "/cookies"),
    ]
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    (jar,) = answers[-1].json()
    assert (jar["site"], jar["cookie_count"], jar["expires_at"][:4]) == ("youtube.com", 2, "2030")

    file = tmp_path / "cookies.txt"
    file.write_text(COOKIES.replace("youtube", "tube"))
    done = product.command("cookies", "put", "tube.com", str(file))
    assert (done.returncode, done.stdout) == (0, "tube.com: 2 cookies, the first until 2030-03-17\n"), done.stderr
    assert_problem(server.request("GET", "/cookies/youtube.com"), 405)
    assert all(SECRET not in answer.text for answer in answers)

    origin.add(small("cookieVid01", answer=Answer.PRIVATE, signed_in=Answer.FULL))
    alone = server.wait_until_ended(server.submit("cookieVid01", container_policy="mp4")["id"])
    assert (alone["state"], alone["error"]["code"]) == ("FAILED", "private_video")
    server.archive("cookieVid01", use_cookies=True, container_policy="mp4", save_info_json=True)
    assert origin.hosts_told(SECRET) == {"www.youtube.com"}
    assert_nowhere(product, SECRET.encode())
    assert (product.state / "secret.key").stat().st_mode & 0o777 == 0o600

    assert server.request("DELETE", "/cookies/youtube.com").status_code == 204
    assert_problem(server.request("DELETE", "/cookies/youtube.com"), 404)
    assert server.request("DELETE", "/cookies/tube.com").status_code == 204
    assert server.request("GET", "/cookies").json() == []


def assert_nowhere(product: Product, secret: bytes) -> None:
    """In no file of the installation: not in the database, its log, nor what the processes print."""
    looked = [path for path in product.folder.rglob("*") if path.is_file()]
    assert any(path.suffix == ".db" for path in looked)
    assert [path for path in looked if secret in path.read_bytes()] == []
    with sqlite3.connect(product.state / "yt-videos.db") as database:
        assert database.execute("SELECT count(*) FROM cookie_jars").fetchone()[0] > 0
    database.close()


@pytest.mark.parametrize(
    ("site", "content", "content_type", "status"),
    [
        ("youtube.com", COOKIES.replace(".youtube", ".evil"), "text/plain", 422),
        ("youtube.com", COOKIES.replace("\t", " "), "text/plain; charset=utf-8", 422),
        ("youtube.com", "", "text/plain", 422),
        ("co.uk", COOKIES, "text/plain", 422),
        ("127.0.0.1", COOKIES, "text/plain", 422),
        ("%00", COOKIES, "text/plain", 422),
        ("youtube.com", b"\xff", "text/plain", 400),
        ("youtube.com", COOKIES, "application/json", 400),
        ("youtube.com", json.dumps({"cookies": 7}), "application/json", 422),
        ("youtube.com", json.dumps({"cookies": COOKIES, "exec": SECRET}), "application/json", 422),
        ("youtube.com", json.dumps([COOKIES]), "application/json", 422),
        ("youtube.com", COOKIES, "application/x-www-form-urlencoded", 415),
        ("youtube.com", "#" * 1024 * 1024 + "\n", "text/plain", 413),
    ],
)
def test_cookies_that_cannot_be_are_refused_without_repeating_them(
    server: Server, site: str, content: str | bytes, content_type: str, status: int
) -> None:
    answer = server.request("PUT", f"/cookies/{site}", content=content, headers={"Content-Type": content_type})
    told = assert_problem(answer, status)
    assert SECRET not in answer.text
    assert (told["code"] == "too_large") == (status == 413)
    how_to_send = content == COOKIES and content_type.startswith("application/")
    assert ("Send the file as text/plain" in told["detail"]) == how_to_send


def test_what_a_site_offers_is_asked_once(server: Server, origin: Origin) -> None:
    origin.add(Video("formats0001"))
    first = server.request("GET", "/formats", params={"url": "formats0001"})
    assert (first.status_code, first.json()["state"], first.headers["Retry-After"]) == (202, "queued", "1")
    answer = ask(server, "https://youtu.be/formats0001")
    told = answer.json()
    assert (told["state"], told["video"]["video_id"], told["subtitles"]) == ("done", "formats0001", ["en"])
    assert {"height": 1080, "video_codec": "vp9"}.items() <= told["formats"][0].items()
    assert all("url" not in stream for stream in told["formats"])

    asked = len(origin.requests(video="formats0001"))
    assert ask(server, "formats0001").json() == told
    assert len(origin.requests(video="formats0001")) == asked


def ask(server: Server, url: str) -> httpx2.Response:
    """GET /formats until the answer is known."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        answer = server.request("GET", "/formats", params={"url": url})
        if answer.status_code != 202:
            return answer
        time.sleep(0.05)
    raise AssertionError(f"not answered: {answer.text}\n{server.process.output()}")


def test_a_site_that_offers_nothing_is_told_as_such(server: Server) -> None:
    told = ask(server, "noSuchVid01").json()
    assert (told["state"], told["error"]["code"]) == ("failed", "video_unavailable")
    assert told["error"]["advice"]


@pytest.mark.parametrize(
    "url",
    ["", "x" * 4097, "file:///etc/passwd", "http://127.0.0.1/", "--exec=id", "https://www.youtube.com/@jawed", "\x00"],
)
def test_formats_of_what_is_no_video_address_are_refused(server: Server, url: str) -> None:
    told = assert_problem(server.request("GET", "/formats", params={"url": url}), 422)
    assert [error["field"] for error in told["errors"]] == ["url"]


def test_files_are_called_as_the_operator_says(server: Server, origin: Origin, product: Product) -> None:
    origin.add(Video("template001"))
    job = server.archive("template001", preset="small-phone")
    assert job["file"]["path"] == "2026/Stand-in Channel/Video template001 (360p) [template001].mp4"
    done = product.command("names", "preview", "{channel}/{id}", "--video", "template001", "--json")
    (preview,) = json.loads(done.stdout)
    assert (preview["path"], preview["would_be"]) == (job["file"]["path"], "Stand-in Channel/template001.mp4")
    assert (product.library / job["file"]["path"]).is_file()
