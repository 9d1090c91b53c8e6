"""What each fault, hold and journal entry of the stand-in origin looks like to a bare HTTP client."""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest

from tests.origin import Origin, Video, faults

NAME = "clip.mp4"
URL = f"https://videos.example.org/media/{NAME}"


@dataclass
class Fetched:
    """What a client got before the answer ended or broke."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes
    broken_by: type[Exception] | None


@pytest.fixture(scope="module")
def shared_origin() -> Iterator[Origin]:
    with Origin.start() as origin:
        yield origin


@pytest.fixture
def origin(shared_origin: Origin) -> Iterator[Origin]:
    yield shared_origin
    shared_origin.heal()
    shared_origin.journal.clear()


@pytest.fixture(scope="module")
def clip(shared_origin: Origin) -> bytes:
    """What a sound answer holds."""
    return fetch(shared_origin).body


def fetch(origin: Origin, url: str = URL, headers: dict[str, str] | None = None, *, timeout: float = 20) -> Fetched:
    """GET until the end of the answer, or its break: https through the proxy, http directly."""
    parts = urlsplit(url)
    with closing(_connect(origin, url, timeout)) as connection:
        connection.request("GET", parts.path + (f"?{parts.query}" if parts.query else ""), headers=headers or {})
        with connection.getresponse() as response:
            body, broken_by = _read(response)
            return Fetched(response.status, response.headers, body, broken_by)


def _connect(origin: Origin, url: str, timeout: float) -> http.client.HTTPConnection:
    parts, proxy = urlsplit(url), urlsplit(origin.proxy_url)
    if parts.scheme == "http":
        return http.client.HTTPConnection(parts.netloc, timeout=timeout)
    context = ssl.create_default_context(cafile=origin.ca_bundle)
    tunnel = http.client.HTTPSConnection(proxy.netloc, context=context, timeout=timeout)
    tunnel.set_tunnel(parts.netloc, 443)
    return tunnel


def _read(response: http.client.HTTPResponse) -> tuple[bytes, type[Exception] | None]:
    body = bytearray()
    try:
        while block := response.read1(65536):
            body += block
    except (OSError, http.client.HTTPException) as error:
        return bytes(body), type(error)
    told = response.headers.get("Content-Length")
    short = told is not None and len(body) < int(told)
    return bytes(body), http.client.IncompleteRead if short else None


def test_sound_answer_is_whole_and_can_be_asked_for_in_parts(origin: Origin, clip: bytes) -> None:
    whole = fetch(origin)
    middle = fetch(origin, headers={"Range": "bytes=1000-1999"})
    tail = fetch(origin, headers={"Range": "bytes=-10"})
    beyond = fetch(origin, headers={"Range": f"bytes={len(clip)}-"})

    assert (whole.status, whole.body, whole.headers["Content-Length"]) == (200, clip, str(len(clip)))
    assert (middle.status, middle.body) == (206, clip[1000:2000])
    assert middle.headers["Content-Range"] == f"bytes 1000-1999/{len(clip)}"
    assert (tail.status, tail.body) == (206, clip[-10:])
    assert (beyond.status, beyond.headers["Content-Range"]) == (416, f"bytes */{len(clip)}")


def test_range_of_an_older_version_is_answered_with_everything(origin: Origin, clip: bytes) -> None:
    etag = fetch(origin).headers["ETag"]

    assert fetch(origin, headers={"Range": "bytes=10-", "If-Range": etag}).status == 206
    assert fetch(origin, headers={"Range": "bytes=10-", "If-Range": '"older"'}).body == clip


@pytest.mark.parametrize("code", [403, 404, 410, 429, 500, 503])
def test_status_fault_strikes_as_often_as_told_and_then_no_more(origin: Origin, clip: bytes, code: int) -> None:
    origin.inject("media", faults.Status(code, retry_after=7), video=NAME, times=2)

    answers = [fetch(origin) for _ in range(3)]

    assert [answer.status for answer in answers] == [code, code, 200]
    assert answers[0].headers["Retry-After"] == "7"
    assert answers[2].body == clip


def test_fault_strikes_only_the_requests_that_fit(origin: Origin) -> None:
    origin.inject("media", faults.Status(403), video=NAME, address="which=this")

    assert fetch(origin, f"{URL}?which=that").status == 200
    assert fetch(origin, f"{URL}?which=this").status == 403
    assert fetch(origin, "https://videos.example.org/page/clip?which=this").status == 200


def test_fault_can_spare_the_first_and_be_removed(origin: Origin) -> None:
    injection = origin.inject("media", faults.Status(500), video=NAME, skip=1)

    assert [fetch(origin).status for _ in range(3)] == [200, 500, 500]
    injection.remove()
    assert fetch(origin).status == 200
    assert injection.hits == 2


def test_dropped_connection_delivers_exactly_the_bytes_before_it(origin: Origin, clip: bytes) -> None:
    origin.inject("media", faults.Drop(after=50_000), video=NAME)

    plain, tls = fetch(origin, f"{origin.plain_url}/media/{NAME}"), fetch(origin)

    # Python's ssl shows the RST that breaks a TLS connection as an early end of file.
    assert (plain.broken_by, tls.broken_by) == (ConnectionResetError, http.client.IncompleteRead)
    assert plain.body == tls.body == clip[:50_000]
    assert origin.bytes_sent(NAME) == 100_000


def test_client_that_resumes_after_drops_gets_there_in_the_end(origin: Origin, clip: bytes) -> None:
    origin.inject("media", faults.Drop(after=100_000), video=NAME)
    got = b""

    while len(got) < len(clip):
        got += fetch(origin, headers={"Range": f"bytes={len(got)}-"}).body

    assert got == clip
    assert len(origin.requests(kind="media")) == len(clip) // 100_000 + 1


def test_truncated_body_with_the_right_length_can_be_noticed(origin: Origin, clip: bytes) -> None:
    origin.inject("media", faults.Truncate(after=1234), video=NAME)

    answer = fetch(origin)

    assert (answer.body, answer.headers["Content-Length"]) == (clip[:1234], str(len(clip)))
    assert answer.broken_by is http.client.IncompleteRead


@pytest.mark.parametrize(("length", "told"), [("none", None), ("agreeing", "1234")])
def test_truncated_body_without_or_with_a_false_length_cannot(
    origin: Origin, clip: bytes, length: faults.TruncatedLength, told: str | None
) -> None:
    origin.inject("media", faults.Truncate(after=1234, length=length), video=NAME)

    answer = fetch(origin)

    assert (answer.status, answer.body, answer.broken_by) == (200, clip[:1234], None)
    assert answer.headers["Content-Length"] == told


def test_content_range_agrees_with_a_short_body(origin: Origin, clip: bytes) -> None:
    origin.inject("media", faults.Truncate(after=1234, length="agreeing"), video=NAME)

    answer = fetch(origin, headers={"Range": "bytes=0-999999"})

    assert (answer.status, answer.body) == (206, clip[:1234])
    assert answer.headers["Content-Range"] == "bytes 0-1233/1234"


def test_too_long_a_length_is_told_and_never_reached(origin: Origin, clip: bytes) -> None:
    origin.inject("media", faults.LongerLength(by=1), video=NAME)

    answer = fetch(origin)

    assert (answer.body, answer.headers["Content-Length"]) == (clip, str(len(clip) + 1))
    assert answer.broken_by is http.client.IncompleteRead


def test_stalled_answer_stays_open_until_the_client_gives_up(origin: Origin, clip: bytes) -> None:
    origin.inject("media", faults.Stall(after=2000), video=NAME)

    answer = fetch(origin, timeout=0.3)

    assert (answer.body, answer.broken_by) == (clip[:2000], TimeoutError)
    origin.journal.wait(lambda: origin.requests()[0].ended_at is not None, "end of the stalled request", 5)


def test_latency_delays_the_first_byte(origin: Origin) -> None:
    origin.inject("media", faults.Latency(0.3), video=NAME)
    started_at = time.monotonic()

    assert fetch(origin).status == 200
    assert 0.3 <= time.monotonic() - started_at < 3


def test_throttle_keeps_to_its_rate_after_a_quick_start(origin: Origin, clip: bytes) -> None:
    slow_bytes = 20_000
    origin.inject("media", faults.Throttle(40_000, after=len(clip) - slow_bytes), video=NAME)
    started_at = time.monotonic()

    assert fetch(origin).body == clip
    assert 0.5 <= time.monotonic() - started_at < 3


def test_one_byte_per_second_is_one_byte_per_second(origin: Origin) -> None:
    origin.inject("media", faults.Throttle(1), video=NAME)

    answer = fetch(origin, timeout=0.5)

    assert answer.broken_by is TimeoutError
    assert len(answer.body) <= 1


def test_range_can_be_ignored(origin: Origin, clip: bytes) -> None:
    origin.inject("media", faults.NoRange(), video=NAME)

    answer = fetch(origin, headers={"Range": "bytes=1000-"})

    assert (answer.status, answer.body, answer.headers["Accept-Ranges"]) == (200, clip, "none")


def test_corrupt_bytes_are_where_they_were_asked_for_whatever_the_range(origin: Origin, clip: bytes) -> None:
    origin.inject("media", faults.Corrupt(at=5000, length=10), video=NAME)

    whole, part = fetch(origin).body, fetch(origin, headers={"Range": "bytes=5005-5019"}).body

    assert whole[:5000] + whole[5010:] == clip[:5000] + clip[5010:]
    assert all(got != right for got, right in zip(whole[5000:5010], clip[5000:5010], strict=True))
    assert part == whole[5005:5020]


def test_all_zeros_have_the_right_size(origin: Origin, clip: bytes) -> None:
    origin.inject("media", faults.AllZeros(), video=NAME)

    assert fetch(origin).body == bytes(len(clip))


def test_changing_file_has_another_content_and_etag_each_time(origin: Origin, clip: bytes) -> None:
    origin.inject("media", faults.Changing(), video=NAME)

    first, second = fetch(origin), fetch(origin)

    assert len({clip, first.body, second.body}) == 3
    assert first.headers["ETag"] != second.headers["ETag"]
    assert len(first.body) == len(clip)


def test_another_content_can_come_under_the_right_type(origin: Origin) -> None:
    playlist = b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n"
    origin.inject("media", faults.Replace(playlist), video=NAME, times=1)
    origin.inject("media", faults.Html(), video=NAME, skip=1)

    text, page = fetch(origin), fetch(origin)

    assert (text.body, text.headers["Content-Type"]) == (playlist, "video/mp4")
    assert page.body.startswith(b"<!doctype html>")
    assert page.headers["Content-Type"] == "video/mp4"


@pytest.mark.parametrize("kind", ["media", "manifest", "segment", "thumbnail", "page"])
def test_every_kind_can_redirect_to_any_address(origin: Origin, kind: str) -> None:
    paths = {
        "media": f"media/{NAME}",
        "manifest": "hls/clip/master.m3u8",
        "segment": "hls/clip/360-001.ts",
        "thumbnail": "thumb/clip.jpg",
        "page": "page/clip",
    }
    origin.inject(kind, faults.RedirectTo("http://169.254.169.254/latest", code=307))  # type: ignore[arg-type] # of KINDS

    answer = fetch(origin, f"https://videos.example.org/{paths[kind]}")

    assert (answer.status, answer.headers["Location"]) == (307, "http://169.254.169.254/latest")


def test_redirect_path_leads_where_it_is_told_with_the_code_it_is_told(origin: Origin) -> None:
    answer = fetch(origin, "https://videos.example.org/redirect?to=http%3A%2F%2F10.0.0.1%2Fx&code=308")

    assert (answer.status, answer.headers["Location"]) == (308, "http://10.0.0.1/x")


def test_header_can_be_added(origin: Origin) -> None:
    origin.inject("media", faults.WithHeader("Set-Cookie", "crumb=1"), video=NAME)

    assert fetch(origin).headers["Set-Cookie"] == "crumb=1"


def test_handshake_that_never_comes_does_not_keep_the_origin_from_stopping() -> None:
    with Origin.start() as origin:
        silent = socket.create_connection(("127.0.0.1", urlsplit(origin.proxy_url).port or 0), timeout=5)
        silent.sendall(b"CONNECT videos.example.org:443 HTTP/1.1\r\n\r\n")
        assert silent.recv(4096).startswith(b"HTTP/1.1 200")
        silent.sendall(b"\x16")
        started_at = time.monotonic()

    with closing(silent):
        assert time.monotonic() - started_at < 3
        assert silent.recv(1) == b""


def test_host_that_can_have_no_certificate_is_refused(origin: Origin) -> None:
    with pytest.raises(OSError, match=r"EOF|reset"):
        fetch(origin, "https://x_y.example/media/clip.mp4")


def test_client_that_does_not_trust_the_authority_gets_nothing(origin: Origin) -> None:
    port = urlsplit(origin.proxy_url).port
    connection = http.client.HTTPSConnection("127.0.0.1", port, context=ssl.create_default_context(), timeout=5)
    connection.set_tunnel("videos.example.org", 443)

    with closing(connection), pytest.raises(ssl.SSLCertVerificationError):
        connection.request("GET", "/media/clip.mp4")

    assert origin.requests() == []


def test_playlist_entry_can_point_anywhere(origin: Origin) -> None:
    origin.inject("manifest", faults.PointTo("file:///etc/passwd", entry=1), address="360.m3u8")

    text = fetch(origin, "https://videos.example.org/hls/clip/360.m3u8").body.decode()

    assert [line for line in text.splitlines() if not line.startswith("#")] == [
        "360-000.ts",
        "file:///etc/passwd",
        "360-002.ts",
    ]


def test_endless_body_goes_on_beyond_the_file(origin: Origin, clip: bytes) -> None:
    origin.inject("media", faults.NeverEnding(), video=NAME)
    with closing(_connect(origin, origin.plain_url, 10)) as connection:
        connection.request("GET", f"/media/{NAME}")
        with connection.getresponse() as response:
            assert response.headers["Content-Length"] is None
            assert response.read(3 * len(clip)) == 3 * clip


def test_faults_combine(origin: Origin, clip: bytes) -> None:
    origin.inject("media", faults.Latency(0.2), video=NAME)
    origin.inject("media", faults.Truncate(after=999, length="none"), video=NAME)
    started_at = time.monotonic()

    assert fetch(origin).body == clip[:999]
    assert time.monotonic() - started_at >= 0.2


def test_held_answer_waits_at_its_byte_until_released(origin: Origin, clip: bytes) -> None:
    with ThreadPoolExecutor() as threads, origin.hold("media", video=NAME, after_bytes=30_000) as hold:
        answer: Future[Fetched] = threads.submit(fetch, origin)
        hold.wait_reached(5)

        assert origin.bytes_sent(NAME) == 30_000
        assert not answer.done()
        hold.release()
        assert answer.result(5).body == clip


def test_hold_without_a_position_stops_the_answer_before_its_first_byte(origin: Origin) -> None:
    with ThreadPoolExecutor() as threads, origin.hold("page") as hold:
        answer: Future[Fetched] = threads.submit(fetch, origin, "https://videos.example.org/page/clip")
        hold.wait_reached(5)

        assert origin.requests(kind="page")[0].status is None
        hold.release()
        assert answer.result(5).status == 200


def test_hold_is_for_the_first_only_and_position_is_in_the_file_not_in_the_range(origin: Origin, clip: bytes) -> None:
    with origin.hold("media", video=NAME, after_bytes=30_000) as hold:
        assert fetch(origin, headers={"Range": "bytes=40000-"}).body == clip[40_000:]
        assert fetch(origin, headers={"Range": "bytes=0-29998"}).body == clip[:29_999]
        assert not hold.reached

        with pytest.raises(TimeoutError):
            hold.wait_reached(0.05)


def test_client_that_leaves_a_hold_is_noticed(origin: Origin) -> None:
    with origin.hold("media", video=NAME, after_bytes=10) as hold:
        assert fetch(origin, timeout=0.2).broken_by is TimeoutError
        hold.wait_reached(5)

        origin.journal.wait(lambda: origin.requests()[0].ended_at is not None, "end of the held request", 5)


def test_journal_tells_what_came_in_and_what_went_out(origin: Origin, clip: bytes) -> None:
    fetch(origin, f"{URL}?a=b", {"Range": "bytes=0-99", "Cookie": "name=value; other=1"})

    (request,) = origin.wait_for_requests(kind="media", video=NAME)
    assert (request.method, request.host, request.url) == ("GET", "videos.example.org", f"{URL}?a=b")
    assert (request.range, request.cookies) == ("bytes=0-99", {"name": "value", "other": "1"})
    origin.journal.wait(lambda: request.complete, "complete answer", 5)
    assert (request.status, request.bytes_sent) == (206, 100)


def test_waiting_for_bytes_ends_when_they_were_sent_and_fails_when_they_are_not(origin: Origin, clip: bytes) -> None:
    origin.inject("media", faults.Stall(after=7000), video=NAME)
    with ThreadPoolExecutor() as threads:
        answer = threads.submit(fetch, origin, timeout=1)
        origin.wait_for_bytes(NAME, 7000, timeout_seconds=5)
        with pytest.raises(TimeoutError, match="7001 bytes"):
            origin.wait_for_bytes(NAME, 7001, timeout_seconds=0.05)
        assert answer.result(5).broken_by is TimeoutError


def test_connection_serves_many_requests(origin: Origin) -> None:
    before = threading.active_count()

    with closing(_connect(origin, origin.plain_url, 10)) as connection:
        for _ in range(3):
            connection.request("GET", "/page/clip")
            with connection.getresponse() as response:
                assert response.read()
        assert threading.active_count() <= before + 1


def test_closing_breaks_off_everything_at_once() -> None:
    with ThreadPoolExecutor() as threads:
        with Origin.start() as origin:
            hold = origin.hold("media", video=NAME, after_bytes=10)
            origin.inject("media", faults.Stall(after=0), video="b.mp4")
            held = threads.submit(fetch, origin)
            stalled = threads.submit(fetch, origin, "https://videos.example.org/media/b.mp4")
            hold.wait_reached(5)
            origin.journal.wait(lambda: any(each.status for each in origin.requests(video="b.mp4")), "stall", 5)
            started_at = time.monotonic()

        assert time.monotonic() - started_at < 3
        assert held.result(5).broken_by is not None
        assert stalled.result(5).broken_by is not None


def test_two_videos_never_share_their_bytes(origin: Origin) -> None:
    bodies = {fetch(origin, f"https://videos.example.org/media/other-{n}.mp4").body for n in range(4)}

    assert len(bodies) == 4


def test_everything_else_is_not_found(origin: Origin) -> None:
    for path in ("", "nothing", "media/a.exe", "hls/clip/none.ts", "dash/clip/../manifest.mpd", "thumb/a.svg"):
        assert fetch(origin, f"https://videos.example.org/{path}").status == 404, path


def test_video_refuses_what_is_no_youtube_id() -> None:
    with pytest.raises(ValueError, match="no YouTube id"):
        Video("short")
