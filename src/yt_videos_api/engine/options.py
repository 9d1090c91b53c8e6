"""From our typed fields to yt-dlp's parameters. Pure; nothing from outside ever becomes a key or a flag."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from yt_videos_api.cage.runs import RunLimits
from yt_videos_api.domain.offers import MediaRequest
from yt_videos_api.domain.policy import ContainerPolicy
from yt_videos_api.domain.targets import is_youtube_address
from yt_videos_api.engine.access import Approach
from yt_videos_api.engine.wishes import format_sort, format_spec

DEFAULT_RUNG = "default"

# 32 ms less per run than with all 1,890 extractors (measured).
_YOUTUBE_EXTRACTORS = ["youtube.*", "generic"]

# Small enough that progress is seen on a slow line and little is lost when the process dies.
_BLOCK_BYTES = 256 * 2**10


@dataclass(frozen=True, slots=True)
class EngineEnvironment:
    """What a run's process is given besides the request."""

    scratch: Path
    proxy_url: str
    own_ca: bool  # trust SSL_CERT_FILE instead of certifi's bundle
    limits: RunLimits
    approach: Approach = field(default_factory=Approach)


def build_options(media: MediaRequest, rung: str, environment: EngineEnvironment) -> dict[str, Any]:
    """All parameters of one YoutubeDL."""
    options = _common(environment) | _choice(media) | _site(media.url, rung, environment.approach)
    if media.selection.max_size_bytes is not None:
        # A rate times the length, where a manifest tells no sizes; else those formats would count as unknown.
        options["compat_opts"] |= {"manifest-filesize-approx"}
    return options


def look_options(url: str, environment: EngineEnvironment) -> dict[str, Any]:
    """All parameters of a YoutubeDL that looks at a video and chooses nothing."""
    return {
        **_common(environment),
        **_one_video(),
        **_site(url, DEFAULT_RUNG, environment.approach),
        "format": lambda _: [],
        # What has not begun, or offers nothing, can still be looked at.
        "ignore_no_formats_error": True,
    }


def list_options(url: str, environment: EngineEnvironment) -> dict[str, Any]:
    """All parameters of a YoutubeDL that lists what is at an address, page by page."""
    site = _site(url, DEFAULT_RUNG, environment.approach)
    # Else a list of which YouTube sends no further page ends there, with a warning.
    site.get("extractor_args", {}).get("youtube", {})["raise_incomplete_data"] = ["1"]
    return {
        **_common(environment),
        **site,
        "noplaylist": False,
        # The other tabs of a channel are told by their addresses, not fetched along with the first one.
        "playlist_items": "0",
        # YouTube now and then sends a page without its rows, and the rows when it is asked again.
        "extractor_retries": 3,
    }


def _common(environment: EngineEnvironment) -> dict[str, Any]:
    return {**_behaviour(environment), **_network(environment), **environment.approach.options()}


def _behaviour(environment: EngineEnvironment) -> dict[str, Any]:
    scratch = str(environment.scratch)
    return {
        "quiet": True,
        "noprogress": True,
        "cachedir": str(environment.scratch / "cache"),
        "paths": {"home": scratch, "temp": scratch},
        # Muxing is ours; looking where there is no ffmpeg, yt-dlp cannot delegate a download to it either.
        "ffmpeg_location": scratch,
        "fixup": "never",
        "updatetime": False,
        "enable_file_urls": False,
        "default_search": "error",
        "hls_prefer_native": True,
        # Its default lets a video with a hole in the middle end as a success (tried).
        "skip_unavailable_fragments": False,
        "buffersize": _BLOCK_BYTES,
        "noresizebuffer": True,
    }


def _network(environment: EngineEnvironment) -> dict[str, Any]:
    return {
        "proxy": environment.proxy_url,
        "compat_opts": {"no-certifi"} if environment.own_ca else set(),
        # Three tries that receive nothing must be over within the stall time.
        "socket_timeout": min(20.0, environment.limits.stall_seconds / 3),
        "geo_bypass": False,
        # A dropped connection is taken up again at once; everything else is retried by the services, with a back-off.
        "retries": 2,
        "fragment_retries": 2,
        "extractor_retries": 1,
        "file_access_retries": 0,
    }


def _choice(media: MediaRequest) -> dict[str, Any]:
    return {
        "format": format_spec(media.container_policy, media.selection),
        "format_sort": format_sort(media.container_policy, media.selection),
        "prefer_free_formats": media.container_policy is ContainerPolicy.WEBM,
        **_one_video(),
    }


def _one_video() -> dict[str, Any]:
    return {
        "noplaylist": True,
        # Two entries tell a list from a page with one video; more are never looked at.
        "playlist_items": "1-2",
        "lazy_playlist": True,
        "extract_flat": "in_playlist",
    }


def _site(url: str, rung: str, approach: Approach) -> dict[str, Any]:
    if not is_youtube_address(url):
        return {"allowed_extractors": ["default"]}
    clients = {} if rung == DEFAULT_RUNG else {"player_client": [rung]}
    arguments = approach.youtube_arguments()
    arguments["youtube"] |= clients
    return {"allowed_extractors": list(_YOUTUBE_EXTRACTORS), "extractor_args": arguments}
