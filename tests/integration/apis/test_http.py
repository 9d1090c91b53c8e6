"""JSON over HTTP through the real gate, from services that misbehave."""

from __future__ import annotations

import logging
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import trustme

from tests.integration.cage.fakenet import Server, hello, server
from yt_videos_api.apis.fault import ApiFault, FaultReason
from yt_videos_api.apis.http import HttpLimits, JsonClient
from yt_videos_api.cage.gate import Gate

KEY = "key-nobody-may-see"
HURRIED = HttpLimits(connect_seconds=5, read_seconds=0.2, total_seconds=0.5, answer_bytes=1000)


@pytest.fixture(scope="module")
def gate() -> Iterator[Gate]:
    with Gate() as running:
        yield running


def saying(body: bytes, *, status: str = "200 OK", fields: str = "") -> Callable[[socket.socket], None]:
    """A service that answers every request with this."""

    def answer(connection: socket.socket) -> None:
        connection.recv(65536)
        head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{fields}\r\n"
        connection.sendall(head.encode() + body)

    return answer


def base(running: Server) -> str:
    """Where a server is."""
    return f"http://127.0.0.1:{running.port}"


def fault_of(gate: Gate, behaviour: Callable[[socket.socket], None]) -> ApiFault:
    """What comes of asking a service that behaves like that."""
    with server(behaviour) as service, JsonClient(gate, f"{base(service)}/v3", limits=HURRIED) as http:
        with pytest.raises(ApiFault) as caught:
            http.get("/things", {"key": KEY})
        assert service.connections == 1
    return caught.value


def test_private_address_of_the_operator_is_asked_directly_and_nobody_else_may_go_there() -> None:
    with server(saying(b'{"a": [1, "\xc3\xa9"]}')) as service, server(hello) as upstream:
        with (
            Gate(upstream=base(upstream)) as gate,
            JsonClient(gate, f"{base(service)}/v3/") as http,
            JsonClient(gate, "http://127.0.0.1:9") as other,
        ):
            answer = http.get("/things", {"q": "a b&c"})
            assert (answer.status, answer.document) == (200, {"a": [1, "é"]})
            assert other.get("/", {}).status == 502, "let out, but nobody is there"
            with gate.open_session() as session:
                assert session.refused == []
        assert (service.connections, upstream.connections) == (1, 0)


def test_query_is_encoded_and_nothing_else_is_told(gate: Gate) -> None:
    heard = bytearray()

    def listen(connection: socket.socket) -> None:
        heard.extend(connection.recv(65536))
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")

    with server(listen) as service, JsonClient(gate, f"{base(service)}/v3") as http:
        http.get("/things", {"q": "a b&c=\r\nX: y", "n": 5})
    line, _, fields = heard.decode().partition("\r\n")
    assert line == "GET /v3/things?q=a+b%26c%3D%0D%0AX%3A+y&n=5 HTTP/1.1"
    names = {field.partition(":")[0].lower() for field in fields.strip().split("\r\n")}
    assert names == {"host", "accept", "accept-encoding", "user-agent", "connection"}


def test_redirect_is_an_answer_and_not_followed(gate: Gate) -> None:
    with server(hello) as elsewhere:
        to = f"Location: {base(elsewhere)}/\r\n"
        with server(saying(b"", status="302 Found", fields=to)) as service, JsonClient(gate, base(service)) as http:
            assert http.get("/", {}).status == 302
        assert elsewhere.connections == 0


@pytest.mark.parametrize("body", [b"not json", b"", b'{"error": NaN}', b"<html>"])
def test_refusal_may_have_any_body(gate: Gate, body: bytes) -> None:
    with server(saying(body, status="404 Not Found")) as service, JsonClient(gate, base(service)) as http:
        answer = http.get("/", {})
    assert (answer.status, answer.document) == (404, None)


@pytest.mark.parametrize(
    "body",
    [
        b"<html>",
        b"",
        b'{"a": 1',
        b'{"a": NaN}',
        b"\xff\xfe\xfd",
        b"[" * 900,  # within the limit of size
        b'{"number": ' + b"9" * 900,
    ],
)
def test_answer_that_is_not_json_is_a_bad_answer(gate: Gate, body: bytes) -> None:
    assert fault_of(gate, saying(body)).reason is FaultReason.BAD_ANSWER


def test_deeply_nested_answer_is_a_bad_answer(gate: Gate) -> None:
    deep = b"[" * 500_000 + b"]" * 500_000
    with (
        server(saying(deep)) as service,
        JsonClient(gate, base(service)) as http,
        pytest.raises(ApiFault) as caught,
    ):
        http.get("/", {})
    assert caught.value.reason is FaultReason.BAD_ANSWER


