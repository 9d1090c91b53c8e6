"""Looking at lists: what they hold, what was taken out of them, what of it is archived, and for whom."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.services.conftest import Archive
from tests.integration.services.lister import Lister, entries
from tests.integration.services.staged import facts_of, publish
from yt_videos_api.cage.gate import Gate
from yt_videos_api.domain.choices import AccessWish
from yt_videos_api.domain.errors import NotFound
from yt_videos_api.domain.identity import VideoIdentity
from yt_videos_api.domain.lists import ListEntry
from yt_videos_api.domain.policy import ContainerPolicy
from yt_videos_api.domain.targets import EntityType
from yt_videos_api.services.faults import FaultPlan
from yt_videos_api.services.identify import remember_video
from yt_videos_api.services.playlists import PlaylistItemView, Playlists, PlaylistView
from yt_videos_api.services.submit import JobRequest, Submission, UrlRules

LIST, OTHER = "PLfirst0000000", "PLsecond000000"
FIRST, SECOND, THIRD = "aaaaaaaaaaa", "bbbbbbbbbbb", "ccccccccccc"


@pytest.fixture(scope="module")
def gate() -> Iterator[Gate]:
    """One for all tests; nothing goes through it."""
    with Gate() as running:
        yield running


class Shelf(Lister):
    """A worker that also archives, without asking any site; and somebody who looks."""

    def archive_next(self, count: int) -> None:
        """So many videos that are due, in their order."""
        for _ in range(count):
            claimed = self.leases.claim()
            assert claimed is not None
            video_id = claimed.download.video_id
            with self.archive.database.transaction() as session:
                video = VideoIdentity("youtube", video_id)
                remember_video(session, video, facts_of(video_id), self.archive.clock.now())
            publish(self.archive, claimed, self.folder.parent / claimed.download.id, video_id)
            self.leases.done_with(claimed.lease)

    def submit_with_cookies(self) -> None:
        """A job for the list, for somebody who uploaded cookies."""
        archive = self.archive
        submission = Submission(
            archive.database,
            archive.lost_files,
            archive.announcer,
            url_rules=UrlRules(),
            faults=FaultPlan(),
            has_cookies=lambda _address, _owner: True,
            now=archive.clock.now,
        )
        access = AccessWish(use_cookies=True)
        submission.submit(JobRequest(EntityType.PLAYLIST, LIST, ContainerPolicy.WEBM, access=access))

    @property
    def playlists(self) -> Playlists:
        """What looks."""
        return Playlists(self.archive.database)

    def shown(self) -> list[PlaylistView]:
        """All lists."""
        return list(self.playlists.list(limit=10).playlists)

    def items(self, playlist_id: str, *, removed: bool | None = None) -> dict[str, PlaylistItemView]:
        """All entries of a list, by video, in their order."""
        page = self.playlists.items(playlist_id, limit=10, removed=removed)
        return {item.video_id or "": item for item in page.items}


@pytest.fixture
def shelf(archive: Archive, gate: Gate, tmp_path: Path) -> Shelf:
    """The site has a list of three videos; nothing of it is archived."""
    shelf = Shelf(archive, gate, tmp_path / "library", knows_places=True)
    shelf.has(LIST, FIRST, SECOND, THIRD)
    return shelf


def test_list_tells_what_it_holds_and_what_of_it_is_archived(shelf: Shelf) -> None:
    shelf.submit(LIST)
    shelf.expand()
    shelf.archive_next(2)
    (playlist,) = shelf.shown()
    assert playlist == shelf.playlists.get(playlist.id)
    assert (playlist.title, playlist.item_count, playlist.removed_count) == ("A playlist", 3, 0)
    items = shelf.items(playlist.id)
    assert list(items) == [FIRST, SECOND, THIRD]
    assert [item.position for item in items.values()] == [0, 1, 2]
    assert [item.archived for item in items.values()] == [True, True, False]
    assert (items[FIRST].file_url or "").startswith("/videos/")
    assert items[THIRD].file_url is None


def test_what_was_taken_out_is_shown_apart_with_its_file(shelf: Shelf) -> None:
    shelf.submit(LIST)
    shelf.expand()
    shelf.archive_next(1)
    shelf.has(LIST, SECOND, THIRD)
    shelf.archive.clock.advance(60)
    shelf.submit(LIST)
    shelf.expand()
    (playlist,) = shelf.shown()
    assert (playlist.item_count, playlist.removed_count) == (2, 1)
    assert set(shelf.items(playlist.id, removed=False)) == {SECOND, THIRD}
    ((video_id, item),) = shelf.items(playlist.id, removed=True).items()
    assert (video_id, item.removed_at, item.archived) == (FIRST, shelf.archive.clock.now(), True)


def test_video_that_the_list_calls_private_keeps_its_file(shelf: Shelf) -> None:
    shelf.submit(LIST)
    shelf.expand()
    shelf.archive_next(1)
    fake = next(iter(shelf.lists.values()))
    private = ListEntry(1, entries(FIRST)[0].url, extractor="youtube", video_id=FIRST, gone="private_video")
    fake.entries = (private, *fake.entries[1:])
    shelf.submit(LIST)
    shelf.expand()
    item = shelf.items(shelf.shown()[0].id)[FIRST]
    assert (item.gone, item.archived, item.title) == ("private_video", True, f"Title of {FIRST}")


def test_private_list_shows_what_its_owner_archived_and_a_public_one_does_not(shelf: Shelf) -> None:
    shelf.submit_with_cookies()
    shelf.expand()
    shelf.archive_next(1)
    (private,) = shelf.shown()
    item = shelf.items(private.id)[FIRST]
    assert item.archived
    assert item.file_url is not None
    shelf.submit(LIST)
    shelf.expand()
    (public,) = [playlist for playlist in shelf.shown() if playlist.id != private.id]
    assert not shelf.items(public.id)[FIRST].archived


def test_private_list_shows_what_is_archived_for_all(shelf: Shelf) -> None:
    shelf.archive.submit(FIRST)
    shelf.archive_next(1)
    shelf.submit_with_cookies()
    shelf.expand()
    assert shelf.items(shelf.shown()[0].id)[FIRST].archived


def test_pages_of_lists_and_of_entries_name_each_once(shelf: Shelf) -> None:
    shelf.has(OTHER, FIRST)
    for playlist_id in (LIST, OTHER):
        shelf.submit(playlist_id)
        shelf.expand()
        shelf.archive.clock.advance(60)
    newest = shelf.playlists.list(limit=1)
    older = shelf.playlists.list(limit=1, cursor=newest.next_cursor)
    assert older.next_cursor is None
    assert [page.playlists[0].item_count for page in (newest, older)] == [1, 3], "the newest comes first"
    playlist_id = older.playlists[0].id
    first = shelf.playlists.items(playlist_id, limit=2)
    second = shelf.playlists.items(playlist_id, limit=2, cursor=first.next_cursor)
    assert second.next_cursor is None
    assert [item.video_id for item in (*first.items, *second.items)] == [FIRST, SECOND, THIRD]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_list_that_nobody_knows_is_not_found(shelf: Shelf) -> None:
    with pytest.raises(NotFound):
        shelf.playlists.get("0" * 32)
    with pytest.raises(NotFound):
        shelf.playlists.items("0" * 32, limit=1)
