"""A process of the engine for one run, with its way out to the internet: opened, watched, killed and closed here."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import structlog

from yt_videos_api.cage.gate import Gate, GateSession
from yt_videos_api.cage.runs import Engine, EngineRun, RunSpec
from yt_videos_api.domain.errors import CancelRequested, DownloadFailure
from yt_videos_api.services.climb import blame_gate
from yt_videos_api.services.control import RunControl
from yt_videos_api.services.means import Means
from yt_videos_api.storage.staging import StagingFolder

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Opened:
    """What a run works with, until it is left."""

    run: EngineRun
    session: GateSession
    end_processes: Callable[[], None]  # from then on nobody else writes into the folder


@contextmanager
def opened_in_cage(
    engine: Engine,
    gate: Gate,
    means: Means,
    folder: StagingFolder,
    control: RunControl,
    spec_for: Callable[[GateSession], RunSpec],
) -> Iterator[Opened]:
    """Open what `spec_for` asks for; when it is left its processes are dead and its connections are cut.

    Raises DownloadFailure, and RunEnded when the run was stopped from outside.
    """
    session = gate.open_session(means.upstream, exceptions=means.exceptions)
    try:
        with ExitStack() as stack:
            run = stack.enter_context(engine.open(spec_for(session)))
            folder.record_group(run.group)
            control.attach(run)

            def end_processes() -> None:
                control.detach()
                stack.close()

            try:
                yield Opened(run, session, end_processes)
            except CancelRequested:
                control.check()  # the engine only knows that it was killed, we know why
                raise
            except DownloadFailure as failure:
                control.check()
                raise blame_gate(session, failure) from failure
            finally:
                control.detach()
    finally:
        _close(session)


def _close(session: GateSession) -> None:
    """The processes that knew the credential are gone by now: a gate that is slow to forget it harms nobody."""
    try:
        session.close()
    except TimeoutError:
        log.warning("gate_session_not_closed_in_time")
