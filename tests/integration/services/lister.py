"""A worker that lists playlists and channels: everything real but the engine and the internet."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

from sqlalchemy import func, select

from tests.integration.services.conftest import Archive
from tests.integration.services.staged import Died
from yt_videos_api.cage.gate import Gate
from yt_videos_api.db.tables import Job, JobVideo, Work
from yt_videos_api.domain.errors import DrainRequested
from yt_videos_api.domain.filters import CollectionFilter
from yt_videos_api.domain.lists import ENTRIES_AT_ONCE, ListEntry, ListFacts
from yt_videos_api.domain.policy import ContainerPolicy
from yt_videos_api.domain.states import WorkKind
from yt_videos_api.domain.targets import EntityType, ListTarget
from yt_videos_api.engine.fake import FakeEngine, FakeList
from yt_videos_api.media.tools import find_tools
from yt_videos_api.services.check import Checker, Depth
from yt_videos_api.services.control import RunControl
from yt_videos_api.services.convert import convert_to_listing
from yt_videos_api.services.entries import Wanted
from yt_videos_api.services.errands import Errands
from yt_videos_api.services.expand import Expander
from yt_videos_api.services.faults import FaultPlan
from yt_videos_api.services.leases import Claimed, Leases
from yt_videos_api.services.means import MeansBook
from yt_videos_api.services.pages import ListPage
from yt_videos_api.services.produce import Adapters, ArchiveRules
from yt_videos_api.services.settle import Lease
from yt_videos_api.services.sources import ListSources, OpenedList
from yt_videos_api.services.submit import JobRequest
from yt_videos_api.services.visit import Visitor
from yt_videos_api.storage.staging import Staging

LEASE_SECONDS = 30.0


class Interrupted(FaultPlan):
    """Does something at the n-th passing of a point, once; it may raise."""

    def __init__(self, point: str, passing: int, act: Callable[[], None]) -> None:
        super().__init__()
        self._point = point
        self._left = passing
        self._act = act

    def reach(self, point: str) -> None:
        """See FaultPlan."""
        self._left -= point == self._point
        if point == self._point and self._left == 0:
            self._act()

    @property
    def happened(self) -> bool:
        """Whether it came to that."""
        return self._left <= 0


def die() -> None:
    """To be done at a point: kill -9."""
    raise Died


class _PlacedPages:
    """A source that knows places to go on from, as the YouTube Data API does."""

    name = "data_api"

    def __init__(self, fake: FakeList, page_size: int) -> None:
        self._fake = fake
        self._page_size = page_size

    def facts(self, part: str) -> ListFacts:
        """See pages.Pages."""
        return self._fake.facts

    def pages(self, token: str | None, seen: int) -> Iterator[ListPage]:
        """See pages.Pages."""
        found = self._fake.entries
        for start in range(int(token or 0), len(found), self._page_size):
            end = start + self._page_size
            yield ListPage(tuple(found[start:end]), str(end) if end < len(found) else None)


class PlacedSources(ListSources):
    """Opens lists at any place."""

    def __init__(self, lists: Mapping[str, FakeList], *, page_size: int = ENTRIES_AT_ONCE) -> None:
        self._lists = lists
        self._page_size = page_size

    @contextmanager
    def open(
        self,
        lease: Lease,
        control: RunControl,
        target: ListTarget,
        wanted: Wanted,
        chosen: CollectionFilter,
        *,
        fell_back: str | None,
    ) -> Iterator[OpenedList]:
        """See ListSources."""
        pages = _PlacedPages(self._lists[target.source_url], self._page_size)
        yield OpenedList(target, lambda: pages, _no_engine, None)


def _no_engine() -> NoReturn:
    raise AssertionError("nobody needs an engine here")


def playlist_address(playlist_id: str) -> str:
    """Where the site has it."""
    return f"https://www.youtube.com/playlist?list={playlist_id}"


def entries(*video_ids: str) -> tuple[ListEntry, ...]:
    """Entries of YouTube, in this order."""
    return tuple(
        ListEntry(
            index,
            f"https://www.youtube.com/watch?v={video_id}",
            extractor="youtube",
            video_id=video_id,
            title=f"Title of {video_id}",
        )
        for index, video_id in enumerate(video_ids, 1)
    )


def numbered(count: int, *, first: int = 0) -> tuple[str, ...]:
    """So many ids."""
    return tuple(f"entry{number:06}" for number in range(first, first + count))


@dataclass
class Lister:
    """The site, and one worker of an archive. `lists` may be changed at any time."""

    archive: Archive
    gate: Gate
    folder: Path
    knows_places: bool = False  # whether a listing can go on where an earlier run was
    lists: dict[str, FakeList] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.engine = FakeEngine({}, lists=self.lists)
        self.staging = Staging(self.folder / ".staging")
        self.leases = self.archive.leases(lease_seconds=LEASE_SECONDS)

    def has(self, playlist_id: str, *video_ids: str) -> None:
        """The site has this playlist from now on."""
        facts = ListFacts("youtube:tab", playlist_id, "A playlist", playlist_address(playlist_id), "A channel")
        self.lists[playlist_address(playlist_id)] = FakeList(facts, entries(*video_ids))

    def submit(self, list_id: str, **choices: Any) -> str:
        """A job for a playlist, or a channel by its @handle; its id."""
        kind = EntityType.CHANNEL if list_id.startswith("@") else EntityType.PLAYLIST
        request = JobRequest(kind, list_id, ContainerPolicy.WEBM, **choices)
        return self.archive.submission.submit(request).job_id

    def claim(self) -> Claimed:
        """Claim a listing, which must be due."""
        claimed = self.leases.claim()
        assert claimed is not None
        assert claimed.lease.kind is WorkKind.EXPAND
        return claimed

    def expand(self, claimed: Claimed | None = None, faults: FaultPlan | None = None) -> None:
        """Run what was claimed, or is due."""
        self.run(self.errands(faults), claimed or self.claim(), self.leases)

    def run(self, errands: Errands, claimed: Claimed, leases: Leases) -> None:
        """Run what was claimed by `leases`."""
        errands.run(claimed, RunControl(claimed.lease))
        leases.done_with(claimed.lease)

    def drain_at(self, point: str) -> None:
        """Run what is due, and stop it in good order the first time it comes to `point`."""
        claimed = self.claim()
        control = RunControl(claimed.lease)
        faults = Interrupted(point, 1, lambda: control.stop(DrainRequested))
        self.errands(faults).run(claimed, control)
        assert faults.happened
        self.leases.done_with(claimed.lease)

    def errands(self, faults: FaultPlan | None = None) -> Errands:
        """What runs listings."""
        archive = self.archive
        adapters = Adapters(
            archive.database,
            self.engine,
            self.gate,
            archive.library,
            self.staging,
            find_tools(None, None),  # a listing runs none of them
            archive.board,
            archive.lost_files,
            MeansBook(),
        )
        rules = ArchiveRules(clients=("default",))
        sources = PlacedSources(self.lists) if self.knows_places else ListSources(Visitor(adapters, rules), None)
        expander = Expander(
            archive.database,
            sources,
            archive.announcer,
            archive.lost_files,
            archive.trash,
            faults or FaultPlan(),
            now=archive.clock.now,
        )
        return Errands(archive.database, self.leases, {WorkKind.EXPAND: expander}, now=archive.clock.now)

    def turn_into_listing(self, claimed: Claimed | None = None) -> None:
        """The address that was claimed, or is due, turns out to be a list."""
        claimed = claimed or self.leases.claim()
        assert claimed is not None
        with self.archive.database.transaction() as session:
            assert convert_to_listing(session, claimed.lease, self.archive.clock.now())
        self.leases.done_with(claimed.lease)

    def die(self) -> None:
        """The worker is gone; another one takes its place, and after a lease gives back what was its."""
        self.leases = self.archive.leases(lease_seconds=LEASE_SECONDS)
        for _ in range(5):
            self.archive.clock.advance(LEASE_SECONDS / 3)
            self.leases.rescue()

    def job(self, job_id: str) -> Job:
        """Its row."""
        with self.archive.database.reading() as session:
            return session.get_one(Job, job_id)

    def keys(self, job_id: str) -> list[str]:
        """The ids of the videos of its items, by position."""
        query = select(JobVideo.entry_key).where(JobVideo.job_id == job_id).order_by(JobVideo.position)
        with self.archive.database.reading() as session:
            return [(key or "").removeprefix("youtube ") for key in session.scalars(query)]

    def positions(self, job_id: str) -> list[int]:
        """Of its items."""
        query = select(JobVideo.position).where(JobVideo.job_id == job_id).order_by(JobVideo.position)
        with self.archive.database.reading() as session:
            return list(session.scalars(query))

    def item_states(self, job_id: str) -> Counter[str]:
        """How many of its items are in which state."""
        query = select(JobVideo.state, func.count()).where(JobVideo.job_id == job_id).group_by(JobVideo.state)
        with self.archive.database.reading() as session:
            return Counter({row[0]: row[1] for row in session.execute(query)})

    def queued(self) -> int:
        """How many downloads have work."""
        with self.archive.database.reading() as session:
            return session.scalar(select(func.count(Work.download_id))) or 0

    def assert_clean(self) -> None:
        """`check` has nothing to say."""
        archive = self.archive
        checker = Checker(archive.database, archive.library, self.staging, archive.guard, pause_seconds=0.02)
        violations = checker.check(Depth.DEEP).violations
        assert violations == (), violations
