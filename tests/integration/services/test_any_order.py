"""Whatever happens in whatever order, the rows agree with each other and every job ends.

Two workers, three videos (one of them also known by an address), two playlists that change, real database and library;
only transfers and sites are left out: a "download" is a small file in a staging folder, and what is fetched later is
only said to be there. Workers die at the points around publication and in listings, too.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import cache, partial
from itertools import count, pairwise
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from sqlalchemy import select

from tests.integration.services.conftest import LIBRARY_UUID, Archive, Clock
from tests.integration.services.lister import PlacedSources, playlist_address
from tests.integration.services.rows import assert_rows_agree
from tests.integration.services.staged import Died, DyingAt, facts_of, stage
from yt_videos_api.db import migrate
from yt_videos_api.db.engine import Database
from yt_videos_api.db.tables import File, Job
from yt_videos_api.domain.choices import Extras
from yt_videos_api.domain.errors import CancelRequested, Conflict, DownloadFailure, LeaseLost
from yt_videos_api.domain.filters import CollectionFilter
from yt_videos_api.domain.identity import VideoIdentity
from yt_videos_api.domain.lists import ListEntry, ListFacts
from yt_videos_api.domain.policy import ContainerPolicy
from yt_videos_api.domain.states import DownloadState, JobState, WorkKind
from yt_videos_api.domain.targets import EntityType, youtube_address
from yt_videos_api.engine.fake import FakeList
from yt_videos_api.services import downloads as downloads_module
from yt_videos_api.services import entries as entries_module
from yt_videos_api.services import identify as identify_module
from yt_videos_api.services import leases as leases_module
from yt_videos_api.services import listing as listing_module
from yt_videos_api.services import publish as publish_module
from yt_videos_api.services import settle
from yt_videos_api.services import submit as submit_module
from yt_videos_api.services.attempts import AttemptLog
from yt_videos_api.services.control import RunControl
from yt_videos_api.services.downloads import identity_of
from yt_videos_api.services.errands import Errand, Errands
from yt_videos_api.services.expand import Expander
from yt_videos_api.services.identify import RunPlace, Superseded, identify
from yt_videos_api.services.leases import Claimed
from yt_videos_api.services.publish import Publisher
from yt_videos_api.services.submit import JobRequest
from yt_videos_api.storage.local import LocalLibrary

VIDEOS = ("firstvideo0", "secondvideo", "https://site.example/watch")
SUBJECTS = (*VIDEOS, "thirdvideo0")  # of which playlists are made
PLAYLISTS = ("PLfirst0000000", "PLsecond000000")
POINTS = (
    "worker.P7.before",
    "worker.P7.commit",
    "worker.P8.before",
    "worker.P8.cover",
    "worker.P8.media",
    "worker.P9.before",
    "worker.expand.page.before",
    "worker.expand.page.commit",
    "worker.expand.end.before",
    "worker.expand.end.commit",
)
PATCHED = (
    downloads_module,
    entries_module,
    identify_module,
    leases_module,
    listing_module,
    publish_module,
    settle,
    submit_module,
)


@cache
def _migrated() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{folder}/template.db")
        migrate.upgrade(database)
        with database.engine.connect() as connection:
            connection.exec_driver_sql("COMMIT")
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        database.close()
        return Path(folder, "template.db").read_bytes()


def _next_id(numbers: Iterator[int]) -> UUID:
    return UUID(int=next(numbers) * 2654435761 % 2**32)  # not in the order of making, as real ones are not


def _entry(index: int, video: str) -> ListEntry:
    if "://" in video:
        return ListEntry(index, video)
    return ListEntry(index, youtube_address(video), extractor="youtube", video_id=video, title=video)


class _Failing:
    """An errand that fails."""

    def __init__(self, code: str) -> None:
        self._code = code

    def run(self, claimed: Claimed, control: RunControl) -> None:
        """See Errand."""
        raise DownloadFailure(self._code)


class _Fetching:
    """What was asked for later is there now."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive

    def run(self, claimed: Claimed, control: RunControl) -> None:
        """See Errand."""
        now = self._archive.clock.now()
        with self._archive.database.transaction() as session:
            held = settle.hold(session, claimed.lease)
            settle.end_enrichment(session, held, settle.extras_of(claimed.download), now, notes=())
            settle.end_run(session, claimed.lease, "finalized", now)


