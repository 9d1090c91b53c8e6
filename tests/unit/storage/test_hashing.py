"""Hashes of staged files."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from yt_videos_api.domain.errors import DownloadFailure
from yt_videos_api.storage.hashing import CHUNK_BYTES, sha256_of, sync_file


@pytest.mark.parametrize("size_bytes", [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, 2 * CHUNK_BYTES + 1])
def test_hash_and_size_are_those_of_the_whole_file(tmp_path: Path, size_bytes: int) -> None:
    content = os.urandom(size_bytes)
    path = tmp_path / "file"
    path.write_bytes(content)
    assert sha256_of(path) == (hashlib.sha256(content).hexdigest(), size_bytes)


def second_name(odd: Path, honest: Path) -> None:
    odd.hardlink_to(honest)


def symbolic_link(odd: Path, honest: Path) -> None:
    odd.symlink_to(honest)


def fifo(odd: Path, _: Path) -> None:
    os.mkfifo(odd)


def folder(odd: Path, _: Path) -> None:
    odd.mkdir()


@pytest.mark.parametrize("make", [symbolic_link, second_name, fifo, folder])
def test_only_a_regular_file_with_one_name_is_hashed(tmp_path: Path, make: Callable[[Path, Path], None]) -> None:
    (tmp_path / "honest").write_bytes(b"content")
    make(tmp_path / "odd", tmp_path / "honest")
    with pytest.raises(DownloadFailure) as failure:
        sha256_of(tmp_path / "odd")
    assert failure.value.code == "not_media"


def test_missing_file_is_a_failure_that_may_be_tried_again(tmp_path: Path) -> None:
    for ask in (sha256_of, sync_file):
        with pytest.raises(DownloadFailure) as failure:
            ask(tmp_path / "missing")
        assert failure.value.kind.retryable


def test_synced_file_keeps_its_content(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"content")
    sync_file(path)
    assert path.read_bytes() == b"content"
