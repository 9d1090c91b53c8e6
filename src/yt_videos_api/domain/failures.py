"""The catalogue of failures: a stable code, whether trying again can help, and one sentence with what to do.

The texts are ours alone. What yt-dlp or ffmpeg print never reaches a user: it may quote local files (reclip#78).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Backoff(Enum):
    """How patiently a retryable failure is tried again; the waits are in domain/retry.py."""

    BRIEF = "brief"  # most often the same again, sometimes a passing fault: twice, within seconds
    QUICK = "quick"  # this machine was busy or short of something: eight times, seconds growing to minutes
    OUTAGE = "outage"  # the site or the internet is away: seconds growing to minutes, for about six hours
    PATIENT = "patient"  # a site that pushes back: six times, minutes growing to an hour
    ENDLESS = "endless"  # a full disk, a missing library: until somebody mends it, seconds growing to minutes
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class FailureKind:
    """One row of the catalogue."""

    code: str
    message: str
    advice: str
    backoff: Backoff = Backoff.NEVER
    next_rung: bool = False  # another player client may well succeed where this one failed

    @property
    def retryable(self) -> bool:
        """Whether trying the same again later can help."""
        return self.backoff is not Backoff.NEVER


_KINDS = (
    FailureKind(
        "bot_check",
        "YouTube asks to confirm that this is not a bot.",
        "Wait some hours, or use another network address (YT_VIDEOS_UPSTREAM_PROXY), then submit it again.",
        Backoff.NEVER,
        next_rung=True,
    ),
    FailureKind(
        "rate_limited",
        "The site answers that there were too many requests.",
        "It is tried again by itself; lower YT_VIDEOS_WORKERS if it happens often.",
        Backoff.PATIENT,
        next_rung=True,
    ),
    FailureKind(
        "forbidden",
        "The site refused to hand out the media although it listed it.",
        "Often passes by itself; if it stays, upgrade yt-dlp.",
        Backoff.BRIEF,
        next_rung=True,
    ),
    FailureKind(
        "no_formats",
        "The site lists the video but offers nothing that can be downloaded.",
        "Upgrade yt-dlp; if that does not help, the video needs a login or a PO token.",
        Backoff.NEVER,
        next_rung=True,
    ),
    FailureKind(
        "selection_unmet",
        "The site has the video, but nothing of it meets the choices that were made.",
        "Choose less strictly (hdr, max_size_bytes, format_selector, sound alone); GET /formats tells what there is.",
        next_rung=True,
    ),
    FailureKind(
        "extraction_failed",
        "The page could not be read the way yt-dlp expects it.",
        "Upgrade yt-dlp; sites change and it is mended every few weeks.",
        Backoff.BRIEF,
        next_rung=True,
    ),
    FailureKind(
        "challenge_unsolved",
        "YouTube set a puzzle that a JavaScript runtime has to solve, and none did.",
        "Install one (pip install 'yt-videos-api[full]') or name it in YT_VIDEOS_JS_RUNTIME; see `yt-videos doctor`.",
        Backoff.NEVER,
        next_rung=True,
    ),
    FailureKind(
        "cookies_not_taken",
        "None of the player clients that may be asked takes the cookies of an account.",
        'Name one that does in YT_VIDEOS_PLAYER_CLIENTS, such as "default", or submit it without `use_cookies`.',
    ),
    FailureKind(
        "clients_unknown",
        "The yt-dlp of this installation knows none of the player clients that are to be asked.",
        'Name others in YT_VIDEOS_PLAYER_CLIENTS; "default" is always known.',
    ),
    FailureKind(
        "private_video",
        "The video is private.",
        "Only its owner can make it public; with the cookies of an account that may watch it, use `use_cookies`.",
    ),
    FailureKind(
        "video_unavailable",
        "The video does not exist any more, or never did.",
        "Check the address; nothing can be archived.",
    ),
    FailureKind(
        "age_restricted",
        "The video is age restricted.",
        "Upload the cookies of an account that may watch it (PUT /cookies/SITE), then submit it with `use_cookies`.",
        next_rung=True,
    ),
    FailureKind(
        "login_required",
        "The site wants a login for this video.",
        "Upload the cookies of an account that may watch it (PUT /cookies/SITE), then submit it with `use_cookies`.",
        next_rung=True,
    ),
    FailureKind(
        "geo_blocked",
        "The video is not available in the country of this server.",
        "Use an upstream proxy in a country where it is (YT_VIDEOS_UPSTREAM_PROXY).",
        next_rung=True,
    ),
    FailureKind("drm_protected", "The video is protected by DRM.", "It cannot be archived.", next_rung=True),
    FailureKind(
        "not_yet_available",
        "The video is a live stream or a premiere that has not ended.",
        'Submit it again when it has ended, or with "live": "record".',
    ),
    FailureKind(
        "not_started",
        "The live stream or premiere has not begun, or the site still makes a video of what has ended.",
        "It is waited for, and then archived by itself.",
        Backoff.ENDLESS,
    ),
    FailureKind(
        "live_wait_over",
        "The live stream or premiere did not begin within the longest wait of this installation.",
        "Submit it again, or raise YT_VIDEOS_LIVE_WAIT_HOURS.",
    ),
    FailureKind(
        "cookies_missing",
        "The cookies that the job was to use are not there any more.",
        "Upload them again (PUT /cookies/SITE), then submit it again.",
    ),
    FailureKind(
        "cookies_expired",
        "The cookies that were uploaded for the site have expired.",
        "Export them anew, upload them (PUT /cookies/SITE), then submit it again.",
    ),
    FailureKind(
        "proxy_missing",
        "The proxy that the job names is not in the settings any more.",
        "Name it in YT_VIDEOS_PROXIES, or submit it again with another one.",
    ),
    FailureKind(
        "list_unavailable",
        "The playlist or channel does not exist (any more), or is private.",
        "Check the address in a browser; for a private one upload cookies and submit it with `use_cookies`.",
    ),
    FailureKind(
        "not_a_list",
        "The address leads to no playlist or channel.",
        'Submit a single video with entity_type "video" or "url".',
    ),
    FailureKind(
        "not_a_video", "The address leads to a list of videos, not to one.", 'Submit it with entity_type "url".'
    ),
    FailureKind("unsupported_url", "No video was found at this address.", "Check the address in a browser."),
    FailureKind(
        "not_found", "The address answers that there is nothing (404 or 410).", "Check the address in a browser."
    ),
    FailureKind(
        "blocked_address",
        "The address, or one it leads to, is not on the public internet.",
        "If it is yours and you trust it, name it in YT_VIDEOS_EGRESS_ALLOW=host:port.",
    ),
    FailureKind(
        "network",
        "The site could not be reached or broke off.",
        "It is tried again by itself; check the network if it stays.",
        Backoff.OUTAGE,
        next_rung=True,
    ),
    FailureKind(
        "unknown_host",
        "There is no site of this name.",
        "Check the spelling of the address, and the name server of this machine.",
        Backoff.QUICK,
    ),
    FailureKind(
        "stalled",
        "The site stopped sending, or sent too slowly to ever finish.",
        "It is tried again by itself.",
        Backoff.OUTAGE,
        next_rung=True,
    ),
    FailureKind(
        "incomplete",
        "The site sent less than the whole file.",
        "Check the file at its source; if it plays there, submit it again.",
        Backoff.BRIEF,
        next_rung=True,
    ),
    FailureKind(
        "not_media",
        "The site sent something that is not a video, such as a web page.",
        "Check the address in a browser; the site may want a login or a captcha.",
        Backoff.BRIEF,
        next_rung=True,
    ),
    FailureKind(
        "damaged_media",
        "The file arrived but is damaged: packets are missing or its time line has holes.",
        "Check the file at its source; if it plays there, submit it again.",
        Backoff.BRIEF,
        next_rung=True,
    ),
    FailureKind(
        "impersonation_unavailable",
        "This installation cannot imitate a browser.",
        "Install the extra on all workers (pip install 'yt-videos-api[impersonate]'), or submit it without a browser.",
    ),
    FailureKind(
        "too_large",
        "The video is larger or longer than the limits of this installation.",
        "Raise YT_VIDEOS_MAX_FILE_BYTES.",
    ),
    FailureKind(
        "time_limit",
        "It took longer than the limit of this installation.",
        "Raise YT_VIDEOS_RUN_TIMEOUT_SECONDS.",
    ),
    FailureKind("no_space", "The disk is full.", "Free some space; the job then goes on by itself.", Backoff.ENDLESS),
    FailureKind(
        "library_unavailable",
        "The library folder cannot be written.",
        "Check that its disk is mounted and may be written; jobs then go on by themselves.",
        Backoff.ENDLESS,
    ),
    FailureKind(
        "media_tool_failed",
        "The file could not be put together by ffmpeg.",
        "Run `yt-videos doctor`; it judges the ffmpeg in use.",
        Backoff.QUICK,
    ),
    FailureKind(
        "engine_crashed", "The download process ended without an answer.", "It is tried again by itself.", Backoff.QUICK
    ),
    FailureKind(
        "quarantined",
        "The download took its worker down several times in a row and was set aside.",
        "Look at the worker's log, then submit it again.",
    ),
    FailureKind("internal", "Something in yt-videos-api itself went wrong.", "Please report it with the worker's log."),
    FailureKind("cancelled", "The job was cancelled.", "Submit it again if that was a mistake."),
)

FAILURES: dict[str, FailureKind] = {kind.code: kind for kind in _KINDS}
