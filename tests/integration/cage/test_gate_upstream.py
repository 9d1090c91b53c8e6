"""The gate in front of another proxy."""

from __future__ import annotations

import contextlib
import socket

import pytest

from tests.integration.cage.fakenet import Internet, ask, open_tunnel, read_all, read_reply, send_head, server
from yt_videos_api.cage.gate import Gate
from yt_videos_api.domain.errors import Misconfigured


class Proxy:
    """An upstream proxy that keeps what it was asked, and is the internet itself."""

    def __init__(self, connect_answer: bytes = b"HTTP/1.1 200 OK\r\nVia: x\r\n\r\n") -> None:
        self.connect_answer = connect_answer
        self.heads: list[str] = []
        self.smuggled = b""

    def __call__(self, connection: socket.socket) -> None:
        data = b""
        while b"\r\n\r\n" not in data:
            data += connection.recv(65536)
        head, _, rest = data.partition(b"\r\n\r\n")
        self.heads.append(head.decode())
        if not head.startswith(b"CONNECT"):
            connection.settimeout(0.2)
            with contextlib.suppress(TimeoutError):
                self.smuggled += rest or connection.recv(65536)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nplain")
            return
        connection.sendall(self.connect_answer)
        connection.sendall(b"tunnelled " + read_all(connection))


def test_tunnel_is_chained_with_the_credentials_of_the_operator() -> None:
    internet, proxy = Internet(), Proxy()
    with (
        server(proxy) as upstream,
        Gate(upstream=f"http://me:p%40ss@127.0.0.1:{upstream.port}", resolver=internet.resolve) as gate,
        gate.open_session() as session,
    ):
        with open_tunnel(session, "Unknown.Example:443") as tunnel:
            tunnel.sendall(b"bytes")
            tunnel.shutdown(socket.SHUT_WR)
            assert read_all(tunnel) == b"tunnelled bytes"
        assert session.bytes_in == len(b"tunnelled bytes")
    assert internet.looked_up == [], "names are left to the upstream proxy"
    assert proxy.heads == [
        "CONNECT unknown.example:443 HTTP/1.1\r\nHost: unknown.example:443\r\nProxy-Authorization: Basic bWU6cEBzcw=="
    ]


def test_plain_request_is_passed_on_with_the_credentials_of_the_operator_only() -> None:
    proxy = Proxy()
    with (
        server(proxy) as upstream,
        Gate(upstream=f"http://me:secret@127.0.0.1:{upstream.port}") as gate,
        gate.open_session() as session,
    ):
        head = "GET http://unknown.example:8080/a?b HTTP/1.1\r\nHost: x\r\nAccept: */*"
        assert ask(session, head).content == b"plain"
    assert proxy.heads == [
        "GET http://unknown.example:8080/a?b HTTP/1.1\r\nHost: unknown.example:8080\r\n"
        "Proxy-Authorization: Basic bWU6c2VjcmV0\r\nAccept: */*\r\nConnection: close"
    ]


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "2130706433", "[::1]", "[::ffff:10.0.0.1]", "169.254.169.254", "localhost", "redis"]
)
def test_private_target_never_reaches_the_upstream(host: str) -> None:
    with (
        server(Proxy()) as upstream,
        Gate(upstream=f"http://127.0.0.1:{upstream.port}") as gate,
        gate.open_session() as session,
    ):
        assert ask(session, f"CONNECT {host}:443 HTTP/1.1").status == 403
        assert ask(session, f"GET http://{host}/ HTTP/1.1").status == 403
        assert ask(session, "CONNECT unknown.example:22 HTTP/1.1").status == 403
        assert len(session.refused) == 3
        assert upstream.connections == 0


def test_exception_holds_behind_an_upstream_too() -> None:
    proxy = Proxy()
    with (
        server(proxy) as upstream,
        Gate(upstream=f"http://127.0.0.1:{upstream.port}", exceptions=frozenset({("10.0.0.1", 99)})) as gate,
        gate.open_session() as session,
    ):
        open_tunnel(session, "10.0.0.1:99").close()
    assert proxy.heads[0].startswith("CONNECT 10.0.0.1:99 ")


@pytest.mark.parametrize("body", ["", "Content-Length: 3\r\n", "Transfer-Encoding: chunked\r\n"])
def test_nothing_is_smuggled_to_the_upstream_behind_a_request(body: str) -> None:
    proxy = Proxy()
    with (
        server(proxy) as upstream,
        Gate(upstream=f"http://127.0.0.1:{upstream.port}") as gate,
        gate.open_session() as session,
        send_head(session, f"POST http://unknown.example/ HTTP/1.1\r\n{body}A: b") as connection,
    ):
        content = {"": b"", "C": b"abc", "T": b"0\r\n\r\n"}[body[:1]]
        connection.sendall(content + b"GET http://169.254.169.254/latest HTTP/1.1\r\n\r\n")
        assert read_reply(connection).status == 200
    assert proxy.smuggled in {content, b""}
    assert len(proxy.heads) == 1


def test_bytes_that_come_with_the_upstreams_answer_are_not_lost() -> None:
    with (
        server(Proxy(b"HTTP/1.0 200 OK\n\nbanner ")) as upstream,
        Gate(upstream=f"http://127.0.0.1:{upstream.port}") as gate,
        gate.open_session() as session,
        send_head(session, "CONNECT unknown.example:443 HTTP/1.1") as tunnel,
    ):
        tunnel.shutdown(socket.SHUT_WR)
        assert read_all(tunnel).endswith(b"\r\n\r\nbanner tunnelled ")


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n",
        b"HTTP/1.1 502 Bad Gateway\r\n\r\n",
        b"SOCKS\r\n\r\n",
        b"",
    ],
)
def test_upstream_that_does_not_connect_is_a_bad_gateway(answer: bytes) -> None:
    def refuse(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(answer)

    with (
        server(refuse) as upstream,
        Gate(upstream=f"http://127.0.0.1:{upstream.port}") as gate,
        gate.open_session() as session,
    ):
        assert ask(session, "CONNECT unknown.example:443 HTTP/1.1").status == 502
        assert session.refused == []


def test_upstream_that_is_gone_is_a_bad_gateway() -> None:
    with server(Proxy()) as gone:
        pass
    with Gate(upstream=f"http://127.0.0.1:{gone.port}") as gate, gate.open_session() as session:
        assert ask(session, "CONNECT unknown.example:443 HTTP/1.1").status == 502


@pytest.mark.parametrize(
    "url", ["socks5://h:1", "http://h", "h:1", "http://:1", "http://a b:1", "http://h:99999", "http://u:geheim@h"]
)
def test_upstream_that_cannot_be_read_is_a_misconfiguration(url: str) -> None:
    with pytest.raises(Misconfigured, match="YT_VIDEOS_UPSTREAM_PROXY") as caught:
        Gate(upstream=url)
    assert "geheim" not in str(caught.value)
