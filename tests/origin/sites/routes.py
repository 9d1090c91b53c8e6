"""Plain sites: every host that is not YouTube's has the same things under the same paths.

/media/NAME              a file: one that was published, else made for NAME.mp4, .webm, .m4a or .opus
/page/NAME               a page with a <video> of /media/NAME.mp4 and a thumbnail
/hls/NAME/master.m3u8    HLS in MPEG-TS; /hls-fmp4/ in fragmented MP4
/dash/NAME.mpd           DASH
/live/ID/index.m3u8      HLS that grows, of a YouTube video that was published as live
/thumb/NAME.jpg, .webp   a thumbnail
/redirect?to=URL&code=N  to anywhere
/account/NAME            a page only for who brings a cookie, with the video of another host: `cdn.example.net`
/feed/NAME, /links/NAME  RSS of files, of pages; /gallery/NAME a page with several videos
"""

from __future__ import annotations

import mimetypes
from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from pathlib import Path

from tests.origin.body import File
from tests.origin.catalog import Catalog
from tests.origin.media import folder_of
from tests.origin.message import Incoming, Response, Target, html, not_found
from tests.origin.sites import streams
from tests.origin.sites.collections import file_feed, gallery, page_feed
from tests.origin.youtube.live import live_target

_WHOLE_FILES = {".mp4": "whole.mp4", ".webm": "whole.webm", ".m4a": "aac.m4a", ".opus": "opus.webm"}
_COLLECTIONS = {"feed": file_feed, "links": page_feed, "gallery": gallery}
_HLS_KINDS = {"hls": "mpegts", "hls-fmp4": "fmp4"}
ELSEWHERE = "cdn.example.net"


@dataclass(frozen=True, slots=True)
class PlainSites:
    """Whatever the host."""

    catalog: Catalog

    def route(self, incoming: Incoming) -> Target:
        """What a request is about."""
        section, _, name = incoming.path.removeprefix("/").partition("/")
        sections: dict[str, Callable[[Incoming, str], Target]] = {
            "media": self._media,
            "page": self._page,
            "account": self._account,
            "thumb": self._thumbnail,
            "dash": self._dash,
            "redirect": _redirect,
            "live": lambda incoming, _: live_target(self.catalog, incoming),
        }
        if section in _COLLECTIONS:
            return self._collection(section, incoming, name)
        if section in _HLS_KINDS:
            return self._hls(_HLS_KINDS[section], name)
        handler = sections.get(section)
        return handler(incoming, name) if handler else Target("other", not_found)

    def _media(self, _incoming: Incoming, name: str) -> Target:
        def answer() -> Response:
            path = self.catalog.find_file(name)
            whole = _WHOLE_FILES.get(Path(name).suffix)
            if path is None and whole is None:
                return not_found()
            path = path or folder_of(self.catalog.recipe_for(name)) / str(whole)
            content_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
            return Response(File(path), content_type=content_type, etag=f'"{name}-{path.stat().st_size}"', ranges=True)

        return Target("media", answer, video=name)

    def _page(self, incoming: Incoming, name: str) -> Target:
        base = _base(incoming)
        return Target("page", lambda: _page_with_video(name, base, base), video=name)

    def _account(self, incoming: Incoming, name: str) -> Target:
        def answer() -> Response:
            if "cookie" not in incoming.headers:
                return html("<!doctype html><title>Sign in</title><p>Sign in to see this.", status=403)
            return _page_with_video(name, _base(incoming), f"https://{ELSEWHERE}")

        return Target("page", answer, video=name)

    def _collection(self, section: str, incoming: Incoming, name: str) -> Target:
        show = _COLLECTIONS[section]
        return Target("list", lambda: show(name, self.catalog.collection(name), _base(incoming)), video=name, page=1)

    def _thumbnail(self, _incoming: Incoming, name: str) -> Target:
        stem, kind = Path(name).stem, Path(name).suffix

        def answer() -> Response:
            if kind not in {".jpg", ".webp"}:
                return not_found()
            cover = folder_of(self.catalog.recipe_for(stem)) / f"cover{kind}"
            return Response(File(cover), content_type="image/jpeg" if kind == ".jpg" else "image/webp")

        return Target("thumbnail", answer, video=stem)

    def _hls(self, kind: str, name: str) -> Target:
        video, _, file_name = name.partition("/")
        return Target(
            "manifest" if streams.is_manifest(file_name) else "segment",
            lambda: streams.hls(self.catalog.recipe_for(video), kind, file_name),
            video=video,
        )

    def _dash(self, _incoming: Incoming, name: str) -> Target:
        if "/" not in name:
            stem = name.removesuffix(".mpd")
            return Target("manifest", lambda: streams.dash_manifest(self.catalog.recipe_for(stem), stem), video=stem)
        video, _, file_name = name.partition("/")
        return Target("segment", lambda: streams.dash_segment(self.catalog.recipe_for(video), file_name), video=video)


def _base(incoming: Incoming) -> str:
    return f"{incoming.scheme}://{incoming.headers.get('host', incoming.host)}"


def _page_with_video(name: str, base: str, media_base: str) -> Response:
    safe = escape(name)
    return html(
        f"<!doctype html><html><head><title>Page {safe}</title>"
        f'<meta property="og:title" content="Page {safe}">'
        f'<meta property="og:image" content="{base}/thumb/{safe}.jpg">'
        f'</head><body><video src="{media_base}/media/{safe}.mp4" controls></video></body></html>'
    )


def _redirect(incoming: Incoming, _name: str) -> Target:
    code, to = int(incoming.query.get("code", "302")), incoming.query.get("to", "/")
    return Target("redirect", lambda: Response(status=code, headers={"Location": to}))
