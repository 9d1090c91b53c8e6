"""A visit to a site for anything but a transfer: listing, probing, fetching what lies beside a video."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import structlog

from yt_videos_api.cage.gate import GateSession
from yt_videos_api.cage.runs import EngineRun, RunSpec
from yt_videos_api.domain.choices import AccessWish
from yt_videos_api.domain.errors import DownloadFailure
from yt_videos_api.domain.offers import MediaRequest
from yt_videos_api.domain.policy import ContainerPolicy
from yt_videos_api.services.control import RunControl
from yt_videos_api.services.in_cage import opened_in_cage
from yt_videos_api.services.produce import Adapters, ArchiveRules
from yt_videos_api.services.settle import Lease
from yt_videos_api.storage.staging import StagingFolder

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Visit:
    """What a visit works with, until it ends."""

    run: EngineRun
    session: GateSession
    folder: StagingFolder
    end_processes: Callable[[], None]  # from then on nobody else writes into the folder


@dataclass(frozen=True, slots=True)
class Destination:
    """Where to, and as whom."""

    url: str
    access: AccessWish
    access_scope: str = ""
    container_policy: ContainerPolicy = ContainerPolicy.MKV  # for `extract`; holds everything
    entry_index: int | None = None


class Visitor:
    """Makes visits. One object serves all threads of a worker."""

    def __init__(self, adapters: Adapters, rules: ArchiveRules) -> None:
        self._adapters = adapters
        self._rules = rules

    def upstream(self, access: AccessWish) -> str | None:
        """The proxy that was chosen, for what is asked beside a visit. Raises DownloadFailure("proxy_missing")."""
        return self._adapters.means.upstream(access)

    @contextmanager
    def visit(self, lease: Lease, control: RunControl, destination: Destination) -> Iterator[Visit]:
        """Open a process for `destination`; when the visit ends it is dead, and its folder is gone.

        Raises DownloadFailure, and RunEnded when the run was stopped from outside.
        """
        folder = self._adapters.staging.claim(lease.subject_id)
        try:
            with self._opened(folder, control, destination) as visit:
                yield visit
        finally:
            _clean(folder)

    @contextmanager
    def _opened(self, folder: StagingFolder, control: RunControl, destination: Destination) -> Iterator[Visit]:
        adapters = self._adapters
        means = adapters.means.look_up(destination.access, destination.url, destination.access_scope)
        media = MediaRequest(destination.url, destination.container_policy, entry_index=destination.entry_index)

        def spec(session: GateSession) -> RunSpec:
            return RunSpec(
                media=media,
                folder=folder.path,
                scratch=folder.scratch,
                proxy_url=session.proxy_url,
                ca_file=self._rules.ca_file,
                lock_fd=folder.lock_fd,
                limits=self._rules.limits,
                access=means.access,
            )

        with opened_in_cage(adapters.engine, adapters.gate, means, folder, control, spec) as opened:
            yield Visit(opened.run, opened.session, folder, opened.end_processes)


def _clean(folder: StagingFolder) -> None:
    """A folder that cannot be cleaned now (a full disk refuses even a note) is left to housekeeping."""
    try:
        folder.release(keep=False)
    except DownloadFailure as failure:
        log.warning("staging_not_cleaned", code=failure.code, detail=failure.detail)
