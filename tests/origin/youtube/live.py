"""The live stream of a video: HLS that grows. Plain sites have it, too, as `/live/<video id>/...`."""

from __future__ import annotations

import re
from collections.abc import Callable

from tests.origin.body import Bytes, File
from tests.origin.broadcast import ITAGS, Broadcast
from tests.origin.catalog import Catalog
from tests.origin.message import Incoming, Response, Target, not_found

_HEIGHTS = {itag: height for height, itag in ITAGS.items()}
_PLACE = re.compile(r".*/(?:id|live)/(?P<id>[^/]+)/(?:itag/(?P<itag>\d+)/)?(?:sq/(?P<number>\d+)/)?.*?(?P<file>[^/]+)")
_HOST = "https://manifest.googlevideo.com"


def live_master_url(video_id: str) -> str:
    """Where YouTube has the playlist of a stream's heights."""
    return f"{_HOST}/api/manifest/hls_variant/id/{video_id}/file/index.m3u8"


def live_target(catalog: Catalog, incoming: Incoming) -> Target:
    """What a request for a piece of a live stream is about; its `video` is the video."""
    place = _PLACE.fullmatch(incoming.path)
    if place is None:
        return Target("other", not_found)
    video_id, height = place["id"], _HEIGHTS.get(int(place["itag"] or 0))

    def of_broadcast(told: Callable[[Broadcast], Response]) -> Callable[[], Response]:
        def answer() -> Response:
            broadcast = catalog.broadcast(video_id)
            return told(broadcast) if broadcast else not_found()

        return answer

    if not place["file"].endswith(".m3u8"):
        number = int(place["number"] or -1)
        return Target("segment", of_broadcast(lambda live: _segment(live, height, number)), video=video_id)
    return Target("manifest", of_broadcast(lambda live: _playlist(live, height, _base(incoming, video_id))), video_id)


def _base(incoming: Incoming, video_id: str) -> str:
    if incoming.host.endswith("googlevideo.com"):
        return f"{_HOST}/api/manifest/hls_playlist/id/{video_id}"
    return f"{incoming.scheme}://{incoming.headers.get('host', incoming.host)}/live/{video_id}"


def _playlist(live: Broadcast, height: int | None, base: str) -> Response:
    text = live.master(base) if height is None else live.playlist(height, base)
    return Response(Bytes(text.encode()), content_type="application/vnd.apple.mpegurl")


def _segment(live: Broadcast, height: int | None, number: int) -> Response:
    path = None if height is None else live.segment(height, number)
    return Response(File(path), content_type="video/mp2t") if path else not_found()
