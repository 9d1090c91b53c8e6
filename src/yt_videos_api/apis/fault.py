"""What comes of a service that does not give what it was asked for."""

from __future__ import annotations

from enum import StrEnum


class FaultReason(StrEnum):
    """Why there is no answer; stable, for logs and for people."""

    NOT_FOUND = "not_found"  # there is no such list or channel, or only its owner may see it
    QUOTA_EXCEEDED = "quota_exceeded"  # today's quota is used up: asking again before midnight Pacific is useless
    RATE_LIMITED = "rate_limited"  # too much at once
    KEY_REFUSED = "key_refused"  # the key is wrong, restricted, or not made for this service
    BAD_PAGE_TOKEN = "bad_page_token"  # the list has to be read from its beginning  # noqa: S105 - a reason, no secret
    REFUSED = "refused"  # any other answer of the 300s and 400s
    UNAVAILABLE = "unavailable"  # the service has a problem of its own
    TIMEOUT = "timeout"
    NETWORK = "network"  # it cannot be reached, or broke off
    BAD_ANSWER = "bad_answer"  # it answered something that cannot be its answer


class ApiFault(Exception):
    """A service did not give what it was asked for; the caller does without it and says so.

    Neither message nor attributes hold anything the service wrote freely, nor what it was asked.
    """

    def __init__(self, reason: FaultReason, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else str(reason))
        self.reason = reason

    @property
    def quota(self) -> bool:
        """Whether nothing can be had before the quota is reset."""
        return self.reason is FaultReason.QUOTA_EXCEEDED
