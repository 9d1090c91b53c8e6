"""What passes through the gate, and that it passes unharmed."""

from __future__ import annotations

import hashlib
import queue
import random
import re
import socket
import ssl
import struct
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import imageio_ffmpeg
import pytest
import requests
import trustme

from tests.integration.cage.fakenet import (
    OTHER_PUBLIC,
    Behaviour,
    Internet,
    echo,
    open_tunnel,
    proof_of,
    read_all,
    read_reply,
    send_head,
    server,
)
from yt_videos_api.cage.gate import Gate, GateSession
from yt_videos_api.cage.limits import clean_environment


@pytest.fixture
def internet() -> Internet:
    return Internet()


@pytest.fixture
def session(internet: Internet) -> Iterator[GateSession]:
    with Gate(resolver=internet.resolve, connector=internet.connect) as gate, gate.open_session() as opened:
        yield opened


def read_request(connection: socket.socket) -> tuple[bytes, bytes]:
    """Head and body of a request with a Content-Length, a chunked one, or none."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += connection.recv(65536)
    head, _, body = data.partition(b"\r\n\r\n")
    length = re.search(rb"(?i)content-length: *([0-9]+)", head)
    while len(body) < int(length[1] if length else 0) or (b"chunked" in head and not body.endswith(b"\r\n\r\n")):
        body += connection.recv(65536)
    return head, body


class Recorder:
    """A site that keeps the requests it hears, and answers each connection once."""

    def __init__(self, answer: bytes = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello") -> None:
        self.answer = answer
        self.requests: list[tuple[bytes, bytes]] = []
        self.afterwards: list[bytes] = []

    def __call__(self, connection: socket.socket) -> None:
        self.requests.append(read_request(connection))
        connection.settimeout(0.2)
        try:
            self.afterwards.append(connection.recv(65536))
        except TimeoutError:
            self.afterwards.append(b"")
        connection.sendall(self.answer)


def send_and_end(connection: socket.socket, data: bytes) -> None:
    connection.sendall(data)
    connection.shutdown(socket.SHUT_WR)


def test_large_transfers_in_both_directions_at_once_arrive_unharmed(internet: Internet, session: GateSession) -> None:
    source = random.Random(1)
    down, up = source.randbytes(24 << 20), source.randbytes(16 << 20)
    heard: list[bytes] = []

    def both(connection: socket.socket) -> None:
        sender = threading.Thread(target=connection.sendall, args=(down,))
        sender.start()
        heard.append(read_all(connection))
        sender.join()

    with server(both) as site:
        internet.site(site)
        with open_tunnel(session) as tunnel:
            sender = threading.Thread(target=send_and_end, args=(tunnel, up))
            sender.start()
            received = read_all(tunnel)
            sender.join()
    assert hashlib.sha256(received).digest() == hashlib.sha256(down).digest()
    assert [hashlib.sha256(data).digest() for data in heard] == [hashlib.sha256(up).digest()]
    assert session.bytes_in == len(down)


def test_many_connections_flow_side_by_side(internet: Internet, session: GateSession) -> None:
    with server(echo) as site:
        internet.site(site)
        tunnels = [open_tunnel(session) for _ in range(100)]
        for number, tunnel in enumerate(tunnels):
            tunnel.sendall(b"%d" % number * 1000)
            tunnel.shutdown(socket.SHUT_WR)
        for number, tunnel in enumerate(tunnels):
            with tunnel:
                assert read_all(tunnel) == b"%d" % number * 1000
    assert len(internet.connected) == 100


def test_client_that_ends_its_stream_still_gets_the_answer(internet: Internet, session: GateSession) -> None:
    def answer_at_the_end(connection: socket.socket) -> None:
        connection.sendall(b"heard " + read_all(connection))

    with server(answer_at_the_end) as site:
        internet.site(site)
        with open_tunnel(session) as tunnel:
            tunnel.sendall(b"question")
            tunnel.shutdown(socket.SHUT_WR)
            assert read_all(tunnel) == b"heard question"


def test_site_that_ends_its_stream_still_hears_the_client(internet: Internet, session: GateSession) -> None:
    heard: queue.Queue[bytes] = queue.Queue()

    def say_first(connection: socket.socket) -> None:
        connection.sendall(b"greeting")
        connection.shutdown(socket.SHUT_WR)
        heard.put(read_all(connection))

    with server(say_first) as site:
        internet.site(site)
        with open_tunnel(session) as tunnel:
            assert read_all(tunnel) == b"greeting"
            tunnel.sendall(b"goodbye")
            tunnel.shutdown(socket.SHUT_WR)
            assert heard.get(timeout=5) == b"goodbye"


def test_bytes_sent_along_with_the_request_are_not_lost(internet: Internet, session: GateSession) -> None:
    with server(echo) as site:
        internet.site(site)
        with send_head(session, "CONNECT site.example:443 HTTP/1.1") as tunnel:
            tunnel.sendall(b"early")
            assert read_reply(tunnel).status == 200
            assert tunnel.recv(100) == b"early"


def reset_after(data: bytes) -> Behaviour:
    def behave(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(data)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    return behave


def test_broken_connection_never_looks_like_a_clean_end(internet: Internet, session: GateSession) -> None:
    with server(reset_after(b"half")) as site:
        internet.site(site)
        with open_tunnel(session) as tunnel:
            tunnel.sendall(b"go")
            with pytest.raises(ConnectionResetError):
                read_all(tunnel)
        with (
            send_head(session, "GET http://site.example/ HTTP/1.1") as plain,
            pytest.raises(ConnectionError),
        ):
            read_all(plain)


def test_client_that_goes_away_ends_the_connection_to_the_site(internet: Internet, session: GateSession) -> None:
    ended = threading.Event()

    def flood(connection: socket.socket) -> None:
        try:
            while True:
                connection.sendall(bytes(65536))
        finally:
            ended.set()

    with server(flood) as site:
        internet.site(site)
        open_tunnel(session).close()
        assert ended.wait(5)


def test_plain_request_reaches_the_site_as_if_sent_directly(internet: Internet, session: GateSession) -> None:
    recorder = Recorder()
    with server(recorder) as site:
        internet.site(site)
        head = (
            "GET http://SITE.example:80/a%20b?c=d#e HTTP/1.1\r\n"
            "Host: other.example\r\nAccept: */*\r\nRange: bytes=5-\r\n"
            "Proxy-Connection: keep-alive\r\nConnection: keep-alive, X-Hop\r\nX-Hop: 1\r\nKeep-Alive: 5\r\nTE: trailers"
        )
        with send_head(session, head) as connection:
            reply = read_reply(connection)
            assert read_all(connection) == b"hello"
    assert (reply.status, reply.fields["connection"]) == (200, "close")
    (request,) = recorder.requests
    lines = request[0].decode().split("\r\n")
    assert lines == [
        "GET /a%20b?c=d HTTP/1.1",
        "Host: site.example",
        "Accept: */*",
        "Range: bytes=5-",
        "Connection: close",
    ]
    assert session.bytes_in == 5


@pytest.mark.parametrize(
    ("url", "line", "host"),
    [
        ("http://site.example", "GET / HTTP/1.1", "site.example"),
        ("http://site.example?q", "GET /?q HTTP/1.1", "site.example"),
        ("HTTP://site.example:8080/x", "GET /x HTTP/1.1", "site.example:8080"),
        ("http://[2606:2800::1]:8080/x", "GET /x HTTP/1.1", "[2606:2800::1]:8080"),
    ],
)
def test_request_line_and_host_are_built_anew(
    internet: Internet, session: GateSession, url: str, line: str, host: str
) -> None:
    recorder = Recorder()
    with server(recorder) as site:
        internet.site(site)
        internet.site(site, address="2606:2800::1")
        with send_head(session, f"GET {url} HTTP/1.1") as connection:
            assert read_reply(connection).status == 200
    assert recorder.requests[0][0].decode().split("\r\n")[:2] == [line, f"Host: {host}"]


@pytest.mark.parametrize("chunked", [False, True])
def test_body_of_a_request_passes(internet: Internet, session: GateSession, chunked: bool) -> None:
    recorder = Recorder()
    body = random.Random(2).randbytes(300_000)
    with server(recorder) as site:
        internet.site(site)
        pieces = (body[start : start + 70_000] for start in range(0, len(body), 70_000))
        answer = requests.post(
            "http://site.example/up", data=pieces if chunked else body, proxies={"http": session.proxy_url}, timeout=10
        )
    assert (answer.status_code, answer.content) == (200, b"hello")
    (request,) = recorder.requests
    assert body in unchunk(request[1]) if chunked else body == request[1]


def unchunk(data: bytes) -> bytes:
    """The content of a chunked body."""
    content = b""
    while data:
        size, _, data = data.partition(b"\r\n")
        content, data = content + data[: int(size, 16)], data[int(size, 16) + 2 :]
    return content


@pytest.mark.parametrize(
    "message",
    [
        "GET http://site.example/ HTTP/1.1\r\n{proof}\r\n",
        "POST http://site.example/ HTTP/1.1\r\nContent-Length: 3\r\n{proof}\r\nabc",
        "POST http://site.example/ HTTP/1.1\r\nTransfer-Encoding: chunked\r\n{proof}\r\n"
        "3;x=y\r\nabc\r\n0\r\nTrailer: 1\r\n\r\n",
    ],
)
def test_second_request_behind_the_first_goes_nowhere(internet: Internet, session: GateSession, message: str) -> None:
    recorder = Recorder()
    smuggled = b"GET http://169.254.169.254/ HTTP/1.1\r\n\r\n"
    port = int(session.proxy_url.rpartition(":")[2])
    with server(recorder) as site, socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        internet.site(site)
        connection.sendall(message.replace("{proof}", proof_of(session.proxy_url).decode()).encode() + smuggled)
        reply = read_reply(connection)
    assert reply.status == 200
    assert b"169.254" not in b"".join(recorder.afterwards + [part for request in recorder.requests for part in request])
    assert len(recorder.requests) == 1


@pytest.mark.parametrize(
    "body", [b"3\r\nabcXX0\r\n\r\n", b"3\nabc\r\n0\r\n\r\n", b"-3\r\nabc", b"0x3\r\nabc\r\n", b"1" * 5000]
)
def test_malformed_chunks_end_the_request(internet: Internet, session: GateSession, body: bytes) -> None:
    def wait_for_the_end(connection: socket.socket) -> None:
        read_all(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\nall well")

    with server(wait_for_the_end) as site:
        internet.site(site)
        with send_head(session, "POST http://site.example/ HTTP/1.1\r\nTransfer-Encoding: chunked") as connection:
            connection.sendall(body)
            with pytest.raises(ConnectionError):
                read_reply(connection)


def test_site_may_answer_before_it_has_heard_the_whole_body(internet: Internet, session: GateSession) -> None:
    def refuse(connection: socket.socket) -> None:
        connection.recv(100)
        connection.sendall(b"HTTP/1.1 413 Too Large\r\n\r\n")
        read_all(connection)

    with server(refuse) as site:
        internet.site(site)
        with send_head(session, "POST http://site.example/ HTTP/1.1\r\nContent-Length: 1000000") as connection:
            connection.sendall(bytes(100_000))
            assert read_reply(connection).status == 413


def test_half_a_request_is_not_carried_out(internet: Internet, session: GateSession) -> None:
    heard: queue.Queue[bytes] = queue.Queue()
    with server(lambda connection: heard.put(read_all(connection))) as site:
        internet.site(site)
        with send_head(session, "POST http://site.example/ HTTP/1.1\r\nContent-Length: 10") as connection:
            connection.sendall(b"half")
        assert heard.get(timeout=5).endswith(b"\r\n\r\nhalf")


@pytest.mark.parametrize(
    ("answer", "received"),
    [
        (
            b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nA: b\r\n\r\nx",
            b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK",
        ),
        (b"HTTP/1.0 200 OK\nA: b\n\nx", b"HTTP/1.0 200 OK\r\nA: b\r\nConnection: close\r\n\r\nx"),
        (
            b"HTTP/1.1 200\r\nno field\r\nA: b\r\nConnection: keep-alive\r\n\r\nx",
            b"HTTP/1.1 200\r\nA: b\r\nConnection: close\r\n\r\nx",
        ),
        (b"HTTP/1.1 200 OK\r\nA: \xe9\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", b"Transfer-Encoding: chunked"),
    ],
)
def test_answers_pass_however_sloppy(internet: Internet, session: GateSession, answer: bytes, received: bytes) -> None:
    with server(Recorder(answer)) as site:
        internet.site(site)
        with send_head(session, "GET http://site.example/ HTTP/1.1") as connection:
            assert received in read_all(connection)


@pytest.mark.parametrize("answer", [b"SSH-2.0-OpenSSH\r\n\r\n", b"HTTP/1.1 200 OK\r\nA: " + b"x" * 100_000])
def test_site_without_http_is_a_bad_gateway(internet: Internet, session: GateSession, answer: bytes) -> None:
    with server(Recorder(answer)) as site:
        internet.site(site)
        with send_head(session, "GET http://site.example/ HTTP/1.1") as connection:
            assert read_reply(connection).status == 502


def test_real_clients_speak_tls_and_plain_http_through_the_gate(
    internet: Internet, session: GateSession, tmp_path: Path
) -> None:
    authority, content = trustme.CA(), random.Random(3).randbytes(2_000_000)
    bundle = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(bundle))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("site.example").configure_cert(context)

    def answer(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(content) + content)

    def answer_in_tls(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as wrapped:
            answer(wrapped)

    proxies = {"http": session.proxy_url, "https": session.proxy_url}
    with server(answer_in_tls) as site, server(answer) as plain_site:
        internet.site(site)
        internet.site(plain_site, "plain.example", OTHER_PUBLIC)
        for url in ("https://site.example/clip", "http://plain.example/clip"):
            with requests.get(url, proxies=proxies, verify=str(bundle), timeout=10) as reply:
                assert reply.content == content


def test_ffmpeg_reads_through_the_gate(internet: Internet, session: GateSession, tmp_path: Path) -> None:
    ffmpeg = imageio_ffmpeg.get_ffmpeg_exe()
    make = ["-v", "error", "-f", "lavfi", "-i", "testsrc=size=64x64:rate=5:duration=1", "-f", "mpegts", "pipe:1"]
    clip = subprocess.check_output([ffmpeg, *make], timeout=60)

    def answer(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(clip) + clip)

    with server(answer) as site:
        internet.site(site)
        read = [
            "-v",
            "error",
            "-i",
            "http://site.example/clip.ts",
            "-c",
            "copy",
            "-f",
            "mpegts",
            str(tmp_path / "copy.ts"),
        ]
        environment = clean_environment(scratch=tmp_path, proxy_url=session.proxy_url)
        subprocess.run([ffmpeg, *read], check=True, env=environment, timeout=60)
    assert (tmp_path / "copy.ts").stat().st_size > 1000
    assert session.bytes_in >= len(clip)
