"""Why a video cannot be played, in the words YouTube says it."""

from __future__ import annotations

from typing import Any

from tests.origin.video import Answer

_REASONS: dict[Answer, tuple[str, str, str]] = {
    Answer.BOT_CHECK: (
        "LOGIN_REQUIRED",
        "Sign in to confirm you’re not a bot",
        "This helps protect our community. Learn more",
    ),
    Answer.RATE_LIMITED: ("UNPLAYABLE", "This content isn't available, try again later.", ""),
    Answer.PRIVATE: ("LOGIN_REQUIRED", "Private video", "Sign in if you've been granted access to this video"),
    Answer.REMOVED: ("ERROR", "Video unavailable", "This video has been removed by the uploader"),
    Answer.AGE: ("LOGIN_REQUIRED", "Sign in to confirm your age", "This video may be inappropriate for some users."),
    Answer.LOGIN: ("LOGIN_REQUIRED", "Please sign in", ""),
    Answer.MEMBERS: (
        "UNPLAYABLE",
        "Join this channel to get access to members-only content like this video, and other exclusive perks.",
        "",
    ),
    Answer.GEO: ("UNPLAYABLE", "Video unavailable", "The uploader has not made this video available in your country"),
    Answer.PREMIERE: ("LIVE_STREAM_OFFLINE", "Premieres in 3 hours", ""),
}


def playability(answer: Answer) -> dict[str, Any]:
    """The `playabilityStatus` of an answer."""
    if answer not in _REASONS:
        return {"status": "OK", "playableInEmbed": True}
    status, reason, subreason = _REASONS[answer]
    told: dict[str, Any] = {"status": status, "reason": reason, "playableInEmbed": answer is not Answer.AGE}
    if subreason:
        message = {"reason": {"simpleText": reason}, "subreason": {"simpleText": subreason}}
        told["errorScreen"] = {"playerErrorMessageRenderer": message}
    if answer is Answer.AGE:
        told["desktopLegacyAgeGateReason"] = 1
    return told


def plays(answer: Answer) -> bool:
    """Whether the answer comes with streaming data."""
    return answer not in _REASONS and answer is not Answer.NOTHING


def shows_details(answer: Answer) -> bool:
    """Whether the title and the like are told; a removed or private video keeps them to itself."""
    return answer not in {Answer.REMOVED, Answer.PRIVATE}
