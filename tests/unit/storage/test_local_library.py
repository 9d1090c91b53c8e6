"""What a local library does beyond the contract: modes, links, durability, and errors of the operating system."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from yt_videos_api.domain.errors import DownloadFailure, NotFound
from yt_videos_api.storage.base import NameTaken, StoredObject
from yt_videos_api.storage.local import LocalLibrary
from yt_videos_api.storage.staging import Staging

KEY = "channel/video [id].webm"
CONTENT = b"moving pictures"
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "library"
    root.mkdir()
    return root


@pytest.fixture
def staged(tmp_path: Path) -> Path:
    staged = tmp_path / "staged.webm"
    staged.write_bytes(CONTENT)
    return staged


@pytest.fixture
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


@pytest.mark.parametrize(("umask", "mode"), [(0o022, 0o644), (0o027, 0o640), (0o077, 0o600)], indirect=["umask"])
def test_published_file_has_the_mode_of_the_umask_whatever_it_had(
    root: Path, staged: Path, umask: int, mode: int
) -> None:
    staged.chmod(0o777)
    LocalLibrary(root).publish(staged, KEY, SHA256)
    assert stat.S_IMODE((root / KEY).stat().st_mode) == mode


@pytest.fixture
def fsyncs(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    calls = []
    fsync = os.fsync

    def counted(descriptor: int) -> None:
        calls.append("folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file")
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", counted)
    return calls


def test_first_file_of_a_folder_costs_three_fsyncs_and_later_ones_two(
    root: Path, tmp_path: Path, fsyncs: list[str]
) -> None:
    library = LocalLibrary(root)
    for number, expected in enumerate([["folder", "file", "folder"], ["file", "folder"]]):
        staged = tmp_path / str(number)
        staged.write_bytes(CONTENT)
        fsyncs.clear()
        library.publish(staged, f"channel/{number}.webm", SHA256)
        assert fsyncs == expected


def test_file_that_was_synced_costs_no_second_one(root: Path, staged: Path, fsyncs: list[str]) -> None:
    LocalLibrary(root).publish(staged, "video.webm", SHA256, synced=True)
    assert fsyncs == ["folder"]


def test_folder_made_by_a_process_that_may_have_died_is_made_durable(
    root: Path, staged: Path, fsyncs: list[str]
) -> None:
    (root / "channel").mkdir()
    LocalLibrary(root).publish(staged, KEY, SHA256)
    assert fsyncs == ["folder", "file", "folder"]


def test_adopted_file_is_made_durable(root: Path, staged: Path, fsyncs: list[str]) -> None:
    (root / "video.webm").write_bytes(CONTENT)
    LocalLibrary(root).publish(staged, "video.webm", SHA256, synced=True)
    assert fsyncs == ["file", "folder"]


def test_no_link_below_the_root_is_followed(root: Path, staged: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "video [id].webm").write_bytes(b"secret")
    (root / "channel").symlink_to(outside)
    library = LocalLibrary(root)
    with pytest.raises(DownloadFailure) as failure:
        library.publish(staged, "channel/other.webm", SHA256)
    assert failure.value.code == "library_unavailable"
    with pytest.raises(NotFound):
        library.open(KEY)
    with pytest.raises(NotFound):
        library.local_path(KEY)
    assert library.stat(KEY) is None
    library.remove(KEY)
    assert [path.name for path in outside.iterdir()] == ["video [id].webm"]
    assert list(library.keys()) == ["channel"]


def test_link_in_place_of_a_file_is_neither_opened_nor_adopted_nor_overwritten(
    root: Path, staged: Path, tmp_path: Path
) -> None:
    same = tmp_path / "same"
    same.write_bytes(CONTENT)
    (root / "video.webm").symlink_to(same)
    library = LocalLibrary(root)
    with pytest.raises(NameTaken):
        library.publish(staged, "video.webm", SHA256)
    with pytest.raises(NotFound):
        library.sha256("video.webm")
    found = library.stat("video.webm")
    assert found is not None
    assert not found.plain


def test_root_may_be_a_link(root: Path, staged: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(root)
    LocalLibrary(tmp_path / "link").publish(staged, KEY, SHA256)
    assert (root / KEY).read_bytes() == CONTENT


@pytest.mark.parametrize("kind", ["link", "fifo", "folder"])
def test_only_a_regular_file_is_published(root: Path, staged: Path, tmp_path: Path, kind: str) -> None:
    odd = tmp_path / "odd"
    if kind == "link":
        odd.symlink_to(staged)
    elif kind == "fifo":
        os.mkfifo(odd)
    else:
        odd.mkdir()
    library = LocalLibrary(root)
    with pytest.raises(DownloadFailure) as failure:
        library.publish(odd, "video.webm", SHA256)
    assert failure.value.code == "not_media"
    assert list(library.keys()) == []


def test_file_with_an_exec_bit_is_not_plain(root: Path) -> None:
    (root / "script.sh").write_bytes(b"#!")
    (root / "script.sh").chmod(0o755)
    assert LocalLibrary(root).stat("script.sh") == StoredObject(2, plain=False)


def test_keys_name_all_that_is_visible_and_nothing_of_ours_that_is_hidden(root: Path, staged: Path) -> None:
    library = LocalLibrary(root)
    library.write_marker("6f2c")
    library.publish(staged, KEY, SHA256)
    (root / "lost+found").mkdir(mode=0)
    (root / ".staging" / "half").write_bytes(b"")
    (root / "a" / "b").mkdir(parents=True)
    (root / "a" / "b" / "foreign").write_bytes(b"")
    (root / "dangling").symlink_to("nowhere")
    assert sorted(library.keys()) == ["a/b/foreign", KEY, "dangling"]


def test_a_library_that_cannot_be_written_is_told_by_a_probe(root: Path) -> None:
    (root / ".staging").write_text("in the way, as a read-only file system would be for root, too")
    with pytest.raises(DownloadFailure, match="library_unavailable"):
        LocalLibrary(root).probe()


def test_missing_root_is_never_taken_for_an_empty_library(root: Path, staged: Path) -> None:
    library = LocalLibrary(root)
    root.rmdir()
    for use in (
        lambda: library.stat(KEY),
        library.marker,
        lambda: library.write_marker("6f2c"),
        library.free_bytes,
        library.probe,
    ):
        with pytest.raises(DownloadFailure, match="library_unavailable"):
            use()
    with pytest.raises(DownloadFailure, match="library_unavailable"):
        library.publish(staged, KEY, SHA256)
    with pytest.raises(DownloadFailure, match="library_unavailable"):
        list(library.keys())
    assert not root.exists()
    assert staged.read_bytes() == CONTENT


def test_copy_left_by_a_dead_publisher_is_litter_until_cleaned(root: Path) -> None:
    library = LocalLibrary(root)
    (root / ".staging").mkdir()
    (root / ".staging" / "0a1b.tmp").write_bytes(b"half")
    assert library.litter() == ["0a1b.tmp"]
    library.clean()
    assert library.litter() == []
    assert list((root / ".staging").iterdir()) == []


def test_what_is_set_aside_keeps_its_content_and_says_where_it_came_from(root: Path, staged: Path) -> None:
    library = LocalLibrary(root)
    library.publish(staged, KEY, SHA256)
    place = library.set_aside(KEY)
    assert (root / place).read_bytes() == CONTENT
    assert place.startswith(".staging/.set-aside/")
    assert place.endswith("/" + KEY)
    assert stat.S_IMODE((root / ".staging").stat().st_mode) == 0o700


def test_link_is_set_aside_and_what_it_points_to_stays(root: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_bytes(b"somebody else's")
    (root / "link").symlink_to(outside)
    place = LocalLibrary(root).set_aside("link")
    assert (root / place).is_symlink()
    assert outside.read_bytes() == b"somebody else's"


def test_setting_aside_what_is_not_there_makes_no_folder(root: Path) -> None:
    with pytest.raises(NotFound):
        LocalLibrary(root).set_aside(KEY)
    assert not (root / ".staging" / ".set-aside").exists()


def test_staging_neither_lists_nor_cleans_what_was_set_aside(root: Path, staged: Path) -> None:
    library, staging = LocalLibrary(root), Staging(root / ".staging")
    library.publish(staged, KEY, SHA256)
    place = library.set_aside(KEY)
    assert list(staging.entries()) == []
    assert staging.clean(older_than_seconds=0, is_live=lambda _: False) == []
    library.clean()
    assert (root / place).read_bytes() == CONTENT


def test_exec_bits_are_taken_away_and_links_left_alone(root: Path, staged: Path) -> None:
    library = LocalLibrary(root)
    library.publish(staged, KEY, SHA256)
    (root / KEY).chmod(0o755)
    (root / "link").symlink_to(root / KEY)
    assert not library.make_plain("link")
    assert library.stat(KEY) == StoredObject(len(CONTENT), plain=False)
    assert library.make_plain(KEY)
    assert library.stat(KEY) == StoredObject(len(CONTENT), plain=True)
