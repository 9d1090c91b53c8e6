"""P3 and P4: climb the ladder of player clients until an offer satisfies, and transfer it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from yt_videos_api.cage.gate import GateSession
from yt_videos_api.cage.runs import EngineRun, TransferProgress, UnknownRung
from yt_videos_api.domain.errors import DownloadFailure
from yt_videos_api.domain.ladder import Outcome, SkipReason, best_first, most_telling, satisfies
from yt_videos_api.domain.offers import Offer, Part
from yt_videos_api.domain.retry import may_retry
from yt_videos_api.services.attempts import AttemptLog
from yt_videos_api.services.control import RunControl

# What a request that the gate refused can look like from inside; a damaged file, for one, has other reasons.
_LOOKS_LIKE_REFUSAL = frozenset(
    {
        "network",
        "forbidden",
        "login_required",
        "rate_limited",
        "not_found",
        "no_formats",
        "extraction_failed",
        "unsupported_url",
        "not_media",
        "incomplete",
        "stalled",
    }
)

# How often a download is tried again in the hope of more than an inferior offer.
TRIES_FOR_BETTER = 2


class HopeForBetter(DownloadFailure):
    """The site is there and has an offer, if an inferior one: whatever else failed is no outage, and spends a retry."""


@dataclass(frozen=True, slots=True)
class Transferred:
    """The offer that was taken, and its streams in staging."""

    offer: Offer
    parts: tuple[Part, ...]


class Climb:
    """One climb. `on_offer` is told the first offer (P3), before any byte of media is transferred."""

    def __init__(
        self,
        run: EngineRun,
        gate_session: GateSession,
        control: RunControl,
        attempts: AttemptLog,
        *,
        on_offer: Callable[[Offer], None],
        on_progress: Callable[[Offer, TransferProgress], None],
    ) -> None:
        self._run = run
        self._gate_session = gate_session
        self._control = control
        self._attempts = attempts
        self._on_offer = on_offer
        self._on_progress = on_progress
        self._offers: list[Offer] = []  # inferior ones, kept for the end
        self._failures: list[DownloadFailure] = []
        self._skipped: list[SkipReason] = []
        self._offer_told = False

    def climb(
        self, rungs: Sequence[str], *, youtube: bool, wanted_height: int | None, retries_so_far: int
    ) -> Transferred:
        """Ask rung after rung. Raises DownloadFailure: the most telling one when nobody could deliver.

        What is archived once is not asked for again. So an inferior offer is taken at once only when no later try can
        be hoped to bring a better one, else after a few tries.
        """
        for rung in rungs:
            try:
                offer = self._ask(rung)
            except DownloadFailure:
                if not self._offers:
                    raise
                break  # no other rung could do better, but what one of them offered is still good
            if offer is None:
                continue
            if not satisfies(offer, youtube=youtube, wanted_height=wanted_height):
                self._attempts.end(rung, Outcome.INFERIOR, height=offer.height)
                self._offers.append(offer)
                continue
            transferred = self._take(offer)
            if transferred:
                return transferred
        passing = [failure for failure in self._failures if may_retry(failure.code, retries_so_far)]
        if self._offers and passing and retries_so_far < TRIES_FOR_BETTER:
            failure = most_telling(passing)
            raise HopeForBetter(failure.code, failure.detail)
        for offer in best_first(self._offers):
            self._attempts.begin()
            transferred = self._take(offer)
            if transferred:
                return transferred
        raise most_telling(self._failures, self._skipped)

    def _ask(self, rung: str) -> Offer | None:
        self._control.check()
        self._attempts.begin()
        try:
            offer = self._run.extract(rung)
        except UnknownRung as unknown:
            self._skipped.append(unknown.reason)
            self._attempts.end(rung, Outcome.SKIPPED, reason=unknown.reason)
            return None
        except DownloadFailure as failure:
            self._note(rung, failure)
            return None
        if not self._offer_told:
            self._offer_told = True
            self._on_offer(offer)
        return offer

    def _take(self, offer: Offer) -> Transferred | None:
        self._control.check()
        try:
            parts = self._run.transfer(offer, partial(self._on_progress, offer))
        except DownloadFailure as failure:
            self._note(offer.rung, failure, height=offer.height)
            return None
        self._attempts.end(offer.rung, Outcome.SATISFIED, height=offer.height)
        return Transferred(offer, tuple(parts))

    def _note(self, rung: str, failure: DownloadFailure, *, height: int | None = None) -> None:
        """Remember a failure and go on, or raise it when no other rung could do better."""
        self._control.check()  # a killed run fails in many ways; why it was killed is what counts
        failure = blame_gate(self._gate_session, failure)
        self._attempts.end(rung, Outcome.FAILED, error_code=failure.code, height=height)
        self._failures.append(failure)
        if not failure.kind.next_rung:
            raise failure


def first_offer(run: EngineRun, control: RunControl, rungs: Sequence[str]) -> Offer:
    """What any client offers, where its streams do not matter. Raises DownloadFailure."""
    failures: list[DownloadFailure] = []
    skipped: list[SkipReason] = []
    for rung in rungs:
        control.check()
        try:
            return run.extract(rung)
        except UnknownRung as unknown:
            skipped.append(unknown.reason)
        except DownloadFailure as failure:
            failures.append(failure)
            if not failure.kind.next_rung:
                raise
    raise most_telling(failures, skipped)


def blame_gate(session: GateSession, failure: DownloadFailure) -> DownloadFailure:
    """To the engine a refused connection or a missing name looks like a fault of the site; the gate knows better."""
    if session.refused and failure.code in _LOOKS_LIKE_REFUSAL:
        refusal = session.refused[-1]
        return DownloadFailure("blocked_address", f"{refusal.host}:{refusal.port}: {refusal.reason}")
    if session.unknown_names and failure.code == "network":
        return DownloadFailure("unknown_host", ", ".join(sorted(session.unknown_names)))
    return failure
