"""Where the gate lets connections go."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from ipaddress import ip_address

import pytest

from tests.integration.cage.fakenet import OTHER_PUBLIC, PUBLIC, Internet, Server, ask, hello, open_tunnel, server
from yt_videos_api.cage.dial import is_own
from yt_videos_api.cage.gate import Gate
from yt_videos_api.domain.addresses import IPAddress


@pytest.fixture
def canary() -> Iterator[Server]:
    """A private service that nobody must ever reach."""
    with server(hello, "127.0.0.2") as running:
        yield running
        assert running.connections == 0


@pytest.fixture
def internet() -> Internet:
    return Internet()


def refused_by(gate: Gate, target: str) -> str:
    """Ask for `target` in both ways; the one reason that was recorded."""
    with gate.open_session() as session:
        replies = [
            ask(session, f"CONNECT {target} HTTP/1.1\r\nHost: {target}"),
            ask(session, f"GET http://{target}/x HTTP/1.1\r\nHost: public.example"),
        ]
        assert [reply.status for reply in replies] == [403, 403]
        (reason,) = {refusal.reason for refusal in session.refused}
        assert len(session.refused) == 2
        assert session.bytes_in == 0
    return reason


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.2",
        "127.2",
        "0177.0.0.2",
        "0x7f000002",
        "2130706434",
        "127.000.000.002",
        "127.0.0.2.",
        "[::ffff:127.0.0.2]",
        "[::ffff:7f00:2]",
        "[::127.0.0.2]",
        "[64:ff9b::7f00:2]",
        "[64:ff9b:1::7f00:2]",
        "[2002:7f00:2::]",
        "[::1]",
        "[fe80::1%25lo]",
        "0",
        "10.0.0.1",
        "169.254.169.254",
        "100.100.100.200",
        "224.0.0.1",
    ],
)
def test_private_address_is_refused_in_every_spelling(canary: Server, internet: Internet, host: str) -> None:
    ports = frozenset({80, canary.port})
    with Gate(resolver=internet.resolve, connector=internet.connect, allowed_ports=ports) as gate:
        assert "not a public address" in refused_by(gate, f"{host}:{canary.port}")
    assert (internet.looked_up, internet.connected) == ([], [])


@pytest.mark.parametrize(
    "host", ["1.2.3.256", "08.1.1.1", "exa%6dple.com", "exa*mple.com", "-x.example", "a..b", "[::1%"]
)
def test_ambiguous_host_is_refused_or_not_understood(internet: Internet, host: str) -> None:
    with Gate(resolver=internet.resolve, connector=internet.connect) as gate, gate.open_session() as session:
        assert ask(session, f"CONNECT {host}:443 HTTP/1.1").status in {400, 403}
    assert (internet.looked_up, internet.connected) == ([], [])


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST.", "x.localhost", "redis", "metadata.google.internal", "nas.local"]
)
def test_name_of_a_local_network_is_refused_without_asking_dns(internet: Internet, host: str) -> None:
    internet.names = {host: [[PUBLIC]]}
    with Gate(resolver=internet.resolve, connector=internet.connect) as gate:
        assert "local network" in refused_by(gate, f"{host}:80")
    assert (internet.looked_up, internet.connected) == ([], [])


@pytest.mark.parametrize(
    "private", ["127.0.0.2", "::1", "::ffff:127.0.0.2", "64:ff9b::7f00:2", "10.0.0.1", "fe80::1%lo"]
)
@pytest.mark.parametrize("addresses", ["private alone", "private first", "private last"])
def test_name_is_refused_when_any_of_its_addresses_is_private(internet: Internet, private: str, addresses: str) -> None:
    records = {
        "private alone": [private],
        "private first": [private, PUBLIC],
        "private last": [OTHER_PUBLIC, PUBLIC, private],
    }
    internet.names = {"mixed.example": [records[addresses]]}
    with Gate(resolver=internet.resolve, connector=internet.connect) as gate:
        assert f"leads to {ip_address(private)}" in refused_by(gate, "mixed.example:80")
    assert internet.connected == []


def test_rebinding_name_never_reaches_the_private_address(canary: Server, internet: Internet) -> None:
    with server(hello) as public:
        internet.names = {"rebind.example": [[PUBLIC], ["127.0.0.2"]]}
        internet.sites = {PUBLIC: public.port}
        ports = frozenset({canary.port})
        with (
            Gate(resolver=internet.resolve, connector=internet.connect, allowed_ports=ports) as gate,
            gate.open_session() as session,
        ):
            replies = [ask(session, f"GET http://rebind.example:{canary.port}/ HTTP/1.1") for _ in range(3)]
    assert [reply.status for reply in replies] == [200, 403, 403]
    assert internet.connected == [PUBLIC], "one lookup per connection, and the judged address is the connected one"
    assert len(internet.looked_up) == 3


def test_next_judged_address_is_tried_when_one_does_not_answer(internet: Internet) -> None:
    with server(hello) as public:
        internet.names = {"site.example": [[OTHER_PUBLIC, PUBLIC]]}
        internet.sites = {PUBLIC: public.port}
        with Gate(resolver=internet.resolve, connector=internet.connect) as gate, gate.open_session() as session:
            assert ask(session, "GET http://site.example/ HTTP/1.1").content == b"hello"
    assert internet.connected == [OTHER_PUBLIC, PUBLIC]


def test_site_that_does_not_answer_is_unreachable_but_not_refused(internet: Internet) -> None:
    internet.names = {"site.example": [[OTHER_PUBLIC, PUBLIC]]}
    with Gate(resolver=internet.resolve, connector=internet.connect) as gate, gate.open_session() as session:
        assert ask(session, "CONNECT site.example:443 HTTP/1.1").status == 502
        assert session.refused == []


@pytest.mark.parametrize("error", [OSError("broken"), UnicodeError("odd name"), None])
def test_failing_lookup_connects_to_nothing(internet: Internet, error: Exception | None) -> None:
    def resolve(host: str, port: int) -> list[IPAddress]:
        if error is not None:
            raise error
        return []

    with Gate(resolver=resolve, connector=internet.connect) as gate, gate.open_session() as session:
        assert ask(session, "CONNECT site.example:443 HTTP/1.1").status == 502
        assert session.refused == []
    assert internet.connected == []


@pytest.mark.parametrize(("error", "unknown"), [(socket.EAI_NONAME, True), (socket.EAI_AGAIN, False)])
def test_a_name_counts_as_unknown_only_when_the_resolver_says_so(internet: Internet, error: int, unknown: bool) -> None:
    def resolve(host: str, port: int) -> list[IPAddress]:
        raise socket.gaierror(error, "no")

    with Gate(resolver=resolve, connector=internet.connect) as gate, gate.open_session() as session:
        assert ask(session, "CONNECT site.example:443 HTTP/1.1").status == 502
        assert session.unknown_names == ({"site.example"} if unknown else set())


@pytest.mark.parametrize("port", [0, 22, 25, 6379, 65535, 65536, 99999])
def test_port_that_is_not_allowed_is_refused(internet: Internet, port: int) -> None:
    internet.names = {"site.example": [[PUBLIC]]}
    with Gate(resolver=internet.resolve, connector=internet.connect) as gate:
        assert refused_by(gate, f"site.example:{port}") == f"port {port} is not allowed"
    assert (internet.looked_up, internet.connected) == ([], [])


def test_exception_opens_exactly_one_host_and_port(canary: Server, internet: Internet) -> None:
    with server(hello) as trusted:
        internet.names = {"media.lan": [["127.0.0.1"]], "other.example": [["127.0.0.1"]]}
        allowed = frozenset({("127.0.0.1", trusted.port), ("media.lan", trusted.port)})
        with (
            Gate(exceptions=allowed, resolver=internet.resolve, connector=internet.connect) as gate,
            gate.open_session() as session,
        ):
            for host in ("127.0.0.1", "127.1", "media.lan", "MEDIA.lan."):
                assert ask(session, f"GET http://{host}:{trusted.port}/ HTTP/1.1").content == b"hello"
            for target in (
                f"127.0.0.1:{canary.port}",
                f"127.0.0.2:{canary.port}",
                f"other.example:{trusted.port}",
                f"x.media.lan:{trusted.port}",
                "media.lan:80",
            ):
                assert ask(session, f"GET http://{target}/ HTTP/1.1").status == 403
        assert trusted.connections == 4


def test_only_what_the_request_line_names_counts(canary: Server, internet: Internet) -> None:
    with server(hello) as public:
        internet.site(public)
        with Gate(resolver=internet.resolve, connector=internet.connect) as gate, gate.open_session() as session:
            host = f"Host: 127.0.0.2:{canary.port}"
            assert ask(session, f"GET http://site.example/ HTTP/1.1\r\n{host}").content == b"hello"
            open_tunnel(session).close()
    assert internet.connected == [PUBLIC, PUBLIC]


def test_addresses_of_this_very_host_are_told_from_others() -> None:
    assert is_own(ip_address("127.0.0.1"))
    assert is_own(ip_address("::1"))
    assert not is_own(ip_address(PUBLIC))
    assert not is_own(ip_address(OTHER_PUBLIC))


def test_system_resolver_reads_hosts_of_this_system() -> None:
    with server(hello) as trusted:
        allowed = frozenset({("localhost", trusted.port)})
        with Gate(exceptions=allowed) as gate, gate.open_session() as session:
            assert ask(session, f"GET http://localhost:{trusted.port}/ HTTP/1.1").content == b"hello"
