"""Sound without a container: where frames of ADTS and MP3 end, so that the next one can be looked for."""

from __future__ import annotations


def id3_bytes(head: bytes) -> int:
    """Length of a leading ID3v2 tag; HLS packs one with a timestamp before every piece of raw AAC."""
    if head[:3] != b"ID3" or len(head) < 10 or any(byte & 0x80 for byte in head[6:10]):
        return 0
    size = head[6] << 21 | head[7] << 14 | head[8] << 7 | head[9]
    return 10 + size


def adts_frame_bytes(head: bytes) -> int:
    """Length of the ADTS frame at the start of `head`; 0 when there is none."""
    if len(head) < 7 or head[0] != 0xFF or head[1] & 0xF6 != 0xF0 or head[2] >> 2 & 0xF > 12:
        return 0
    size = (head[3] & 3) << 11 | head[4] << 3 | head[5] >> 5
    return size if size > 7 else 0


_MP3_KBIT = {
    True: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 0),  # MPEG 1
    False: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160, 0),  # MPEG 2 and 2.5
}
_MP3_HERTZ = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}


def mp3_hertz(head: bytes) -> int:
    """Samples per second of the MPEG layer III frame at the start of `head`."""
    return _MP3_HERTZ[head[1] >> 3 & 3][head[2] >> 2 & 3]


def mp3_frame_bytes(head: bytes) -> int:
    """Length of the MPEG layer III frame at the start of `head`; 0 when there is none."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE6 != 0xE2:
        return 0
    version, rate = head[1] >> 3 & 3, head[2] >> 2 & 3
    if version not in _MP3_HERTZ or rate == 3:
        return 0
    kbit = _MP3_KBIT[version == 3][head[2] >> 4]
    samples = 144 if version == 3 else 72
    return samples * kbit * 1000 // _MP3_HERTZ[version][rate] + (head[2] >> 1 & 1) if kbit else 0