def test_answer_that_is_too_long_is_not_read_to_its_end(gate: Gate) -> None:
    def flood(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            connection.sendall(b" " * 65536)

    fault = fault_of(gate, flood)
    assert (fault.reason, str(fault)) == (FaultReason.BAD_ANSWER, "bad_answer: more than 1000 bytes")


def test_packed_answer_is_not_unpacked(gate: Gate) -> None:
    bomb = saying(b"\x1f\x8b" + b"\0" * 100, fields="Content-Encoding: gzip\r\n")
    assert fault_of(gate, bomb).reason is FaultReason.BAD_ANSWER


@pytest.mark.parametrize("beginning", [b"HTTP/1.1 200 OK\r\nX: ", b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n"])
def test_service_that_sends_a_byte_now_and_then_is_given_up_in_time(gate: Gate, beginning: bytes) -> None:
    def trickle(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(beginning)
        while True:
            connection.sendall(b" ")
            time.sleep(0.02)

    began = time.monotonic()
    assert fault_of(gate, trickle).reason is FaultReason.TIMEOUT
    assert time.monotonic() - began < 5


def test_service_that_says_nothing_is_given_up(gate: Gate) -> None:
    def listen(connection: socket.socket) -> None:
        while connection.recv(65536):
            pass

    assert fault_of(gate, listen).reason is FaultReason.TIMEOUT


@pytest.mark.parametrize(
    "broken",
    [b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{}", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9"],
)
def test_answer_that_breaks_off_is_a_fault_of_the_network_and_the_next_request_succeeds(
    gate: Gate, broken: bytes
) -> None:
    answers = iter([broken, b"HTTP/1.1 200 OK\r\n\r\n{}"])

    def answer(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(next(answers))

    with server(answer) as service, JsonClient(gate, base(service)) as http:
        with pytest.raises(ApiFault) as caught:
            http.get("/", {})
        assert caught.value.reason is FaultReason.NETWORK
        assert http.get("/", {}).document == {}


def test_key_is_in_no_log_and_no_exception(gate: Gate, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    fault = fault_of(gate, lambda _: None)
    with server(saying(b"{}")) as service, JsonClient(gate, base(service)) as http:
        http.get("/", {"key": KEY})
        assert KEY not in repr(http)
    with JsonClient(gate, "https://127.0.0.1:9") as nobody, pytest.raises(ApiFault) as refused:
        nobody.get("/", {"key": KEY})
    for raised in (fault, refused.value):
        assert raised.__cause__ is None
        assert raised.__suppress_context__, "the texts of urllib3 hold the whole address"
        assert KEY not in f"{raised!r} {raised}"
    assert refused.value.reason is FaultReason.NETWORK
    assert KEY not in caplog.text


class Secure:
    """A service with TLS that keeps its connections for a number of answers."""

    def __init__(self, authority: trustme.CA, *, answers: int = 100) -> None:
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._answers = answers
        authority.issue_cert("127.0.0.1").configure_cert(self._context)

    def __call__(self, connection: socket.socket) -> None:
        with self._context.wrap_socket(connection, server_side=True) as secured:
            for _ in range(self._answers):
                if not secured.recv(65536):
                    return
                secured.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")


def test_one_connection_serves_many_requests_and_its_authority_must_be_trusted(gate: Gate, tmp_path: Path) -> None:
    authority, bundle = trustme.CA(), tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(bundle))
    with server(Secure(authority)) as service:
        address = f"https://127.0.0.1:{service.port}"
        with JsonClient(gate, address, ca_file=bundle) as http:
            assert [http.get("/", {}).status for _ in range(3)] == [200, 200, 200]
        assert service.connections == 1
        with JsonClient(gate, address) as wary, pytest.raises(ApiFault) as caught:
            wary.get("/", {})
    assert caught.value.reason is FaultReason.NETWORK


def test_kept_connection_that_the_service_closes_meanwhile_is_no_fault(gate: Gate, tmp_path: Path) -> None:
    authority, bundle = trustme.CA(), tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(bundle))
    with server(Secure(authority, answers=2)) as service:
        with JsonClient(gate, f"https://127.0.0.1:{service.port}", ca_file=bundle) as http:
            assert [http.get("/", {}).status for _ in range(5)] == [200] * 5
        assert service.connections == 3


def test_upstream_of_a_job_is_used_for_public_names() -> None:
    asked = []

    def refuse(connection: socket.socket) -> None:
        asked.append(connection.recv(65536).partition(b"\r\n")[0])
        connection.sendall(b"HTTP/1.1 502 Bad Gateway\r\n\r\n")

    with (
        server(refuse) as upstream,
        Gate() as gate,
        JsonClient(gate, "https://api.example/v3", upstream=base(upstream)) as http,
        pytest.raises(ApiFault),
    ):
        http.get("/things", {"key": KEY})
    assert asked == [b"CONNECT api.example:443 HTTP/1.1"]