class AnyOrder(RuleBasedStateMachine):
    """The rules say what may happen, the invariants what must hold after each of them."""

    def __init__(self) -> None:
        super().__init__()
        self.patched = pytest.MonkeyPatch()
        numbers = count()
        for module in PATCHED:
            # Ids decide who comes first among equals; hypothesis wants the same order every time.
            self.patched.setattr(module, "uuid4", partial(_next_id, numbers))
        self.folder = Path(tempfile.mkdtemp())
        (self.folder / "test.db").write_bytes(_migrated())
        (self.folder / "library").mkdir()
        self.database = Database(f"sqlite:///{self.folder / 'test.db'}")
        self.library = LocalLibrary(self.folder / "library")
        self.library.write_marker(LIBRARY_UUID)
        self.archive = Archive(self.database, self.library, Clock())
        self.workers = [self.archive.leases(), self.archive.leases()]
        self.claims: list[tuple[int, Claimed]] = []  # of runs that are under way
        self.dead: list[Claimed] = []  # of runs whose worker died: their leases must be worth nothing, later
        self.jobs: list[str] = []

        self.lists: dict[str, FakeList] = {}
        for playlist_id in PLAYLISTS:
            self._list(playlist_id, SUBJECTS[:2])

    @rule(video=st.sampled_from(VIDEOS), cover=st.booleans(), thumbnail=st.booleans())
    def submit(self, video: str, cover: bool, thumbnail: bool) -> None:
        extras = Extras(embed_cover_art=cover, thumbnail=thumbnail)
        self.jobs.append(self.archive.submit(video, extras=extras))

    @rule(playlist_id=st.sampled_from(PLAYLISTS), thumbnail=st.booleans(), most=st.sampled_from((None, 2)))
    def submit_playlist(self, playlist_id: str, thumbnail: bool, most: int | None) -> None:
        request = JobRequest(
            EntityType.PLAYLIST,
            playlist_id,
            ContainerPolicy.WEBM,
            extras=Extras(thumbnail=thumbnail),
            filter=CollectionFilter(item_limit=most),
        )
        self.jobs.append(self.archive.submission.submit(request).job_id)

    @rule(playlist_id=st.sampled_from(PLAYLISTS), videos=st.lists(st.sampled_from(SUBJECTS)))
    def change_playlist(self, playlist_id: str, videos: list[str]) -> None:
        self._list(playlist_id, videos)

    @precondition(lambda self: self.jobs)
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        job_id = data.draw(st.sampled_from(self.jobs))
        was = self.archive.jobs.get(job_id).state
        try:
            self.archive.jobs.cancel(job_id)
        except Conflict:
            assert was.terminal
            assert was is not JobState.CANCELLED

    @rule(worker=st.integers(0, 1), suspects=st.booleans())
    def claim(self, worker: int, suspects: bool) -> None:
        claimed = self.workers[worker].claim(suspects=suspects)
        if claimed:
            self.claims.append((worker, claimed))

    @precondition(lambda self: self.claims)
    @rule(data=st.data(), point=st.sampled_from((None, None, *POINTS)))
    def work(self, data: st.DataObject, point: str | None) -> None:
        worker, claimed = self._drawn(data)
        try:
            self._work_on(worker, claimed, point)
        except Died:
            self._die(worker, claimed)
        except CancelRequested:
            self._end_cancelled(claimed)
            self.workers[worker].done_with(claimed.lease)
        except (LeaseLost, Superseded):
            self.workers[worker].done_with(claimed.lease)
        else:
            self.workers[worker].done_with(claimed.lease)

    @precondition(lambda self: self.claims)
    @rule(data=st.data(), code=st.sampled_from(("network", "private_video", "no_space")))
    def fail(self, data: st.DataObject, code: str) -> None:
        worker, claimed = self._drawn(data)
        if claimed.lease.kind is not WorkKind.ARCHIVE:
            self._run_errand(worker, claimed, _Failing(code))
            return
        now = self.archive.clock.now()
        with self.database.transaction() as session:
            held = settle.hold(session, claimed.lease)
            failure = DownloadFailure(code)
            if held.download.state == DownloadState.PUBLISHING:
                settle.requeue(session, held, due_at=now, now=now)
            elif settle.cancel_unwanted(session, held.download, now):
                pass
            elif failure.kind.retryable:
                settle.wait_for_retry(session, held, failure, delay_seconds=5, now=now)
            else:
                settle.fail(session, held.download, failure, now)
            settle.end_run(session, claimed.lease, "failed", now)
        self.workers[worker].done_with(claimed.lease)

    @precondition(lambda self: self.claims)
    @rule(data=st.data())
    def drain(self, data: st.DataObject) -> None:
        worker, claimed = self._drawn(data)
        with suppress(LeaseLost):  # its listing was cancelled
            self.workers[worker].hand_back(claimed.lease)
        self.workers[worker].done_with(claimed.lease)

    @precondition(lambda self: self.claims)
    @rule(data=st.data())
    def kill_the_worker_of_a_run(self, data: st.DataObject) -> None:
        self._die(*self._drawn(data))

    @precondition(lambda self: self.claims)
    @rule(data=st.data(), times=st.integers(1, 3))
    def crash_in_a_row(self, data: st.DataObject, times: int) -> None:
        worker, claimed = self._drawn(data)
        for _ in range(times):
            self._die(worker, claimed)
            self.live_on_for_a_lease(0)
            again = self.workers[worker].claim()
            if again is None:
                return
            claimed = again
        self.claims.append((worker, claimed))

    @rule()
    def lose_staging(self) -> None:
        """Another disk, a fresh folder: what was staged is not there any more."""
        for staged in self.folder.glob("*/*.webm"):
            staged.unlink()

    @rule(done_bytes=st.integers(0, 3))
    def live_on_for_a_lease(self, done_bytes: int) -> None:
        """The living beat, and rescue what the dead have left."""
        for _ in range(4):
            self.archive.clock.advance(10)
            for number, worker in enumerate(self.workers):
                mine = {claimed.lease: done_bytes for owner, claimed in self.claims if owner == number}
                assert all(lease.kind is WorkKind.EXPAND for lease in worker.heartbeat(mine)), "cancelled listings"
                worker.rescue()

    @invariant()
    def rows_agree(self) -> None:
        assert_rows_agree(self.database, self.library)

    @invariant()
    def the_dead_can_write_nothing(self) -> None:
        for earlier, later in pairwise(self.dead):
            assert earlier.lease != later.lease
        with self.database.reading() as session:
            for claimed in self.dead:
                try:
                    work = settle.hold_work(session, claimed.lease)
                except LeaseLost:
                    continue
                assert work.owner == claimed.lease.worker_id, "not rescued yet: nobody else may have it"

    def teardown(self) -> None:
        try:
            self._finish()
        finally:
            self.patched.undo()
            self.database.close()
            shutil.rmtree(self.folder)

    def _finish(self) -> None:
        """Let healthy workers go on: everything must come to its end, and the library hold what rows say."""
        for worker, claimed in list(self.claims):
            self._die(worker, claimed)
        for _ in range(40):
            self.live_on_for_a_lease(0)
            while healthy := self.workers[0].claim():
                with suppress(Superseded):
                    self._work_or_cancel(healthy)
                self.workers[0].done_with(healthy.lease)
            assert_rows_agree(self.database, self.library)
            if all(self.archive.jobs.get(job_id).state.terminal for job_id in self.jobs):
                break
        with self.database.reading() as session:
            assert [job.id for job in session.scalars(select(Job)) if not JobState(job.state).terminal] == []
            assert sorted(self.library.keys()) == sorted(session.scalars(select(File.path)))

    def _drawn(self, data: st.DataObject) -> tuple[int, Claimed]:
        return self.claims.pop(data.draw(st.integers(0, len(self.claims) - 1)))

    def _die(self, worker: int, claimed: Claimed) -> None:
        """The process is gone with all its runs; a new one takes its place."""
        self.dead += [claimed, *(other for number, other in self.claims if number == worker)]
        self.claims = [entry for entry in self.claims if entry[0] != worker]
        self.workers[worker] = self.archive.leases()

    def _list(self, playlist_id: str, videos: Sequence[str]) -> None:
        """What the site shows as this playlist from now on."""
        address = playlist_address(playlist_id)
        facts = ListFacts("youtube:tab", playlist_id, "A playlist", address)
        self.lists[address] = FakeList(facts, tuple(_entry(index, video) for index, video in enumerate(videos, 1)))

    def _work_on(self, worker: int, claimed: Claimed, point: str | None) -> None:
        if claimed.lease.kind is WorkKind.ARCHIVE:
            self._archive(claimed, point)
            return
        archive, faults = self.archive, DyingAt(point)
        sources = PlacedSources(self.lists, page_size=2)
        lists = Expander(
            self.database, sources, archive.announcer, archive.lost_files, archive.trash, faults, now=archive.clock.now
        )
        self._run_errand(worker, claimed, lists if claimed.lease.kind is WorkKind.EXPAND else _Fetching(archive))

    def _run_errand(self, worker: int, claimed: Claimed, errand: Errand) -> None:
        leases, kind = self.workers[worker], claimed.lease.kind
        errands = Errands(self.database, leases, {kind: errand}, now=self.archive.clock.now)
        errands.run(claimed, RunControl(claimed.lease))
        leases.done_with(claimed.lease)

    def _archive(self, claimed: Claimed, point: str | None) -> None:
        folder = self.folder / claimed.lease.download_id
        folder.mkdir(exist_ok=True)
        now = self.archive.clock.now
        publisher = Publisher(self.database, self.library, DyingAt(point), now=now)
        identity = identity_of(claimed.download)
        if claimed.download.state == DownloadState.PUBLISHING:
            publisher.complete(claimed.lease, folder, identity.digest())
            return
        attempts = AttemptLog(now, judges_clients=False)
        video = self._identify(claimed, attempts)
        publication = stage(folder, f"{video.video_id} {claimed.lease.run_id}", video=video, claimed=claimed)
        publisher.publish(claimed.lease, folder, publication, attempts)

    def _identify(self, claimed: Claimed, attempts: AttemptLog) -> VideoIdentity:
        """The address turns out to be the first video: two downloads meet."""
        known = claimed.download.video_id if claimed.download.extractor == "youtube" else VIDEOS[0]
        return identify(
            self.database,
            claimed.lease,
            facts_of(known),
            attempts=attempts,
            place=RunPlace("folder", 2**31 - 1),
            lost_files=self.archive.lost_files,
            now=self.archive.clock.now,
            committed=lambda: None,
        )

    def _work_or_cancel(self, claimed: Claimed) -> None:
        try:
            self._work_on(0, claimed, None)
        except CancelRequested:
            self._end_cancelled(claimed)

    def _end_cancelled(self, claimed: Claimed) -> None:
        now = self.archive.clock.now()
        with self.database.transaction() as session:
            held = settle.hold(session, claimed.lease)
            assert settle.cancel_unwanted(session, held.download, now)
            settle.end_run(session, claimed.lease, "cancelled", now)


TestAnyOrder = AnyOrder.TestCase
TestAnyOrder.settings = settings(
    max_examples=30, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
)
