"""A run without a network, done in the forkserver: what is compiled and cached on first use is there for every child.

A third of the time of an extraction is regular expressions being compiled (measured).
"""

from __future__ import annotations

import contextlib
import io
import json
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from yt_dlp import YoutubeDL
from yt_dlp.networking import Response
from yt_dlp.utils import YoutubeDLError

from yt_videos_api.cage.runs import RunLimits
from yt_videos_api.domain.offers import MediaRequest
from yt_videos_api.domain.policy import ContainerPolicy
from yt_videos_api.engine.options import EngineEnvironment, build_options

_NOWHERE = Path("/nonexistent")
_ID = "aaaaaaaaaaa"
_POLICIES = (ContainerPolicy.WEBM, ContainerPolicy.MP4, ContainerPolicy.MKV, ContainerPolicy.M4A)
_MEDIA = "https://media.invalid/videoplayback?itag="


class _Silence:
    def debug(self, message: str) -> None:
        """Nobody listens."""

    warning = error = debug


class _Stage(YoutubeDL):  # type: ignore[misc]  # yt-dlp has no types
    """Every request is answered from here."""

    def urlopen(self, req: Any) -> Any:
        """A scene for each kind of request."""
        url = req if isinstance(req, str) else req.url
        if "/youtubei/" in url:
            return _response(url, json.dumps(_player()), "application/json")
        if "youtube.com" in url:
            return _response(url, _watch_page(), "text/html; charset=utf-8")
        if url.endswith(".mp4"):
            return _response(url, "", "video/mp4")
        return _response(url, "<html><head><title>a</title></head></html>", "text/html; charset=utf-8")


def youtube_acts() -> Iterator[Callable[[], None]]:
    """Extract a video of YouTube for each container with a picture and one without, as it is done for real."""
    for policy in _POLICIES:
        yield partial(_play, f"https://www.youtube.com/watch?v={_ID}", "visionos", policy)


def other_acts() -> Iterator[Callable[[], None]]:
    """Look at a media file, and at a page without one."""
    for url in ("https://site.invalid/a.mp4", "https://site.invalid/a"):
        yield partial(_play, url, "default", ContainerPolicy.WEBM)


def _play(url: str, rung: str, policy: ContainerPolicy) -> None:
    environment = EngineEnvironment(scratch=_NOWHERE, proxy_url="http://127.0.0.1:9", own_ca=False, limits=RunLimits())
    options = build_options(MediaRequest(url, policy), rung, environment)
    with _Stage({**options, "logger": _Silence(), "cachedir": False}) as ydl, contextlib.suppress(YoutubeDLError):
        ydl.extract_info(url, download=False)


def _response(url: str, body: str, content_type: str) -> Any:
    return Response(io.BytesIO(body.encode()), url, {"Content-Type": content_type})


def _watch_page() -> str:
    config = {"INNERTUBE_CONTEXT": {"client": {"clientName": "WEB", "clientVersion": "2"}}, "VISITOR_DATA": "a"}
    answer = json.dumps({**_player(), "streamingData": {}})
    return (
        f"<html><head><title>a</title></head><body><script>ytcfg.set({json.dumps(config)});</script>"
        f"<script>var ytInitialPlayerResponse = {answer};</script>"
        f'<script>var ytInitialData = {{"contents": {{}}}};</script></body></html>'
    )


def _player() -> dict[str, Any]:
    return {
        "playabilityStatus": {"status": "OK"},
        "videoDetails": {"videoId": _ID, "title": "a", "lengthSeconds": "3", "author": "a"},
        "microformat": {"playerMicroformatRenderer": {"uploadDate": "2026-01-02T03:04:05Z"}},
        "streamingData": {
            "formats": [_format(18, 'video/mp4; codecs="avc1.42001E, mp4a.40.2"')],
            "adaptiveFormats": [
                _format(248, 'video/webm; codecs="vp9"'),
                _format(137, 'video/mp4; codecs="avc1.640028"'),
                _format(251, 'audio/webm; codecs="opus"'),
                _format(140, 'audio/mp4; codecs="mp4a.40.2"'),
            ],
        },
    }


def _format(itag: int, mime_type: str) -> dict[str, Any]:
    picture = {"width": 640, "height": 360, "fps": 25, "qualityLabel": "360p", "quality": "medium"}
    sound = {"audioSampleRate": "48000", "audioChannels": 2, "audioQuality": "AUDIO_QUALITY_MEDIUM", "quality": "tiny"}
    return {
        "itag": itag,
        "url": f"{_MEDIA}{itag}",
        "mimeType": mime_type,
        "bitrate": 100_000,
        "contentLength": "1000",
        "approxDurationMs": "3000",
        **(picture if mime_type.startswith("video") else sound),
    }
