"""Lengths told by headers, and boxes that go on to the end."""

from __future__ import annotations

import struct
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from yt_videos_api.domain.errors import DownloadFailure
from yt_videos_api.media.boxes import check_fragments
from yt_videos_api.media.told import told_seconds


def box(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(body), kind) + body


def mvhd(scale: int, ticks: int, *, wide: bool = False) -> bytes:
    if wide:
        return box(b"mvhd", b"\x01\0\0\0" + bytes(16) + struct.pack(">IQ", scale, ticks) + bytes(80))
    return box(b"mvhd", bytes(12) + struct.pack(">II", scale, ticks) + bytes(80))


def sidx(scale: int, lengths: list[int]) -> bytes:
    pieces = b"".join(struct.pack(">III", 1000, length, 0x90000000) for length in lengths)
    return box(b"sidx", bytes(4) + struct.pack(">IIIIHH", 1, scale, 0, 0, 0, len(lengths)) + pieces)


FTYP = box(b"ftyp", b"isom" + bytes(12))
MEHD = box(b"mvex", box(b"mehd", bytes(4) + struct.pack(">I", 7000)))
FRAGMENT = box(b"moof", bytes(20)) + box(b"mdat", bytes(100))

HEADERS = {
    "mvhd": (FTYP + box(b"moov", mvhd(1000, 12500)), 12.5),
    "wide mvhd": (FTYP + box(b"moov", mvhd(1000, 12500, wide=True)), 12.5),
    "moov behind the media": (FTYP + box(b"mdat", bytes(500)) + box(b"moov", mvhd(600, 1200)), 2.0),
    "mehd": (FTYP + box(b"moov", mvhd(1000, 0) + MEHD) + FRAGMENT, 7.0),
    "sidx": (FTYP + box(b"moov", mvhd(1000, 0)) + sidx(500, [1000, 1000, 250]) + FRAGMENT, 4.5),
    "unknown": (FTYP + box(b"moov", mvhd(1000, 0)) + FRAGMENT, None),
    "all ones": (FTYP + box(b"moov", mvhd(1000, 2**32 - 1)), None),
    "no scale": (FTYP + box(b"moov", mvhd(0, 5)), None),
    "no header": (FTYP + box(b"mdat", bytes(50)), None),
    "empty moov": (FTYP + box(b"moov", b""), None),
    "empty": (b"", None),
}


@pytest.mark.parametrize("kind", HEADERS)
def test_an_mp4_tells_its_length(tmp_path: Path, kind: str) -> None:
    content, seconds = HEADERS[kind]
    (tmp_path / "a.mp4").write_bytes(content)
    assert told_seconds(tmp_path / "a.mp4") == seconds


def test_a_cut_file_still_tells_it(tmp_path: Path) -> None:
    whole = HEADERS["sidx"][0]
    (tmp_path / "a.mp4").write_bytes(whole[: -len(FRAGMENT) // 2])
    assert told_seconds(tmp_path / "a.mp4") == 4.5


@given(st.binary(max_size=400), st.sampled_from([b"", FTYP, bytes.fromhex("1a45dfa3"), FTYP + b"\0\0\1\0moov"]))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_nonsense_tells_nothing_or_something_but_never_breaks(tmp_path: Path, noise: bytes, head: bytes) -> None:
    (tmp_path / "a.mp4").write_bytes(head + noise)
    told = told_seconds(tmp_path / "a.mp4")
    assert told is None or isinstance(told, float)


FRAGMENTED = FTYP + box(b"moov", mvhd(1000, 0) + MEHD) + FRAGMENT + FRAGMENT


def test_whole_fragments_pass(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(FRAGMENTED)
    check_fragments(tmp_path / "a.mp4")


def test_fragments_cut_anywhere_but_between_two_are_found(tmp_path: Path) -> None:
    between = {len(FRAGMENT), len(box(b"mdat", bytes(100))), len(FRAGMENT) + len(box(b"mdat", bytes(100)))}
    whole = set()
    for lost in range(1, 2 * len(FRAGMENT)):
        (tmp_path / "a.mp4").write_bytes(FRAGMENTED[:-lost])
        with suppress(DownloadFailure):
            check_fragments(tmp_path / "a.mp4")
            whole.add(lost)
    assert whole == between


def test_a_fragment_of_zeros_is_found(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(FRAGMENTED[: -len(FRAGMENT)] + bytes(len(FRAGMENT)))
    with pytest.raises(DownloadFailure) as damaged:
        check_fragments(tmp_path / "a.mp4")
    assert damaged.value.code == "damaged_media"


def test_junk_behind_a_file_with_one_index_is_left_to_the_index(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(HEADERS["mvhd"][0] + b"junk" * 10)
    check_fragments(tmp_path / "a.mp4")
