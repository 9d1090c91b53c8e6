"""The client ladder: which player client to ask next, and which of the offers to take.

yt-dlp asks every client of a list it is given and merges the answers; it is no fallback chain (measured). So every rung
is an attempt of our own. A client that answers with nothing but the pre-merged 360p file has not failed, but its offer
is inferior: the climb goes on, and the best offer seen wins at the end.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from yt_videos_api.domain.errors import DownloadFailure
from yt_videos_api.domain.offers import Offer

DEFAULT_CLIENTS = ("android", "tv_embedded", "web", "default")
ONLY_RUNG = ("default",)  # sites other than YouTube have one way to be asked

# After this many failures or inferior offers in a row a rung is asked last, until it has been left alone for a while.
UNHEALTHY_AFTER = 3
UNHEALTHY_SECONDS = 1800.0


class Outcome(StrEnum):
    """How an attempt with one rung ended."""

    SATISFIED = "satisfied"  # its offer was taken and transferred
    INFERIOR = "inferior"  # it offered less than a full set of formats; kept in mind
    SKIPPED = "skipped"  # it could not be asked, see SkipReason
    FAILED = "failed"


class SkipReason(StrEnum):
    """Why a rung was not asked."""

    UNKNOWN_CLIENT = "unknown_client"  # this yt-dlp has no such client
    TAKES_NO_COOKIES = "takes_no_cookies"  # and those of an account were to be used
    NOTHING_RECORDED = "nothing_recorded"  # of a live stream, which could be offered


@dataclass(frozen=True, slots=True)
class RungHealth:
    """What all workers together remember of a rung."""

    poor_in_a_row: int
    seconds_since_last: float


def order_rungs(clients: Sequence[str], health: Mapping[str, RungHealth]) -> tuple[str, ...]:
    """The configured order, with rungs that keep failing moved to the end (in their order)."""

    def unhealthy(client: str) -> bool:
        known = health.get(client)
        return (
            known is not None
            and known.poor_in_a_row >= UNHEALTHY_AFTER
            and known.seconds_since_last < UNHEALTHY_SECONDS
        )

    unique = tuple(dict.fromkeys(clients))
    return tuple(c for c in unique if not unhealthy(c)) + tuple(c for c in unique if unhealthy(c))


def satisfies(offer: Offer, *, youtube: bool, wanted_height: int | None) -> bool:
    """Whether the climb may stop here: another rung could not be expected to offer more.

    Where everything was offered, a limit on the size or an expert's selector may still have picked the one small file.
    """
    if not youtube or offer.separate or offer.full:
        return True
    return wanted_height is not None and 0 < wanted_height <= offer.height


def best_first(offers: Sequence[Offer]) -> tuple[Offer, ...]:
    """Offers in the order in which to try to transfer them: full ones first, then by height; earlier rungs win ties."""
    return tuple(sorted(offers, key=lambda offer: (not offer.separate, -offer.height)))


# Of several failures the one that tells the user most is reported; the rest stands in the attempts.
_TELLING = (
    "bot_check",
    "age_restricted",
    "login_required",
    "geo_blocked",
    "drm_protected",
    "rate_limited",
    "forbidden",
    "not_media",
    "incomplete",
    "stalled",
    # After all that may pass: another client might have had what is wanted.
    "selection_unmet",
    "challenge_unsolved",
    "no_formats",
    "extraction_failed",
)


def most_telling(failures: Sequence[DownloadFailure], skipped: Collection[SkipReason] = ()) -> DownloadFailure:
    """The failure to report for a climb in which nobody could deliver; `skipped` is why rungs were not asked."""
    if not failures:
        without_cookies = SkipReason.TAKES_NO_COOKIES in skipped
        return DownloadFailure("cookies_not_taken" if without_cookies else "clients_unknown", "nobody could be asked")
    rank = {code: position for position, code in enumerate(_TELLING)}
    return min(failures, key=lambda failure: rank.get(failure.code, len(_TELLING)))
