"""Where two segments meet that were not made to follow each other."""

from __future__ import annotations

_PACKET_BYTES = 188
_NULL_PID = 0x1FFF


def is_transport_stream(content: bytes) -> bool:
    """Whether a segment is MPEG-TS."""
    return content[:1] == b"G"


def from_first_units(content: bytes) -> bytes:
    """A segment of MPEG-TS without what belongs to units that began before it.

    After a gap their beginnings are not in the file, and a counter that jumps in the middle of a unit is what damage
    looks like (media/transport.py); where a unit begins it is a joint.
    """
    begun: set[int] = {_NULL_PID}
    kept = bytearray()
    for start in range(0, len(content), _PACKET_BYTES):
        packet = content[start : start + _PACKET_BYTES]
        pid = (packet[1] & 0x1F) << 8 | packet[2]
        if packet[1] & 0x40:
            begun.add(pid)
        if pid in begun or not packet[3] & 0x10:
            kept += packet
    return bytes(kept)
