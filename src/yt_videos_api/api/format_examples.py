"""Examples of GET /formats for the documentation: real values of the real types."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import TypeAdapter

from yt_videos_api.domain.offers import Stream
from yt_videos_api.services.probes import ProbedVideo, ProbeView
from yt_videos_api.services.views import error_view

_ASKED_AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
_QUEUED = ProbeView("queued", "https://www.youtube.com/watch?v=jNQXAC9IVRw", _ASKED_AT, None)
_ANSWERED = replace(_QUEUED, answered_at=_ASKED_AT + timedelta(seconds=2))
_VIDEO = ProbedVideo(
    extractor="youtube",
    video_id="jNQXAC9IVRw",
    title="Me at the zoo",
    webpage_url="https://www.youtube.com/watch?v=jNQXAC9IVRw",
    channel="jawed",
    upload_date="20050424",
    duration_seconds=19.0,
    live_status="not_live",
)
_FORMATS = (
    Stream(
        "133",
        "video",
        "mp4",
        "https",
        video_codec="h264",
        height=240,
        width=320,
        fps=15.0,
        note="240p",
        size_bytes=320_000,
    ),
    Stream("140", "audio", "m4a", "https", audio_codec="aac", language="en", size_bytes=308_733),
)
_probes = TypeAdapter(ProbeView)


def _examples(**views: ProbeView) -> dict[str, Any]:
    told = {name: {"value": _probes.dump_python(view, mode="json")} for name, view in views.items()}
    return {"content": {"application/json": {"examples": told}}}


ANSWERED_PROBE = _examples(
    done=replace(
        _ANSWERED, state="done", video=_VIDEO, formats=_FORMATS, subtitles=("de", "en"), automatic_subtitles=("en",)
    ),
    failed=replace(_ANSWERED, state="failed", error=error_view("private_video")),
)
QUEUED_PROBE = {"description": "Not known yet; ask again.", "model": ProbeView, **_examples(queued=_QUEUED)}
