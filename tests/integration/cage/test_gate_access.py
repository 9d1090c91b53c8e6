"""Who may use the gate, for how long, and what hostile clients can do to it."""

from __future__ import annotations

import contextlib
import random
import socket
import threading
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from tests.integration.cage.fakenet import (
    Internet,
    Server,
    ask,
    echo,
    hello,
    open_tunnel,
    proof_of,
    read_all,
    read_reply,
    send_head,
    server,
)
from yt_videos_api.cage.gate import Gate, GateLimits, GateSession
from yt_videos_api.domain.addresses import IPAddress


@pytest.fixture
def internet() -> Internet:
    return Internet()


@pytest.fixture
def site(internet: Internet) -> Iterator[Server]:
    with server(hello) as running:
        internet.site(running)
        yield running


@pytest.fixture
def gate(internet: Internet) -> Iterator[Gate]:
    with Gate(resolver=internet.resolve, connector=internet.connect) as running:
        yield running


def anonymous(gate: Gate, credential: str = "") -> str:
    return f"http://{credential}127.0.0.1:{gate.port}"


def test_without_credential_nothing_is_looked_up_or_connected(gate: Gate, internet: Internet, site: Server) -> None:
    with gate.open_session() as session:
        name = urlsplit(session.proxy_url).username
        for credential in ("", "x:y@", f"{name}:@", f"{name}:wrong@", ":@"):
            for line in ("CONNECT site.example:443", "GET http://site.example/", "CONNECT 127.0.0.1:22"):
                reply = ask(anonymous(gate, credential), f"{line} HTTP/1.1")
                assert reply.status == 407
                assert reply.fields["proxy-authenticate"].startswith("Basic ")
        assert session.refused == []
    assert (internet.looked_up, internet.connected, site.connections) == ([], [], 0)


@pytest.mark.parametrize(
    "field", ["Basic", "Basic !!!", "Basic /w==", "Bearer abc", "Basic eDp5\r\nProxy-Authorization: Basic eDp5"]
)
def test_malformed_credential_is_no_credential(gate: Gate, field: str) -> None:
    assert ask(anonymous(gate), f"CONNECT site.example:443 HTTP/1.1\r\nProxy-Authorization: {field}").status == 407


def test_credentials_differ_and_end_with_their_session(gate: Gate, site: Server) -> None:
    first, second = gate.open_session(), gate.open_session()
    assert first.proxy_url != second.proxy_url
    first.close()
    assert ask(first, "GET http://site.example/ HTTP/1.1").status == 407
    assert ask(second, "GET http://site.example/ HTTP/1.1").status == 200
    assert (first.bytes_in, second.bytes_in) == (0, 5)
    second.close()
    assert site.connections == 1


def test_closing_a_session_cuts_its_tunnels_at_once_and_no_others(gate: Gate, internet: Internet) -> None:
    with server(echo) as site, gate.open_session() as other, gate.open_session() as session:
        internet.site(site)
        survivor = open_tunnel(other)
        tunnels = [open_tunnel(session) for _ in range(20)]
        started = time.monotonic()
        threading.Thread(target=session.close).start()
        for tunnel in tunnels:
            with tunnel, contextlib.suppress(ConnectionResetError):
                assert tunnel.recv(1) == b""
        assert time.monotonic() - started < 0.5  # a few milliseconds; the rest is patience with slow machines
        with survivor:
            survivor.sendall(b"still here")
            assert survivor.recv(100) == b"still here"


