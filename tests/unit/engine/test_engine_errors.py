"""What yt-dlp raises, in our words. Texts as they stand in its source, and as YouTube answers."""

from __future__ import annotations

import errno
import io
from pathlib import Path

import pytest
import yt_dlp
from yt_dlp.networking import Response
from yt_dlp.networking.exceptions import HTTPError, IncompleteRead, ProxyError, TransportError
from yt_dlp.utils import (
    ContentTooShortError,
    DownloadError,
    ExtractorError,
    GeoRestrictedError,
    UnsupportedError,
    bug_reports_message,
)

from yt_videos_api.domain.errors import DownloadFailure
from yt_videos_api.domain.failures import FAILURES
from yt_videos_api.engine.errors import Stage, translate
from yt_videos_api.engine.signs import LIST_SIGNS, SIGNS, TRANSFER_SIGNS, VAGUE, Sign

ALL_SIGNS = (*SIGNS, *TRANSFER_SIGNS, *LIST_SIGNS, *VAGUE)
HINT = (
    "Use --cookies-from-browser or --cookies for the authentication. "
    "See  https://github.com/yt-dlp/yt-dlp/wiki/FAQ#how-do-i-pass-cookies-to-yt-dlp  for how to manually pass cookies"
)


def wrapped(cause: Exception) -> DownloadError:
    """As YoutubeDL.trouble() raises it."""
    return DownloadError(f"ERROR: {cause}", (type(cause), cause, None))


def http_error(status: int) -> HTTPError:
    return HTTPError(Response(io.BytesIO(), "https://example.org/", {}, status=status))


@pytest.mark.parametrize(
    ("message", "detail"),
    [
        (
            f"[youtube] a: Sign in to confirm you're not a bot. {HINT}. Also see  https://github.com/yt-dlp/yt-dlp/wiki"
            "  for tips on effectively exporting YouTube cookies",
            "[youtube] a: Sign in to confirm you're not a bot.",
        ),
        (f"Failed to parse JSON{bug_reports_message()}", "Failed to parse JSON"),
        ("a: HTTP Error 404: Not Found; page a--b.htm is gone", "a: HTTP Error 404: Not Found; page a--b.htm is gone"),
        ("[x] 1: Use a VPN or proxy server (with --proxy) to route around it. Blocked.", "[x] 1: Use a VPN or proxy"),
        ("Too many requests. It is recommended to use `-t sleep`", "Too many requests."),
    ],
)
def test_what_goes_into_the_log_does_not_advise_options_that_nobody_here_has(message: str, detail: str) -> None:
    told = translate(wrapped(ExtractorError(message, expected=True)), (), Stage.EXTRACT).detail
    assert told.startswith(f"DownloadError: ERROR: {detail}")
    assert "--proxy" not in told
    assert "yt-dlp" not in told
    assert "cookies" not in told


def extraction(message: str, *warnings: str) -> str:
    return translate(wrapped(ExtractorError(message, expected=True)), warnings, Stage.EXTRACT).code


@pytest.mark.parametrize("sign", [sign for sign in ALL_SIGNS if sign.source], ids=lambda sign: sign.text)
def test_the_installed_yt_dlp_still_writes_this(sign: Sign) -> None:
    source = Path(yt_dlp.__file__).parent / str(sign.source)
    assert sign.text in source.read_text(encoding="utf-8")


@pytest.mark.parametrize("sign", ALL_SIGNS, ids=lambda sign: sign.text)
def test_every_sign_leads_to_a_code_of_the_catalogue(sign: Sign) -> None:
    assert sign.code in FAILURES


@pytest.mark.parametrize(
    ("message", "code"),
    [
        (f"[youtube] a: Sign in to confirm you\N{RIGHT SINGLE QUOTATION MARK}re not a bot. {HINT}", "bot_check"),
        (f"[youtube] a: Sign in to confirm you're not a bot. {HINT}", "bot_check"),
        ("[youtube] a: x. YouTube is requiring a captcha challenge before playback", "bot_check"),
        (
            "[youtube] a: This content isn't available, try again later. The current session has been rate-limited by "
            "YouTube for up to an hour. It is recommended to use `-t sleep`",
            "rate_limited",
        ),
        (f"[youtube] a: Private video. Sign in if you've been granted access to this video. {HINT}", "private_video"),
        (
            f"[youtube] a: Sign in to confirm your age. This video may be inappropriate for some users. {HINT}",
            "age_restricted",
        ),
        ("[youtube] a: Video unavailable. This video has been removed by the uploader", "video_unavailable"),
        (
            "[youtube] a: Video unavailable. This video contains content from X, who has blocked it in your country",
            "geo_blocked",
        ),
        ("[youtube] a: This video is not available", "no_formats"),
        ("[youtube] a: Join this channel to get access to members-only content", "login_required"),
        (f"[vimeo] 1: This video is only available for registered users. {HINT}", "login_required"),
        ("[youtube] a: This video is DRM protected", "drm_protected"),
        ("[youtube] a: Premieres in 3 hours", "not_yet_available"),
        ("[youtube] a: This live event will begin in 5 days.", "not_yet_available"),
        ("[youtube] a: No video formats found!", "no_formats"),
        ("[generic] a: Requested format is not available. Use --list-formats", "no_formats"),
        ("[generic] 'x' is not a valid URL", "unsupported_url"),
        ("[example] a: Unable to extract title", "extraction_failed"),
        ("[youtube] a: Failed to extract any player response", "extraction_failed"),
    ],
)
def test_messages_of_extraction(message: str, code: str) -> None:
    assert extraction(message) == code


