"""Transport streams are judged by their counters."""

from __future__ import annotations

from pathlib import Path

import pytest

from yt_videos_api.domain.errors import DownloadFailure
from yt_videos_api.media.transport import check_transport_stream

NULL_PID = 0x1FFF


def packet(counter: int, *, pid: int = 0x100, start: bool = False, payload: bool = True, jump: bool = False) -> bytes:
    control = (0x10 if payload else 0) | (0x20 if jump else 0) | counter % 16
    head = bytes((0x47, (0x40 if start else 0) | pid >> 8, pid & 0xFF, control, 1, 0x80 if jump else 0))
    return head + bytes(188 - len(head))


def unit(first: int, count: int = 20, *, pid: int = 0x100) -> list[bytes]:
    return [packet(first + index, pid=pid, start=index == 0) for index in range(count)]


def check(tmp_path: Path, packets: list[bytes], tail: bytes = b"") -> None:
    path = tmp_path / "stream.ts"
    path.write_bytes(b"".join(packets) + tail)
    check_transport_stream(path)


def test_counters_that_go_on_are_fine(tmp_path: Path) -> None:
    check(tmp_path, unit(0) + unit(20) + unit(40))


def test_counters_that_start_anew_with_a_unit_are_fine(tmp_path: Path) -> None:
    check(tmp_path, unit(0) + unit(7))


def test_interleaved_streams_count_by_themselves(tmp_path: Path) -> None:
    video, sound = unit(0), unit(9, pid=0x101)
    check(tmp_path, [each for pair in zip(video, sound, strict=True) for each in pair])


def test_repeated_packets_padding_and_packets_without_payload_are_fine(tmp_path: Path) -> None:
    packets = unit(0)
    filler = [packet(3, pid=NULL_PID), packet(9, pid=NULL_PID), packet(11, payload=False)]
    check(tmp_path, [*packets[:5], packets[4], *filler, *packets[5:]])


def test_an_announced_jump_is_fine(tmp_path: Path) -> None:
    check(tmp_path, [*unit(0), packet(9, jump=True)])


@pytest.mark.parametrize("lost", range(1, 19))
def test_a_lost_packet_is_found(tmp_path: Path, lost: int) -> None:
    packets = unit(0)
    with pytest.raises(DownloadFailure) as damaged:
        check(tmp_path, packets[:lost] + packets[lost + 1 :])
    assert damaged.value.code == "damaged_media"


@pytest.mark.parametrize("tail", [b"G", b"G" + bytes(186)])
def test_a_cut_packet_is_found(tmp_path: Path, tail: bytes) -> None:
    with pytest.raises(DownloadFailure):
        check(tmp_path, unit(0), tail)


def test_zeros_in_the_middle_are_found(tmp_path: Path) -> None:
    packets = unit(0)
    packets[7] = bytes(188)
    with pytest.raises(DownloadFailure, match="packet 7 "):
        check(tmp_path, packets)


def test_a_packet_marked_as_broken_by_its_sender_is_found(tmp_path: Path) -> None:
    packets = unit(0)
    packets[3] = packets[3][:1] + bytes((packets[3][1] | 0x80,)) + packets[3][2:]
    with pytest.raises(DownloadFailure):
        check(tmp_path, packets)