def test_closing_a_session_does_not_wait_for_ever_nor_fail(internet: Internet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("yt_videos_api.cage.gate._CUT_SECONDS", 0.05)
    hangs, goes_on = threading.Event(), threading.Event()

    async def connect(address: IPAddress, port: int) -> socket.socket:
        hangs.set()
        goes_on.wait(20)  # the whole loop with it
        return await internet.connect(address, port)

    with server(hello) as site, Gate(resolver=internet.resolve, connector=connect) as gate:
        internet.site(site)
        session = gate.open_session()
        asker = threading.Thread(target=ask_in_vain, args=(session,))
        asker.start()
        assert hangs.wait(5)
        session.close()
        goes_on.set()
        asker.join()
        assert ask(session, "GET http://site.example/ HTTP/1.1").status == 407, "cut later all the same"


def ask_in_vain(session: GateSession) -> None:
    with pytest.raises((OSError, AssertionError)):
        ask(session, "GET http://site.example/ HTTP/1.1")


def test_closing_a_session_cuts_a_transfer_in_full_flow(gate: Gate, internet: Internet) -> None:
    def flood(connection: socket.socket) -> None:
        while True:
            connection.sendall(bytes(1 << 20))

    with server(flood) as site, gate.open_session() as session:
        internet.site(site)
        with open_tunnel(session) as tunnel:
            assert tunnel.recv(1 << 20)
            session.close()
            moved = session.bytes_in
            with pytest.raises(ConnectionResetError):
                read_all(tunnel)  # not a clean end: nobody may take this for the whole
        assert session.bytes_in == moved


def test_closing_twice_or_after_the_gate_is_harmless(internet: Internet) -> None:
    gate = Gate(resolver=internet.resolve)
    gate.start()
    session = gate.open_session()
    session.close()
    session.close()
    late = gate.open_session()
    gate.close()
    gate.close()
    late.close()
    with pytest.raises(RuntimeError):
        gate.open_session()


def test_closing_the_gate_cuts_everything(internet: Internet) -> None:
    with server(echo) as site:
        internet.site(site)
        with Gate(resolver=internet.resolve, connector=internet.connect) as gate:
            url = anonymous(gate)
            silent = socket.create_connection(("127.0.0.1", gate.port), timeout=5)
            tunnel = open_tunnel(gate.open_session())
        for connection in (silent, tunnel):
            with connection, contextlib.suppress(ConnectionResetError):
                assert read_all(connection) == b""
        with pytest.raises(ConnectionRefusedError):
            send_head(url, "CONNECT")


def test_slow_client_is_sent_away_while_others_are_served(internet: Internet, site: Server) -> None:
    limits = GateLimits(head_seconds=0.3)
    with (
        Gate(resolver=internet.resolve, connector=internet.connect, limits=limits) as gate,
        gate.open_session() as session,
        socket.create_connection(("127.0.0.1", gate.port), timeout=5) as slow,
    ):
        slow.sendall(b"CONNECT site.exa")
        started = time.monotonic()
        assert ask(session, "GET http://site.example/ HTTP/1.1").status == 200
        assert read_reply(slow).status == 408
        assert 0.2 < time.monotonic() - started < 4
    assert site.connections == 1


def test_newcomers_that_say_nothing_cannot_lock_others_out(internet: Internet, site: Server) -> None:
    limits = GateLimits(newcomers=10)
    with (
        Gate(resolver=internet.resolve, connector=internet.connect, limits=limits) as gate,
        gate.open_session() as session,
        contextlib.ExitStack() as stack,
    ):
        silent = [stack.enter_context(socket.create_connection(("127.0.0.1", gate.port), timeout=5)) for _ in range(50)]
        assert ask(session, "GET http://site.example/ HTTP/1.1").status == 200
        with contextlib.suppress(ConnectionResetError):
            assert silent[0].recv(1) == b""
    assert site.connections == 1


def test_session_has_a_bounded_number_of_connections(internet: Internet) -> None:
    limits = GateLimits(connections_per_session=2)
    with (
        server(echo) as site,
        Gate(resolver=internet.resolve, connector=internet.connect, limits=limits) as gate,
        gate.open_session() as session,
        gate.open_session() as other,
    ):
        internet.site(site)
        with open_tunnel(session), open_tunnel(session):
            assert ask(session, "CONNECT site.example:443 HTTP/1.1").status == 503
            open_tunnel(other).close()


def test_idle_tunnel_is_cut_and_a_busy_one_is_not(internet: Internet) -> None:
    limits = GateLimits(idle_seconds=0.8)
    with (
        server(echo) as site,
        Gate(resolver=internet.resolve, connector=internet.connect, limits=limits) as gate,
        gate.open_session() as session,
    ):
        internet.site(site)
        with open_tunnel(session) as idle, open_tunnel(session) as busy:
            for _ in range(15):
                busy.sendall(b"x")
                assert busy.recv(1) == b"x"
                time.sleep(0.1)
            with contextlib.suppress(ConnectionResetError):
                assert idle.recv(1) == b""


@pytest.mark.parametrize(
    "head",
    [
        b"\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET /\r\n\r\n",
        b"CONNECT site.example HTTP/1.1\r\n\r\n",
        b"CONNECT site.example:x HTTP/1.1\r\n\r\n",
        b"CONNECT user@site.example:443 HTTP/1.1\r\n\r\n",
        b"GET https://site.example/ HTTP/1.1\r\n\r\n",
        b"GET ftp://site.example/ HTTP/1.1\r\n\r\n",
        b"GET http://user:pw@site.example/ HTTP/1.1\r\n\r\n",
        b"GET http:/// HTTP/1.1\r\n\r\n",
        b"GET http://site.example/ HTTP/2.0\r\n\r\n",
        b"GET http://site.example/a b HTTP/1.1\r\n\r\n",
        b"GET http://site.example/\xff HTTP/1.1\r\n\r\n",
        b"GET http://site.example/ HTTP/1.1\r\nNo colon\r\n\r\n",
        b"GET http://site.example/ HTTP/1.1\r\nSpace : x\r\n\r\n",
        b"GET http://site.example/ HTTP/1.1\r\n folded: x\r\n\r\n",
        b"GET http://site.example/ HTTP/1.1\r\nA: x\rB: y\r\n\r\n",
        b"GET http://site.example/ HTTP/1.1\r\nA: x\nB: y\r\n\r\n",
        b"POST http://site.example/ HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"POST http://site.example/ HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"POST http://site.example/ HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"POST http://site.example/ HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
        b"POST http://site.example/ HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"GET http://site.example/ HTTP/1.1\r\nA: " + b"x" * 70_000,
    ],
)
def test_request_that_is_not_understood_is_answered_and_goes_nowhere(gate: Gate, site: Server, head: bytes) -> None:
    with gate.open_session() as session:
        proof = proof_of(session.proxy_url)
        first, _, rest = head.partition(b"\r\n")
        with socket.create_connection(("127.0.0.1", gate.port), timeout=5) as connection:
            connection.sendall(first + b"\r\n" + proof + rest)
            assert read_reply(connection).status == 400
        assert ask(session, "GET http://site.example/ HTTP/1.1").status == 200
    assert site.connections == 1


def test_noise_never_kills_the_gate(gate: Gate, site: Server) -> None:
    noise = random.Random(7)
    with gate.open_session() as session:
        proof = proof_of(session.proxy_url)
        for _ in range(200):
            words = noise.choices(
                [b"CONNECT ", b"GET ", b"http://", b"site.example", b":", b"[", b"\r\n", proof, b"\0\xff"], k=9
            )
            with socket.create_connection(("127.0.0.1", gate.port), timeout=5) as connection:
                connection.sendall(
                    b"".join(words) + noise.randbytes(noise.randrange(50)) + b"\r\n\r\n"[: noise.randrange(5)]
                )
        assert ask(session, "GET http://site.example/ HTTP/1.1").status == 200
