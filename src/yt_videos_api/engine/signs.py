"""Texts by which failures are told apart: what yt-dlp writes, and what YouTube answers through it.

Order matters: the first sign that is found decides. Each of yt-dlp's own texts names the file it stands in; a test
looks there, so that an upgrade of yt-dlp that changes a text is noticed.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sign:
    """`text`, found in a message (without regard to case), means `code`."""

    text: str
    code: str
    source: str | None = None  # file inside yt_dlp; None: the site's own words


_VIDEO = "extractor/youtube/_video.py"
_TAB = "extractor/youtube/_tab.py"
_COMMON = "extractor/common.py"

SIGNS = (
    # What looks like a wish for a login but is about robots must come first: both say "Sign in".
    Sign("not a bot", "bot_check"),
    Sign("captcha challenge before playback", "bot_check", _VIDEO),
    Sign("Your IP is likely being blocked by Youtube", "bot_check", _VIDEO),
    Sign("has been rate-limited by YouTube", "rate_limited", _VIDEO),
    Sign("Private video", "private_video"),
    Sign("This video is private", "private_video"),
    Sign("confirm your age", "age_restricted", _VIDEO),
    Sign("age-restricted", "age_restricted", _VIDEO),
    Sign("inappropriate for some users", "age_restricted"),
    Sign("in your country", "geo_blocked", _VIDEO),
    Sign("from your location due to geo restriction", "geo_blocked", _COMMON),
    Sign("DRM protected", "drm_protected", _COMMON),
    Sign("Premieres in", "not_yet_available"),
    Sign("Premiere will begin", "not_yet_available"),
    Sign("live event will begin", "not_yet_available"),
    Sign("live event has ended", "not_yet_available"),
    Sign("channel is not currently live", "not_yet_available", "utils/_utils.py"),
    Sign("Live HLS streams are not supported", "not_yet_available", "downloader/hls.py"),
    Sign("Join this channel", "login_required"),
    Sign("members-only", "login_required"),
    Sign("only available for registered users", "login_required", _COMMON),
    Sign("Login details are needed", "login_required", "extractor/youtube/_base.py"),
    Sign("for the authentication", "login_required", _COMMON),
    Sign("Sign in", "login_required"),
    Sign("Video unavailable", "video_unavailable"),
    Sign("has been removed", "video_unavailable"),
    Sign("no longer available", "video_unavailable"),
    Sign("has been terminated", "video_unavailable"),
    Sign("video does not exist", "video_unavailable"),
    Sign("challenge solving failed", "challenge_unsolved", _VIDEO),
    Sign("Signature solving failed", "challenge_unsolved", _VIDEO),
    Sign("Unsupported URL", "unsupported_url", "utils/_utils.py"),
    Sign("No suitable extractor", "unsupported_url", "YoutubeDL.py"),
    Sign("is not a valid URL", "unsupported_url", "extractor/generic.py"),
    Sign("playlist does not exist", "not_found"),
    # A redirect or a manifest that leads out of the web.
    Sign("file:// URLs are disabled", "blocked_address", "YoutubeDL.py"),
    Sign("Unsupported url scheme", "blocked_address", "networking/common.py"),
    Sign("No connection adapters were found", "blocked_address"),
)

# What these say of a page is a hiccup; of media it is the failure itself.
TRANSFER_SIGNS = (
    Sign("more expected", "incomplete", "networking/exceptions.py"),
    Sign("bytes, expected", "incomplete", "utils/_utils.py"),
    Sign("Did not get any data blocks", "incomplete", "downloader/http.py"),
    Sign("The downloaded file is empty", "incomplete", "downloader/fragment.py"),
    Sign("not found, unable to continue", "incomplete", "downloader/fragment.py"),
    # A fragment of a list that was just fetched; a whole file that is missing has the HTTPError as its cause.
    Sign("HTTP Error 404", "incomplete"),
    Sign("HTTP Error 410", "incomplete"),
    Sign("timed out", "stalled"),
)

# Said of a playlist also where a video was expected.
PLAYLIST_SIGNS = (
    Sign("playlist does not exist", "list_unavailable"),
    Sign("playlist is private", "list_unavailable"),
    Sign("playlist type is unviewable", "list_unavailable"),
)

# What these say of a list, they do not say of its videos.
LIST_SIGNS = (
    *PLAYLIST_SIGNS,
    Sign("does the playlist exist", "list_unavailable", _TAB),
    Sign("The channel/playlist does not exist", "list_unavailable", _TAB),
    Sign("This channel does not have a", "list_unavailable", _TAB),
    Sign("channel does not exist", "list_unavailable"),
    Sign("channel is not available", "list_unavailable"),
    Sign("has been terminated", "list_unavailable"),
    # A page of it that came without its rows.
    Sign("Incomplete data received", "network", "extractor/youtube/_base.py"),
)

# Says only that nothing came of it: the warnings before it tell why.
VAGUE = (
    Sign("No video formats found!", "no_formats", "YoutubeDL.py"),
    Sign("Requested format is not available", "no_formats", "YoutubeDL.py"),
    Sign("Failed to extract any player response", "extraction_failed", _VIDEO),
    Sign("This video is not available", "no_formats"),
)


def find_code(text: str, signs: tuple[Sign, ...]) -> str | None:
    """The code of the first sign in `text`."""
    plain = text.replace("\N{RIGHT SINGLE QUOTATION MARK}", "'").casefold()
    return next((sign.code for sign in signs if sign.text.casefold() in plain), None)
