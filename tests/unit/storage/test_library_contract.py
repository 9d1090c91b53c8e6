"""What every library promises, asked of each implementation."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from yt_videos_api.domain.errors import DownloadFailure, NotFound
from yt_videos_api.storage.base import Library, NameTaken, StoredObject
from yt_videos_api.storage.local import LocalLibrary
from yt_videos_api.storage.memory import MemoryLibrary

KEY = "channel/2024-01-31 - título 🎬 [id].webm"
CONTENT = b"moving pictures" * 100
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture(params=["local", "memory"])
def library(request: pytest.FixtureRequest, tmp_path: Path) -> Library:
    if request.param == "memory":
        return MemoryLibrary()
    root = tmp_path / "library"
    root.mkdir()
    return LocalLibrary(root)


@pytest.fixture
def stage(tmp_path: Path) -> Callable[[bytes], Path]:
    def write(content: bytes = CONTENT) -> Path:
        staged = tmp_path / "staged.webm"
        staged.write_bytes(content)
        return staged

    return write


def read(library: Library, key: str) -> bytes:
    with library.open(key) as file:
        return file.read()


@pytest.mark.parametrize("synced", [False, True])
def test_published_file_is_there_whole_and_gone_from_staging(
    library: Library, stage: Callable[..., Path], synced: bool
) -> None:
    staged = stage()
    library.publish(staged, KEY, SHA256, synced=synced)
    assert read(library, KEY) == CONTENT
    assert library.sha256(KEY) == SHA256
    assert library.stat(KEY) == StoredObject(len(CONTENT), plain=True)
    assert list(library.keys()) == [KEY]
    assert not staged.exists()


def test_publishing_the_same_again_adopts_what_is_there(library: Library, stage: Callable[..., Path]) -> None:
    library.publish(stage(), KEY, SHA256)
    again = stage()
    library.publish(again, KEY, SHA256)
    assert not again.exists()
    assert read(library, KEY) == CONTENT


def test_publishing_again_after_the_staged_file_has_moved_is_no_error(
    library: Library, stage: Callable[..., Path]
) -> None:
    staged = stage()
    library.publish(staged, KEY, SHA256)
    library.publish(staged, KEY, SHA256)
    assert read(library, KEY) == CONTENT


def test_taken_name_is_never_overwritten(library: Library, stage: Callable[..., Path]) -> None:
    library.publish(stage(), KEY, SHA256)
    other = stage(b"something else")
    with pytest.raises(NameTaken):
        library.publish(other, KEY, hashlib.sha256(b"something else").hexdigest())
    assert read(library, KEY) == CONTENT
    assert other.read_bytes() == b"something else"


def test_publishing_what_was_never_staged_is_told(library: Library, tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        library.publish(tmp_path / "missing", KEY, SHA256)
    assert list(library.keys()) == []


def test_missing_key_is_not_found(library: Library) -> None:
    assert library.stat(KEY) is None
    with pytest.raises(NotFound):
        library.open(KEY)
    with pytest.raises(NotFound):
        library.sha256(KEY)
    with pytest.raises(NotFound):
        library.local_path(KEY)


def test_removed_key_is_gone_and_may_be_removed_again(library: Library, stage: Callable[..., Path]) -> None:
    library.publish(stage(), KEY, SHA256)
    library.remove(KEY)
    library.remove(KEY)
    assert library.stat(KEY) is None
    assert list(library.keys()) == []


def test_removed_name_can_be_used_again(library: Library, stage: Callable[..., Path]) -> None:
    library.publish(stage(), KEY, SHA256)
    library.remove(KEY)
    library.publish(stage(b"new"), KEY, hashlib.sha256(b"new").hexdigest())
    assert read(library, KEY) == b"new"


def test_what_is_set_aside_is_out_of_sight_and_its_name_free(library: Library, stage: Callable[..., Path]) -> None:
    places = set()
    for content in (CONTENT, b"new"):
        library.publish(stage(content), KEY, hashlib.sha256(content).hexdigest())
        places.add(library.set_aside(KEY))
        assert library.stat(KEY) is None
    assert len(places) == 2
    assert list(library.keys()) == []
    assert library.litter() == []


def test_setting_aside_what_is_not_there_is_told(library: Library) -> None:
    with pytest.raises(NotFound):
        library.set_aside(KEY)


def test_making_plain_tells_whether_there_is_a_file(library: Library, stage: Callable[..., Path]) -> None:
    assert not library.make_plain(KEY)
    library.publish(stage(), KEY, SHA256)
    assert library.make_plain(KEY)
    assert library.sha256(KEY) == SHA256


def test_open_reader_finishes_although_the_key_is_removed(library: Library, stage: Callable[..., Path]) -> None:
    library.publish(stage(), KEY, SHA256)
    with library.open(KEY) as file:
        library.remove(KEY)
        assert file.read() == CONTENT


def test_local_path_when_there_is_one_holds_the_content(library: Library, stage: Callable[..., Path]) -> None:
    library.publish(stage(), KEY, SHA256)
    path = library.local_path(KEY)
    assert path is None or path.read_bytes() == CONTENT


def test_marker_is_written_once_and_for_good(library: Library) -> None:
    assert library.marker() is None
    library.write_marker("6f2c")
    library.write_marker("6f2c")
    with pytest.raises(NameTaken):
        library.write_marker("other")
    assert library.marker() == "6f2c"
    assert list(library.keys()) == []


def test_nothing_is_left_behind_by_publishing(library: Library, stage: Callable[..., Path]) -> None:
    library.write_marker("6f2c")
    library.publish(stage(), KEY, SHA256)
    assert library.litter() == []
    library.clean()
    assert read(library, KEY) == CONTENT


def test_a_probe_leaves_nothing_behind(library: Library) -> None:
    library.probe()
    assert list(library.keys()) == []
    assert library.litter() == []


def test_there_is_room_to_publish(library: Library) -> None:
    assert library.free_bytes() > len(CONTENT)


@pytest.mark.parametrize(
    "key",
    [
        "",
        "/etc/passwd",
        "../x",
        "a/../../x",
        "a//b",
        "a/.",
        "a/",
        "x\x00y",
        "x" * 256,
        ".staging/x",
        ".Staging/x",
        ".yt-videos-library",
    ],
)
def test_what_is_not_a_key_is_a_bug(library: Library, stage: Callable[..., Path], key: str) -> None:
    staged = stage()
    with pytest.raises(ValueError, match="key"):
        library.publish(staged, key, SHA256)
    for use in (library.stat, library.open, library.remove, library.set_aside, library.make_plain):
        with pytest.raises(ValueError, match="key"):
            use(key)
    assert staged.exists()
    assert list(library.keys()) == []


def test_memory_library_is_full_at_its_capacity(stage: Callable[..., Path]) -> None:
    library = MemoryLibrary(capacity_bytes=len(CONTENT) - 1)
    with pytest.raises(DownloadFailure) as failure:
        library.publish(stage(), KEY, SHA256)
    assert failure.value.code == "no_space"
    assert list(library.keys()) == []


def test_what_is_discarded_is_out_of_sight_and_deleted_only_when_it_is_old(
    library: Library, stage: Callable[..., Path]
) -> None:
    moment = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    library.publish(stage(), KEY, SHA256)
    assert library.discard(KEY, at=moment).endswith(KEY)
    assert list(library.keys()) == []
    assert library.litter() == []
    assert library.empty_trash(before=moment) == 0
    assert library.empty_trash(before=moment + timedelta(seconds=1)) == 1
    assert library.empty_trash(before=moment + timedelta(days=1)) == 0
    with pytest.raises(NotFound):
        library.discard(KEY, at=moment)
