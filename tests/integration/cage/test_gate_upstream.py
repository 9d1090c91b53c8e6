"""The gate in front of another proxy."""

from __future__ import annotations

import contextlib
import socket

import pytest

from tests.integration.cage.fakenet import Internet, ask, hello, open_tunnel, read_all, read_reply, send_head, server
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


def test_public_exception_goes_through_the_upstream_too() -> None:
    proxy = Proxy()
    with (
        server(proxy) as upstream,
        Gate(upstream=f"http://127.0.0.1:{upstream.port}", exceptions=frozenset({("site.example", 99)})) as gate,
        gate.open_session() as session,
    ):
        open_tunnel(session, "site.example:99").close()
    assert proxy.heads[0].startswith("CONNECT site.example:99 ")


def test_private_exception_is_reached_without_the_upstream() -> None:
    internet = Internet(names={"media.lan": [["127.0.0.1"]]})
    with server(Proxy()) as upstream, server(hello) as own:
        exceptions = frozenset({("127.0.0.1", own.port), ("media.lan", own.port)})
        with (
            Gate(
                upstream=f"http://127.0.0.1:{upstream.port}", exceptions=exceptions, resolver=internet.resolve
            ) as gate,
            gate.open_session() as session,
        ):
            for host in ("127.0.0.1", "media.lan"):
                assert ask(session, f"GET http://{host}:{own.port}/ HTTP/1.1").content == b"hello"
                open_tunnel(session, f"{host}:{own.port}").close()
        assert upstream.connections == 0


def test_exception_of_one_session_is_none_for_the_others() -> None:
    with server(hello) as own, server(Proxy()) as upstream:
        with (
            Gate(upstream=f"http://127.0.0.1:{upstream.port}") as gate,
            gate.open_session(exceptions=frozenset({("127.0.0.1", own.port)})) as trusted,
            gate.open_session() as other,
        ):
            assert ask(trusted, f"GET http://127.0.0.1:{own.port}/ HTTP/1.1").content == b"hello"
            assert ask(other, f"GET http://127.0.0.1:{own.port}/ HTTP/1.1").status == 403
            assert ask(trusted, f"GET http://127.0.0.2:{own.port}/ HTTP/1.1").status == 403
        assert (own.connections, upstream.connections) == (1, 0)


def test_upstream_of_a_session_takes_the_place_of_the_gates() -> None:
    of_gate, of_session = Proxy(), Proxy()
    with (
        server(of_gate) as usual,
        server(of_session) as chosen,
        Gate(upstream=f"http://me:mine@127.0.0.1:{usual.port}") as gate,
        gate.open_session(f"http://you:yours@127.0.0.1:{chosen.port}") as session,
        gate.open_session() as other,
    ):
        open_tunnel(session, "first.example:443").close()
        open_tunnel(other, "second.example:443").close()
    assert [head.partition("\r\n")[0] for head in of_session.heads] == ["CONNECT first.example:443 HTTP/1.1"]
    assert [head.partition("\r\n")[0] for head in of_gate.heads] == ["CONNECT second.example:443 HTTP/1.1"]
    assert "eW91OnlvdXJz" in of_session.heads[0], "its own credentials"
    assert "eW91OnlvdXJz" not in of_gate.heads[0]


def test_session_may_have_an_upstream_where_the_gate_has_none() -> None:
    internet, proxy = Internet(), Proxy()
    with (
        server(proxy) as upstream,
        Gate(resolver=internet.resolve) as gate,
        gate.open_session(f"http://127.0.0.1:{upstream.port}") as session,
    ):
        open_tunnel(session, "unknown.example:443").close()
        assert ask(session, "GET http://127.0.0.1/ HTTP/1.1").status == 403
    assert internet.looked_up == [], "names are left to the upstream proxy"
    assert len(proxy.heads) == 1


def test_upstream_of_a_session_that_cannot_be_read_is_a_misconfiguration() -> None:
    with Gate() as gate, pytest.raises(Misconfigured, match="YT_VIDEOS_PROXIES") as caught:
        gate.open_session("http://u:geheim@h")
    assert "geheim" not in str(caught.value)


def test_unknown_name_of_the_upstream_is_not_told_of_the_site() -> None:
    internet = Internet()
    with (
        Gate(upstream="http://proxy.example:3128", resolver=internet.resolve) as gate,
        gate.open_session() as session,
    ):
        assert ask(session, "CONNECT site.example:443 HTTP/1.1").status == 502
        assert session.unknown_names == frozenset()
    assert internet.looked_up == ["proxy.example"]


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
