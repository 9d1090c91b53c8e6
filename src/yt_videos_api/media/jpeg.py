"""How large a JPEG is, read from its header without decoding anything."""

from __future__ import annotations

# Markers that start a frame; the others in this range are tables (DHT, JPG, DAC).
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_BARE = frozenset({0x01, *range(0xD0, 0xD8)})  # no length follows
_IMAGE, _SCAN = 0xD8, 0xDA


def jpeg_size(content: bytes) -> tuple[int, int] | None:
    """Width and height in pixels; None when there is no frame before the first scan."""
    if content[:3] != b"\xff\xd8\xff":
        return None
    at = 2
    while at + 9 < len(content) and content[at] == 0xFF:
        marker = content[at + 1]
        if marker == 0xFF:  # filling
            at += 1
        elif marker in _BARE:
            at += 2
        elif marker in _FRAMES:
            return int.from_bytes(content[at + 7 : at + 9], "big"), int.from_bytes(content[at + 5 : at + 7], "big")
        elif marker in {_IMAGE, _SCAN}:
            return None
        else:
            at += 2 + int.from_bytes(content[at + 2 : at + 4], "big")
    return None
