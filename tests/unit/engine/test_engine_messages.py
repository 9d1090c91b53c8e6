"""What one side says arrives at the other; what is no message is refused."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
from collections.abc import Iterator

import pytest

from yt_videos_api.engine.fields import Fields
from yt_videos_api.engine.messages import MAX_LINE_BYTES, Channel, ProtocolError


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, Channel]]:
    """A raw socket, and a channel at its other end."""
    raw, other = socket.socketpair()
    channel = Channel(other)
    yield raw, channel
    raw.close()
    channel.close()


def test_messages_arrive_one_by_one_in_order(pair: tuple[socket.socket, Channel]) -> None:
    raw, channel = pair
    Channel(raw).send({"n": 1})
    Channel(raw).send({"n": 2, "text": "ü\udc80"})
    assert channel.receive() == {"n": 1}
    assert channel.has_message
    assert channel.receive() == {"n": 2, "text": "ü\udc80"}
    assert not channel.has_message


def test_end_of_the_other_side_is_none(pair: tuple[socket.socket, Channel]) -> None:
    raw, channel = pair
    raw.close()
    assert channel.receive(1) is None


def test_silence_ends_with_the_timeout(pair: tuple[socket.socket, Channel]) -> None:
    _, channel = pair
    with pytest.raises(TimeoutError):
        channel.receive(0.01)


def test_half_a_line_does_not_outlast_the_timeout(pair: tuple[socket.socket, Channel]) -> None:
    raw, channel = pair
    raw.sendall(b'{"kind":')
    with pytest.raises(TimeoutError):
        channel.receive(0.01)


@pytest.mark.parametrize(
    "line",
    [
        b"\n",
        b"nonsense\n",
        b"[1]\n",
        b'"text"\n',
        b'{"a": NaN}\n',
        b'{"a": -Infinity}\n',
        b"\xff\xfe\n",
        b"[" * 100_000 + b"\n",
        b'{"a": ' + b"9" * 5000 + b"}\n",
    ],
)
def test_what_is_no_message_is_refused(line: bytes, pair: tuple[socket.socket, Channel]) -> None:
    raw, channel = pair
    raw.sendall(line)
    with pytest.raises(ProtocolError):
        channel.receive(1)


def test_an_endless_line_is_refused_before_it_fills_the_memory(pair: tuple[socket.socket, Channel]) -> None:
    raw, channel = pair
    sent = 0

    def flood() -> None:
        nonlocal sent
        with contextlib.suppress(OSError):
            while sent < 4 * MAX_LINE_BYTES:
                sent += raw.send(b"x" * 65536)

    sender = threading.Thread(target=flood)
    sender.start()
    with pytest.raises(ProtocolError):
        channel.receive(10)
    channel.close()
    sender.join()
    assert sent < 2 * MAX_LINE_BYTES


def test_a_flood_of_messages_does_not_outlast_the_timeout(pair: tuple[socket.socket, Channel]) -> None:
    raw, channel = pair
    raw.sendall(b"{}" + b" " * 100)
    with pytest.raises(TimeoutError):
        channel.receive(0)


def test_a_message_that_is_too_long_is_not_sent(pair: tuple[socket.socket, Channel]) -> None:
    _, channel = pair
    with pytest.raises(ProtocolError):
        channel.send({"text": "x" * MAX_LINE_BYTES})


def test_descriptors_arrive_only_where_they_are_expected() -> None:
    ours, theirs = socket.socketpair()
    sender, expecting = Channel(ours), Channel(theirs, accepts_descriptors=True)
    reading, writing = os.pipe()
    sender.send({"kind": "a"}, [writing])
    assert expecting.receive(1) == {"kind": "a"}
    (copy,) = expecting.take_descriptors()
    os.write(copy, b"through the copy")
    assert os.read(reading, 100) == b"through the copy"
    assert expecting.take_descriptors() == []
    expecting.send({"kind": "b"}, [writing])
    assert sender.receive(1) == {"kind": "b"}
    assert sender.take_descriptors() == []
    for descriptor in (copy, reading, writing):
        os.close(descriptor)
    sender.close()
    expecting.close()


@pytest.mark.parametrize("value", ["1", True, -1, 2**60, 1.5, None, [], {}])
def test_only_whole_numbers_of_sane_size_are_integers(value: object) -> None:
    with pytest.raises(ProtocolError):
        Fields({"n": value}).integer("n")


@pytest.mark.parametrize("value", ["1", True, -1.0, float("nan"), float("inf"), 1e300, None])
def test_only_finite_numbers_are_numbers(value: object) -> None:
    with pytest.raises(ProtocolError):
        Fields({"n": value}).number("n")


def test_texts_lose_controls_and_halves_of_surrogates_but_keep_lines() -> None:
    fields = Fields({"t": "a\x00b\x1b[31mc\x85d\ud800e\nf\tg\u202e"})
    assert fields.text("t") == "ab[31mcde\nf\tg\u202e"
    assert Fields({"t": "x" * 100}).text("t", limit=10) == "x" * 10


def test_lists_and_objects_have_limits() -> None:
    with pytest.raises(ProtocolError):
        Fields({"l": [{}] * 3}).items("l", limit=2)
    with pytest.raises(ProtocolError):
        Fields({"l": [1]}).items("l")
    with pytest.raises(ProtocolError):
        Fields([])
