"""Which address of YouTube's hosts is what."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.origin.body import File
from tests.origin.catalog import Catalog
from tests.origin.injections import Injections
from tests.origin.media import folder_of
from tests.origin.message import Incoming, Response, Target, json_response, not_found
from tests.origin.video import Answer, Video, is_video_id
from tests.origin.youtube import pages
from tests.origin.youtube.accounts import signed_in
from tests.origin.youtube.captions import captions, find_caption
from tests.origin.youtube.clients import NEED_PO_TOKEN, client_of
from tests.origin.youtube.formats import PREMERGED_ITAG, Format, find_format
from tests.origin.youtube.list_routes import ListRoutes
from tests.origin.youtube.lists import Lists
from tests.origin.youtube.live import live_target
from tests.origin.youtube.player import is_signed, player_response
from tests.origin.youtube.player_script import PREFIX, needs_script, script_target, solved

_SUFFIXES = ("youtube.com", "ytimg.com", "googlevideo.com")


@dataclass(frozen=True, slots=True)
class YouTube:
    """Every host of YouTube."""

    catalog: Catalog
    injections: Injections

    def owns(self, host: str) -> bool:
        """Whether the host is YouTube's."""
        return any(host == suffix or host.endswith(f".{suffix}") for suffix in _SUFFIXES)

    def route(self, incoming: Incoming) -> Target:
        """What a request to one of the hosts is about."""
        if incoming.host.endswith("ytimg.com"):
            return self._thumbnail(incoming)
        if incoming.host.endswith("googlevideo.com"):
            return self._media(incoming)
        return self._main_site(incoming)

    def _main_site(self, incoming: Incoming) -> Target:
        lists = ListRoutes(Lists(self.catalog, signed_in(incoming)))
        handlers: dict[str, Callable[[Incoming], Target]] = {
            "/watch": self._watch,
            "/youtubei/v1/player": self._player,
            "/youtubei/v1/next": self._next,
            "/api/timedtext": self._caption,
            "/playlist": lists.playlist,
            "/youtubei/v1/browse": lists.browse,
        }
        handler = handlers.get(incoming.path)
        if handler:
            return handler(incoming)
        if incoming.path.startswith(PREFIX):
            return script_target(incoming)
        if incoming.path in {"/", "/tv"} or incoming.path.startswith("/embed/"):
            return Target("config", lambda: pages.start_page(incoming))
        return lists.channel(incoming) or Target("other", not_found)

    def _watch(self, incoming: Incoming) -> Target:
        video_id = incoming.query.get("v", "")

        def answer() -> Response:
            video, player = self._told(video_id, "web", incoming)
            return pages.watch_page(video, player)

        return Target("page", answer if is_video_id(video_id) else not_found, video=video_id)

    def _player(self, incoming: Incoming) -> Target:
        told = incoming.json()
        video_id, client = str(told.get("videoId")), client_of(told)

        def answer() -> Response:
            return json_response(self._told(video_id, client, incoming)[1])

        return Target("player", answer if is_video_id(video_id) else not_found, video_id, client)

    def _next(self, incoming: Incoming) -> Target:
        video_id = str(incoming.json().get("videoId"))

        def answer() -> Response:
            video = self.catalog.find(video_id)
            return json_response(pages.watch_data(video)) if video else not_found()

        return Target("page", answer, video=video_id)

    def _told(self, video_id: str, client: str, incoming: Incoming) -> tuple[Video, dict[str, Any]]:
        # What was never published is told of like what was removed.
        video = self.catalog.find(video_id) or Video(video_id, answer=Answer.REMOVED)
        told = self.injections.answer(video_id, client)
        answer = told or video.answer_for(client, signed_in=signed_in(incoming))
        return video, player_response(video, self.catalog.recipe_for(video_id), client, answer)

    def _caption(self, incoming: Incoming) -> Target:
        video_id = incoming.query.get("v", "")

        def answer() -> Response:
            video = self.catalog.find(video_id)
            caption = find_caption(video, incoming.query) if video else None
            if caption is None:
                return not_found()
            return captions(caption, incoming.query, self.catalog.recipe_for(video_id).duration_seconds)

        return Target("caption", answer, video=video_id)

    def _thumbnail(self, incoming: Incoming) -> Target:
        video_id, _, name = incoming.path.removeprefix("/vi_webp/").removeprefix("/vi/").partition("/")

        def answer() -> Response:
            video = self.catalog.find(video_id)
            kind = name.rpartition(".")[2]
            if video is None or kind not in video.cover_types:
                return not_found()
            cover = folder_of(self.catalog.recipe_for(video_id)) / f"cover.{kind}"
            return Response(File(cover), content_type="image/jpeg" if kind == "jpg" else "image/webp")

        return Target("thumbnail", answer, video=video_id)

    def _media(self, incoming: Incoming) -> Target:
        if incoming.path != "/videoplayback":
            return live_target(self.catalog, incoming)
        video_id, client = incoming.query.get("id", ""), incoming.query.get("client")

        def answer() -> Response:
            itag, xtags = int(incoming.query.get("itag", 0)), incoming.query.get("xtags", "")
            video = self.catalog.find(video_id)
            if video is None:
                return not_found()
            wanted = find_format(self.catalog.recipe_for(video_id), video.offered, itag, xtags)
            if wanted is None:
                return not_found()
            if not _is_let_in(video, wanted, client, incoming.query):
                return Response(status=403)
            body = File(wanted.file(self.catalog.recipe_for(video_id)))
            etag = f'"{video_id}-{itag}{xtags}-{body.size}"'
            return Response(body, content_type=wanted.media_type, etag=etag, ranges=True)

        return Target("media", answer, video=video_id, client=client)


def _is_let_in(video: Video, wanted: Format, client: str | None, query: Mapping[str, str]) -> bool:
    """Whether a request for media brings the PO token and the solved challenge that its client needs."""
    if client in NEED_PO_TOKEN and wanted.itag != PREMERGED_ITAG and "pot" not in query:
        return False
    if not video.challenge or not needs_script(client):
        return True
    return solved(video.id, query, signed=is_signed(video, wanted, client))
