"""What `archive` refuses, in the words of the command line: options instead of the fields of the API."""

from __future__ import annotations

import re

from yt_videos_api.domain.errors import InvalidInput

_OPTIONS = {
    "preset": "--preset",
    "container_policy": "--container",
    "quality": "--quality",
    "max_fps": "--max-fps",
    "hdr": "--hdr",
    "video_codec": "--codec",
    "max_size_bytes": "--max-bytes",
    "audio_language": "--language",
    "format_selector": "--format",
    "subtitles": "--subtitles",
    "subtitles.sidecar": "--sidecar",
    "sponsorblock": "--sponsorblock",
    "use_cookies": "--cookies",
    "proxy_name": "--proxy",
    "impersonate_browser": "--browser",
    "live": "--live",
    "live_limit_seconds": "--live-limit",
    "item_limit": "--limit",
    "published_after": "--after",
    "published_before": "--before",
    "order": "--order",
    "title_include": "--title",
    "title_exclude": "--not-title",
    "skip_shorts": "--skip-shorts",
    "skip_live": "--skip-live",
    "on_removed_from_playlist": "--on-removed",
}
# Of fields only those whose names mean nothing else in a sentence.
_MENTIONED = re.compile(r"\b(?:quality|max_fps|hdr|video_codec|max_size_bytes|published_before)\b")
_PHRASES = {
    '"live": "record"': "--live record",
    'entity_type "video"': "a video",
    "PUT /cookies/SITE": "`yt-videos cookies put SITE FILE`",
}


def spoken(address: str, error: InvalidInput) -> InvalidInput:
    """`error` as it is told of this address: there may be several, and only one may be wrong."""
    if error.field == "entity_id":
        return InvalidInput(address, _of_address(address, error), code=error.code)
    problem = error.problem
    for phrase, ours in _PHRASES.items():
        problem = problem.replace(phrase, ours)
    if error.code == "contradiction":
        problem = _MENTIONED.sub(lambda found: _OPTIONS[found[0]], problem)
    return InvalidInput(_option(error.field), problem, code=error.code)


def _option(field: str) -> str:
    steps = field.split(".")
    return _OPTIONS.get(".".join(steps[:2])) or _OPTIONS.get(steps[0]) or field


def _of_address(address: str, error: InvalidInput) -> str:
    if error.code in ("url.scheme", "url.syntax") and address and not re.search(r"[/\\\s]", address):
        return (
            "is no id, @handle or address. Taken are the id of a video (11 characters) or playlist (PL...) or channel"
            " (UC...), an @handle, and addresses that begin with http:// or https://."
        )
    return error.problem