@pytest.mark.parametrize(
    ("warning", "code"),
    [
        ("[youtube] Unable to download API page: HTTP Error 429: Too Many Requests", "rate_limited"),
        ("[youtube] Unable to download API page: HTTP Error 403: Forbidden", "forbidden"),
        ("[youtube] Unable to download API page: HTTP Error 500: Internal Server Error", "network"),
        ("[youtube] Unable to download API page: HTTP Error 404: Not Found", "network"),
        ("[youtube] a: Some web client https formats have been skipped", "no_formats"),
    ],
)
def test_a_vague_error_is_explained_by_the_warning_before_it(warning: str, code: str) -> None:
    assert extraction("[youtube] a: No video formats found!", warning) == code


@pytest.mark.parametrize(
    ("error", "stage", "code"),
    [
        (wrapped(GeoRestrictedError("sorry")), Stage.EXTRACT, "geo_blocked"),
        (wrapped(UnsupportedError("https://example.org/Private video")), Stage.EXTRACT, "unsupported_url"),
        (wrapped(ExtractorError("page", cause=http_error(404))), Stage.EXTRACT, "not_found"),
        (wrapped(ExtractorError("page", cause=http_error(410))), Stage.EXTRACT, "not_found"),
        (wrapped(ExtractorError("page", cause=http_error(403))), Stage.EXTRACT, "forbidden"),
        (wrapped(ExtractorError("page", cause=http_error(429))), Stage.EXTRACT, "rate_limited"),
        (wrapped(ExtractorError("page", cause=http_error(503))), Stage.EXTRACT, "network"),
        (wrapped(ExtractorError("page", cause=TransportError("reset"))), Stage.EXTRACT, "network"),
        (wrapped(ExtractorError("page", cause=ProxyError("Tunnel connection failed: 403"))), Stage.EXTRACT, "network"),
        (wrapped(ExtractorError("page", cause=http_error(404), ie="youtube", video_id="a")), Stage.EXTRACT, "network"),
        (http_error(403), Stage.TRANSFER, "forbidden"),
        (http_error(404), Stage.TRANSFER, "forbidden"),
        (http_error(429), Stage.TRANSFER, "rate_limited"),
        (wrapped(IncompleteRead(5, 7)), Stage.TRANSFER, "incomplete"),
        (
            DownloadError("ERROR: Got error: 5 bytes read, 7 more expected. Giving up after 2 retries"),
            Stage.TRANSFER,
            "incomplete",
        ),
        (
            DownloadError("ERROR: Got error: HTTP Error 404: Not Found. Giving up after 2 retries"),
            Stage.TRANSFER,
            "incomplete",
        ),
        (DownloadError("ERROR: Got error: HTTP Error 503: x. Giving up after 2 retries"), Stage.TRANSFER, "network"),
        (DownloadError("ERROR: Got error: Read timed out.. Giving up after 2 retries"), Stage.TRANSFER, "stalled"),
        (wrapped(OSError(errno.ENOSPC, "No space left on device")), Stage.TRANSFER, "no_space"),
        (wrapped(OSError(errno.EDQUOT, "Disk quota exceeded")), Stage.TRANSFER, "no_space"),
        (OSError(errno.EMFILE, "Too many open files"), Stage.EXTRACT, "no_space"),
        (wrapped(OSError(errno.EFBIG, "File too large")), Stage.TRANSFER, "too_large"),
        (DownloadFailure("not_media"), Stage.TRANSFER, "not_media"),
        (KeyError("formats"), Stage.EXTRACT, "extraction_failed"),
        (KeyError("fragments"), Stage.TRANSFER, "extraction_failed"),
        (wrapped(ContentTooShortError(5, 7)), Stage.TRANSFER, "incomplete"),
    ],
    ids=repr,
)
def test_errors_by_what_caused_them(error: Exception, stage: Stage, code: str) -> None:
    assert translate(error, (), stage).code == code


@pytest.mark.parametrize(
    ("stage", "status", "code"),
    [
        (Stage.LIST, 404, "list_unavailable"),
        (Stage.LIST, 403, "forbidden"),
        (Stage.LIST, 500, "network"),
        (Stage.ENTRIES, 404, "network"),
        (Stage.ENTRIES, 429, "rate_limited"),
    ],
)
def test_a_missing_list_is_told_from_a_page_of_it_that_is_missing(stage: Stage, status: int, code: str) -> None:
    assert translate(wrapped(ExtractorError("x", cause=http_error(status))), (), stage).code == code


def test_a_list_that_youtube_would_not_show_is_not_missing() -> None:
    said = "Unable to download webpage: HTTP Error 429: Too Many Requests"
    gone = ExtractorError("Failed to resolve url (does the playlist exist?)", expected=True)
    assert translate(wrapped(gone), [said], Stage.LIST).code == "rate_limited"
    assert translate(wrapped(gone), (), Stage.LIST).code == "list_unavailable"
