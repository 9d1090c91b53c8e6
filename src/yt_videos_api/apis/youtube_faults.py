"""What the YouTube Data API says when it does not answer the question."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from yt_videos_api.apis.document import member
from yt_videos_api.apis.fault import ApiFault, FaultReason
from yt_videos_api.apis.http import Answer

_REASONS = {
    "quotaExceeded": FaultReason.QUOTA_EXCEEDED,
    "dailyLimitExceeded": FaultReason.QUOTA_EXCEEDED,
    "rateLimitExceeded": FaultReason.RATE_LIMITED,
    "userRateLimitExceeded": FaultReason.RATE_LIMITED,
    "RATE_LIMIT_EXCEEDED": FaultReason.RATE_LIMITED,
    "keyInvalid": FaultReason.KEY_REFUSED,
    "keyExpired": FaultReason.KEY_REFUSED,
    "accessNotConfigured": FaultReason.KEY_REFUSED,
    "ipRefererBlocked": FaultReason.KEY_REFUSED,
    "API_KEY_INVALID": FaultReason.KEY_REFUSED,
    "API_KEY_SERVICE_BLOCKED": FaultReason.KEY_REFUSED,
    "API_KEY_IP_ADDRESS_BLOCKED": FaultReason.KEY_REFUSED,
    "SERVICE_DISABLED": FaultReason.KEY_REFUSED,
    "playlistNotFound": FaultReason.NOT_FOUND,
    "playlistItemsNotAccessible": FaultReason.NOT_FOUND,
    "playlistForbidden": FaultReason.NOT_FOUND,
    "channelNotFound": FaultReason.NOT_FOUND,
    "channelForbidden": FaultReason.NOT_FOUND,
    "channelClosed": FaultReason.NOT_FOUND,
    "channelSuspended": FaultReason.NOT_FOUND,
    "invalidPageToken": FaultReason.BAD_PAGE_TOKEN,
}


def fault_in(answer: Answer) -> ApiFault:
    """The fault that an answer other than 200 is. Only Google's own words for reasons are looked at, never repeated."""
    error = member(answer.document, "error")
    known = [_REASONS[word] for word in _words_in(error) if word in _REASONS]
    reason = known[0] if known else _by_status(answer.status)
    if reason is FaultReason.RATE_LIMITED and "per day" in str(member(error, "message")):
        # Newer limits of a day come as those of a minute do (googleapis/google-api-python-client#2753).
        reason = FaultReason.QUOTA_EXCEEDED
    return ApiFault(reason, f"HTTP {answer.status}")


def _words_in(error: Any) -> Iterator[str]:
    # The second list tells more: a wrong key is a mere "badRequest" in the first.
    for entries in (member(error, "errors"), member(error, "details")):
        for entry in entries if isinstance(entries, list) else ():
            word = member(entry, "reason")
            if isinstance(word, str):
                yield word


def _by_status(status: int) -> FaultReason:
    if status == 404:
        return FaultReason.NOT_FOUND
    if status == 429:
        return FaultReason.RATE_LIMITED
    return FaultReason.UNAVAILABLE if status >= 500 else FaultReason.REFUSED
