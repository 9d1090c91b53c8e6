"""States of jobs, items and downloads, and the only ways from one to the next."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum


class JobState(StrEnum):
    """What a user's request has come to. Always derived from its items, see `job_state`."""

    PENDING = "PENDING"  # accepted, nothing has begun
    IN_PROGRESS = "IN_PROGRESS"
    DONE = "DONE"  # every item is archived
    PARTIAL = "PARTIAL"  # some items failed; the answer names them
    FAILED = "FAILED"  # every item failed
    CANCELLED = "CANCELLED"

    @property
    def terminal(self) -> bool:
        """Whether nothing will change any more."""
        return self not in (JobState.PENDING, JobState.IN_PROGRESS)


class ItemState(StrEnum):
    """One video inside a job."""

    PENDING = "PENDING"
    IN_PROGRESS = "IN_PROGRESS"
    DONE = "DONE"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"

    @property
    def terminal(self) -> bool:
        """Whether nothing will change any more."""
        return self not in (ItemState.PENDING, ItemState.IN_PROGRESS)


class WorkKind(StrEnum):
    """What a leased unit of work does."""

    ARCHIVE = "archive"  # a download: from its address to the file in the library
    ENRICH = "enrich"  # a download that is archived: what was asked for later and lies beside it
    EXPAND = "expand"  # a job: lists its playlist or channel and makes items of the entries
    PROBE = "probe"  # an address: what it offers


class Expansion(StrEnum):
    """How far the listing of a playlist or channel is, within one job."""

    LISTING = "listing"  # a work row is there: a worker lists, or will
    LISTED = "listed"  # every entry that is wanted has become an item
    FAILED = "failed"  # the listing ended early for good; the job tells why
    CANCELLED = "cancelled"


class DownloadState(StrEnum):
    """One archived rendition on its way: queued to finalized, and what may go wrong in between."""

    QUEUED = "queued"  # a work row waits for a worker
    RUNNING = "running"  # a worker holds the lease: extracting, transferring, muxing, verifying
    WAITING = "waiting"  # a retryable failure; queued again when its time has come
    PUBLISHING = "publishing"  # P7 is committed: whoever claims next completes it, even if cancelled meanwhile
    FINALIZED = "finalized"  # the verified file is in the library
    FAILED = "failed"
    CANCELLED = "cancelled"  # nobody wanted it any more
    SUPERSEDED = "superseded"  # turned out to be a video that has a download already; its items moved there
    REMOVING = "removing"  # its files are being deleted
    REMOVED = "removed"


_S = DownloadState

TRANSITIONS: dict[DownloadState, frozenset[DownloadState]] = {
    _S.QUEUED: frozenset({_S.RUNNING, _S.CANCELLED}),
    _S.RUNNING: frozenset({_S.WAITING, _S.QUEUED, _S.PUBLISHING, _S.FAILED, _S.CANCELLED, _S.SUPERSEDED}),
    _S.WAITING: frozenset({_S.QUEUED, _S.CANCELLED}),
    _S.PUBLISHING: frozenset({_S.FINALIZED, _S.QUEUED, _S.FAILED}),
    _S.FINALIZED: frozenset({_S.REMOVING}),
    _S.REMOVING: frozenset({_S.REMOVED}),
    _S.FAILED: frozenset(),
    _S.CANCELLED: frozenset(),
    _S.SUPERSEDED: frozenset(),
    _S.REMOVED: frozenset(),
}

# At most one download of an identity is in these; the others do not block a new try.
LIVE_STATES = frozenset({_S.QUEUED, _S.RUNNING, _S.WAITING, _S.PUBLISHING, _S.FINALIZED, _S.REMOVING})
# Those a work row exists for.
WORKING_STATES = frozenset({_S.QUEUED, _S.RUNNING, _S.WAITING, _S.PUBLISHING})


def sources_of(new: DownloadState) -> frozenset[DownloadState]:
    """The states from which `new` may be reached."""
    return frozenset(old for old, targets in TRANSITIONS.items() if new in targets)


def job_state(items: Iterable[ItemState], expansion: Expansion | None = None) -> JobState:
    """What the states of its items, and of its listing if it has one, make of a job."""
    states = set(items)
    if expansion is Expansion.LISTING:
        return JobState.IN_PROGRESS if states else JobState.PENDING
    if not states and expansion is not None:
        return _OF_EMPTY_LIST[expansion]
    if not states or states == {ItemState.PENDING}:
        return JobState.PENDING
    if any(not state.terminal for state in states):
        return JobState.IN_PROGRESS
    if ItemState.CANCELLED in states or expansion is Expansion.CANCELLED:
        return JobState.CANCELLED
    if expansion is Expansion.FAILED:
        states.add(ItemState.FAILED)
    return _OF_ENDED.get(frozenset(states), JobState.PARTIAL)


_OF_EMPTY_LIST = {
    Expansion.LISTED: JobState.DONE,  # an empty playlist, or one with nothing that is wanted
    Expansion.FAILED: JobState.FAILED,
    Expansion.CANCELLED: JobState.CANCELLED,
}
_OF_ENDED = {
    frozenset({ItemState.DONE}): JobState.DONE,
    frozenset({ItemState.FAILED}): JobState.FAILED,
}
