"""Why a video cannot be played, in the words YouTube says it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from tests.origin.broadcast import Broadcast
from tests.origin.video import Answer, Video

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
}


def playability(answer: Answer, video: Video) -> dict[str, Any]:
    """The `playabilityStatus` of an answer."""
    if answer is Answer.PREMIERE:
        return _not_begun((video.broadcast or Broadcast()).announced_at)
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


def _not_begun(starts_at: datetime) -> dict[str, Any]:
    offline = {"scheduledStartTime": str(int(starts_at.timestamp())), "mainText": {"simpleText": "Premieres"}}
    slate = {"offlineSlate": {"liveStreamOfflineSlateRenderer": offline}}
    return {
        "status": "LIVE_STREAM_OFFLINE",
        "reason": f"Premieres {_until(starts_at)}",
        "playableInEmbed": True,
        "liveStreamability": {"liveStreamabilityRenderer": slate},
    }


def _until(starts_at: datetime) -> str:
    seconds = (starts_at - datetime.now(UTC)).total_seconds()
    for unit, length in (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1)):
        # A little less than three hours, which is what is left of them a moment later, are three hours.
        if (count := round(seconds / length)) >= 1:
            return f"in {count} {unit}{'s' if count > 1 else ''}"
    return "in a few moments"


def plays(answer: Answer) -> bool:
    """Whether the answer comes with streaming data."""
    return answer not in _REASONS and answer not in {Answer.NOTHING, Answer.PREMIERE}


def shows_details(answer: Answer) -> bool:
    """Whether the title and the like are told; a removed or private video keeps them to itself."""
    return answer not in {Answer.REMOVED, Answer.PRIVATE}
