"""What is no longer in its list goes to the trash, unless somebody wants it: before, at that moment, or just after."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.integration.services.conftest import Archive
from tests.integration.services.lister import Lister
from tests.integration.services.staged import publish
from yt_videos_api.cage.gate import Gate
from yt_videos_api.db.tables import Download, JobVideo, Playlist
from yt_videos_api.domain.choices import AccessWish, Extras
from yt_videos_api.domain.errors import DownloadFailure
from yt_videos_api.domain.filters import CollectionFilter, OnRemoved
from yt_videos_api.domain.policy import ContainerPolicy
from yt_videos_api.domain.targets import EntityType
from yt_videos_api.services.check import Checker, Depth
from yt_videos_api.services.settle import extras_of
from yt_videos_api.services.submit import JobRequest
from yt_videos_api.services.trash import TakenOut

LIST = "PLfirst0000000"
GONE, STAYS = "aaaaaaaaaaa", "bbbbbbbbbbb"
TO_THE_TRASH = CollectionFilter(on_removed_from_playlist=OnRemoved.TRASH)
SUBTITLES = Extras(subtitle_languages=("en",))


@pytest.fixture(scope="module")
def gate() -> Iterator[Gate]:
    """One for all tests; nothing goes through it."""
    with Gate() as running:
        yield running


class Trashing(Lister):
    """A worker that also archives, without asking any site."""

    def archive_all(self) -> None:
        """Everything that is due."""
        while claimed := self.leases.claim():
            publish(self.archive, claimed, self.folder.parent / claimed.download.id, claimed.download.video_id)
            self.leases.done_with(claimed.lease)

    def archived_and_taken_out(self, **choices: CollectionFilter) -> None:
        """Two videos of a list are archived; then the first is in it no more, as a listing with `choices` finds."""
        self.has(LIST, GONE, STAYS)
        self.submit(LIST)
        self.expand()
        self.archive_all()
        self.has(LIST, STAYS)
        self.submit(LIST, **choices)
        self.expand()

    def interrupted(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """The same, and the library goes away before the files are put into the trash."""
        with monkeypatch.context() as patch:
            patch.setattr(self.archive.library, "discard", _away)
            self.archived_and_taken_out(filter=TO_THE_TRASH)
        assert self.states(GONE) == ["removing"]

    def assert_clean(self) -> None:
        """`check` has nothing to say, but for the covers: those are no pictures here."""
        archive = self.archive
        checker = Checker(archive.database, archive.library, self.staging, archive.guard, pause_seconds=0.02)
        assert checker.check(Depth.NORMAL).violations == ()

    def states(self, video_id: str) -> list[str]:
        """Of the downloads of a video, by name."""
        query = select(Download.state).where(Download.video_id == video_id).order_by(Download.state)
        with self.archive.database.reading() as session:
            return list(session.scalars(query))

    def newest(self, video_id: str) -> Download:
        """The download that counts."""
        query = select(Download).where(Download.video_id == video_id, Download.state != "removed")
        with self.archive.database.reading() as session:
            return session.scalars(query).one()

    def taken_out(self) -> TakenOut:
        """What a job for the list in the default rendition may take to the trash."""
        with self.archive.database.reading() as session:
            return TakenOut(session.scalars(select(Playlist.id)).one(), "webm", "")


def _away(key: str, *, at: object) -> str:
    raise DownloadFailure("library_unavailable", key)


@pytest.fixture
def trashing(archive: Archive, gate: Gate, tmp_path: Path) -> Trashing:
    """An empty archive."""
    return Trashing(archive, gate, tmp_path / "library")


def just_before_the_next_transaction(
    monkeypatch: pytest.MonkeyPatch, archive: Archive, act: Callable[[], None]
) -> None:
    """Somebody else is faster."""
    transaction = archive.database.transaction

    def later() -> AbstractContextManager[Session]:
        monkeypatch.setattr(archive.database, "transaction", transaction)
        act()
        return transaction()

    monkeypatch.setattr(archive.database, "transaction", later)


def test_only_what_a_list_does_not_hold_any_more_goes_to_the_trash(trashing: Trashing) -> None:
    trashing.archived_and_taken_out(filter=TO_THE_TRASH)
    assert (trashing.states(GONE), trashing.states(STAYS)) == (["removed"], ["finalized"])
    kept = list(trashing.archive.library.keys())
    assert kept
    assert all(STAYS in key for key in kept)
    in_trash = [path.name for path in (trashing.folder / ".staging").rglob(f"*{GONE}*")]
    assert sorted(Path(name).suffix for name in in_trash) == [".jpg", ".webm"]
    trashing.assert_clean()
    trashing.archive.clock.advance(3601)
    trashing.archive.trash.tidy()
    assert list((trashing.folder / ".staging").rglob(f"*{GONE}*")) == []


def test_keeping_is_the_default(trashing: Trashing) -> None:
    trashing.archived_and_taken_out()
    assert trashing.states(GONE) == ["finalized"]


def test_what_is_asked_for_while_it_is_removed_is_fetched_again(
    trashing: Trashing, monkeypatch: pytest.MonkeyPatch
) -> None:
    trashing.interrupted(monkeypatch)
    job_id = trashing.archive.submit(GONE, extras=SUBTITLES, access=AccessWish(proxy_name="office"))
    other = trashing.archive.submit(GONE, extras=Extras(nfo=True), access=AccessWish(proxy_name="home"))
    assert trashing.job(job_id).state == "IN_PROGRESS"
    trashing.assert_clean()
    trashing.archive.trash.tidy()
    assert trashing.states(GONE) == ["queued", "removed"]
    assert trashing.job(job_id).state == "PENDING"
    wanted = trashing.newest(GONE)
    assert extras_of(wanted) == SUBTITLES.merged(Extras(nfo=True))
    assert AccessWish.from_json(wanted.access or {}).proxy_name == "office", "the first one tells how"
    trashing.assert_clean()
    trashing.archive_all()
    assert [trashing.job(each).state for each in (job_id, other)] == ["DONE", "DONE"]
    assert [key for key in list(trashing.archive.library.keys()) if GONE in key]
    trashing.assert_clean()


def test_list_that_holds_it_again_while_it_is_removed_has_it_fetched_again(
    trashing: Trashing, monkeypatch: pytest.MonkeyPatch
) -> None:
    trashing.interrupted(monkeypatch)
    trashing.has(LIST, STAYS, GONE)
    job_id = trashing.submit(LIST)
    trashing.expand()
    assert trashing.item_states(job_id) == {"DONE": 1, "IN_PROGRESS": 1}
    trashing.archive.trash.tidy()
    trashing.archive_all()
    assert trashing.job(job_id).state == "DONE"
    assert trashing.states(GONE) == ["finalized", "removed"]
    trashing.archive.clock.advance(60)
    trashing.expand()  # the one that was interrupted
    assert trashing.states(GONE) == ["finalized", "removed"]
    trashing.assert_clean()


def test_job_that_waits_for_what_is_being_removed_can_be_cancelled(
    trashing: Trashing, monkeypatch: pytest.MonkeyPatch
) -> None:
    trashing.interrupted(monkeypatch)
    job_id = trashing.archive.submit(GONE)
    assert trashing.archive.jobs.cancel(job_id).state == "CANCELLED"
    trashing.archive.trash.tidy()
    assert trashing.states(GONE) == ["removed"]
    trashing.assert_clean()


@pytest.mark.parametrize("by_itself", [True, False])
def test_what_is_asked_for_in_the_last_moment_stays(
    trashing: Trashing, monkeypatch: pytest.MonkeyPatch, by_itself: bool
) -> None:
    trashing.archived_and_taken_out()
    jobs: list[str] = []

    def ask() -> None:
        trashing.has(LIST, GONE, STAYS)
        jobs.append(trashing.archive.submit(GONE) if by_itself else trashing.submit(LIST))
        if not by_itself:
            trashing.expand()

    just_before_the_next_transaction(monkeypatch, trashing.archive, ask)
    assert trashing.archive.trash.discard_removed(trashing.taken_out()) == 0
    assert trashing.states(GONE) == ["finalized"]
    assert [trashing.job(job_id).state for job_id in jobs] == ["DONE"]
    trashing.assert_clean()


def test_round_that_comes_late_takes_nothing_of_what_was_fetched_again(
    trashing: Trashing, monkeypatch: pytest.MonkeyPatch
) -> None:
    trashing.interrupted(monkeypatch)

    def remove_and_fetch_again() -> None:
        trashing.archive.trash.tidy()
        trashing.archive.submit(GONE)
        trashing.archive_all()

    just_before_the_next_transaction(monkeypatch, trashing.archive, remove_and_fetch_again)
    trashing.archive.trash.tidy()
    assert trashing.states(GONE) == ["finalized", "removed"]
    trashing.assert_clean()


def test_other_rendition_that_another_job_for_the_list_keeps_stays(trashing: Trashing) -> None:
    trashing.has(LIST, GONE, STAYS)
    trashing.archive.submission.submit(JobRequest(EntityType.PLAYLIST, LIST, ContainerPolicy.MKV))
    trashing.expand()
    trashing.archive_all()
    trashing.archived_and_taken_out(filter=TO_THE_TRASH)
    query = select(Download.container_policy, Download.state).where(Download.video_id == GONE)
    with trashing.archive.database.reading() as session:
        assert {row[0]: row[1] for row in session.execute(query)} == {"mkv": "finalized", "webm": "removed"}
    trashing.assert_clean()


def test_what_a_single_job_wants_stays_unless_that_was_cancelled(trashing: Trashing) -> None:
    trashing.has(LIST, GONE, STAYS)
    job_ids = [trashing.archive.submit(video_id) for video_id in (GONE, STAYS)]
    trashing.archive.jobs.cancel(job_ids[1])
    trashing.submit(LIST)
    trashing.expand()
    trashing.archive_all()
    trashing.has(LIST)
    trashing.submit(LIST, filter=TO_THE_TRASH)
    trashing.expand()
    assert trashing.states(GONE) == ["finalized"]
    assert trashing.states(STAYS) == ["cancelled", "removed"]
    with trashing.archive.database.reading() as session:
        assert set(session.scalars(select(JobVideo.state))) == {"DONE", "CANCELLED"}
    trashing.assert_clean()
