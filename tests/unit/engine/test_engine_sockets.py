"""What a child sees of its own connections to the gate."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from yt_videos_api.engine.sockets import GateTraffic

Pair = tuple[socket.socket, socket.socket]


@pytest.fixture
def gate() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


@pytest.fixture
def traffic(gate: socket.socket) -> GateTraffic:
    return GateTraffic(gate.getsockname()[1])


@pytest.fixture
def connection(gate: socket.socket) -> Iterator[Pair]:
    """The child's end and the gate's."""
    with socket.create_connection(gate.getsockname()) as ours, gate.accept()[0] as theirs:
        yield ours, theirs


def test_bytes_are_counted_when_they_arrive_not_when_they_are_read(traffic: GateTraffic, connection: Pair) -> None:
    before = traffic.received_bytes()
    connection[1].sendall(bytes(10_000))
    connection[0].recv(1)
    assert 9_000 < traffic.received_bytes() - before <= 10_000


def test_the_count_never_goes_back_when_a_connection_is_closed(
    traffic: GateTraffic, gate: socket.socket, connection: Pair
) -> None:
    connection[1].sendall(bytes(10_000))
    connection[0].recv(1)
    counted = traffic.received_bytes()
    connection[0].close()
    assert traffic.received_bytes() == counted
    with socket.create_connection(gate.getsockname()) as ours, gate.accept()[0] as theirs:
        theirs.sendall(bytes(5_000))
        ours.recv(1)
        assert traffic.received_bytes() > counted + 4_000


def test_connections_to_others_do_not_count_and_are_not_cut(traffic: GateTraffic, connection: Pair) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other, socket.create_connection(other.getsockname()) as stranger:
        peer, _ = other.accept()
        with peer:
            before = traffic.received_bytes()
            peer.sendall(bytes(10_000))
            stranger.recv(1)
            traffic.cut()
            assert traffic.received_bytes() == before
            peer.sendall(b"still here")
            assert stranger.recv(20_000)


def test_cut_wakes_whoever_waits(traffic: GateTraffic, connection: Pair) -> None:
    traffic.cut()
    assert connection[0].recv(1) == b""
    traffic.cut()


def test_hurry_turns_the_waiting_of_small_writes_off(traffic: GateTraffic, connection: Pair) -> None:
    assert connection[0].getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) == 0
    traffic.hurry()
    assert connection[0].getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) != 0
