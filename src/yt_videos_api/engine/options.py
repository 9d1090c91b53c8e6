"""From our typed fields to yt-dlp's parameters. Pure; nothing from outside ever becomes a key or a flag."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from yt_videos_api.cage.runs import RunLimits
from yt_videos_api.domain.choices import Selection
from yt_videos_api.domain.offers import MediaRequest
from yt_videos_api.domain.policy import ContainerPolicy
from yt_videos_api.domain.targets import is_youtube_address
from yt_videos_api.engine.access import Approach

DEFAULT_RUNG = "default"

# rtmp, mms, websockets and the like would be handed to ffmpeg, which opens RTMP past any proxy (tried).
# m3u8 is here because hls_prefer_native turns it into the native downloader.
_PROTOCOLS = "^(https?|m3u8|m3u8_native|http_dash_segments|ism)$"

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
    return {
        **_behaviour(environment),
        **_network(environment),
        **environment.approach.options(),
        **_choice(media),
        **_site(media.url, rung, environment.approach),
    }


def format_spec() -> str:
    """The best video with the best audio, over protocols we can hold in the cage; else the best single file."""
    allowed = f"[protocol~='{_PROTOCOLS}']"
    return f"bv*{allowed}+ba{allowed}/b{allowed}"


def format_sort(policy: ContainerPolicy, selection: Selection) -> list[str]:
    """What counts first: the picture's size, then frames and colours, then what the container can hold as it is.

    `max_height` asks for the best that is not larger, and for the smallest where all are larger.
    """
    # As in yt-dlp's own order: language first, so that a dubbed track does not win by its codec. "quality" holds what a
    # site says itself, and would say "1080p is better" against a wish for less.
    size = [f"res:{selection.max_height}", "quality"] if selection.max_height else ["quality", "res"]
    first = ["lang", *size, "fps", "hdr:12"]
    fitting = {
        ContainerPolicy.WEBM: ["ext"],  # with prefer_free_formats: webm before mp4, opus before m4a
        ContainerPolicy.MP4: ["ext", "vcodec:h264"],
    }
    return first + fitting.get(policy, [])


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
        "format": format_spec(),
        "format_sort": format_sort(media.container_policy, media.selection),
        "prefer_free_formats": media.container_policy is ContainerPolicy.WEBM,
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
