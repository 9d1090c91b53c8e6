"""Whether an MPEG transport stream lacks packets, by its own counters.

ffmpeg cannot tell: it marks a packet as corrupt where a counter jumps, and an honest HLS playlist may restart the
counters with every segment. The difference is where it happens: a new segment starts a new picture, a loss does not.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from yt_videos_api.domain.errors import DownloadFailure

_PACKET_BYTES = 188
_BLOCK_PACKETS = 5000
_SYNC = 0x47
_NULL_PID = 0x1FFF


def check_transport_stream(path: Path) -> None:
    """Read all of `path`; DownloadFailure("damaged_media") is raised at the first packet cut, garbled or missing."""
    counters: dict[int, int] = {}
    for number, packet in enumerate(_packets(path)):
        if len(packet) != _PACKET_BYTES or packet[0] != _SYNC or packet[1] & 0x80:
            raise DownloadFailure("damaged_media", f"transport packet {number} is none")
        has_payload = packet[3] & 0x10
        pid = (packet[1] & 0x1F) << 8 | packet[2]
        if not has_payload or pid == _NULL_PID:
            continue
        counter, before = packet[3] & 0x0F, counters.get(pid)
        counters[pid] = counter
        # A packet may be sent twice. A jump where a unit starts is the joint of two segments.
        if before is None or counter in {before, (before + 1) & 0x0F} or packet[1] & 0x40:
            continue
        if not _announces_jump(packet):
            raise DownloadFailure("damaged_media", f"packets are missing before transport packet {number}")


def _packets(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while block := file.read(_PACKET_BYTES * _BLOCK_PACKETS):
            for start in range(0, len(block), _PACKET_BYTES):
                yield block[start : start + _PACKET_BYTES]


def _announces_jump(packet: bytes) -> bool:
    """The discontinuity indicator of the adaptation field."""
    return bool(packet[3] & 0x20 and packet[4] and packet[5] & 0x80)
