"""Which address of YouTube is which playlist or channel."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tests.origin.lists import Tab
from tests.origin.message import Incoming, Response, Target, json_response, not_found
from tests.origin.youtube.lists import TABS, Lists, Place
from tests.origin.youtube.pages import list_page

_CHANNEL = re.compile(r"/(?:channel/|c/|user/)?(?P<name>@?[^/]+)(?:/(?P<tab>\w+))?/?")


@dataclass(frozen=True, slots=True)
class ListRoutes:
    """Pages of lists, and `/youtubei/v1/browse`."""

    lists: Lists

    def playlist(self, incoming: Incoming) -> Target:
        """`/playlist?list=`."""
        name = incoming.query.get("list", "")

        def answer() -> Response:
            playlist = self.lists.catalog.find_playlist(name)
            if playlist is None:
                return list_page("YouTube", _error("The playlist does not exist."))
            if not self.lists.shows(playlist):
                return list_page("YouTube", _error("This playlist is private."))
            return list_page(playlist.title, self.lists.playlist_page(playlist, with_unavailable=False))

        return Target("list", answer, video=name, page=1)

    def channel(self, incoming: Incoming) -> Target | None:
        """`/@handle`, `/channel/UC...` and their tabs; None when there is no such channel."""
        matched = _CHANNEL.fullmatch(incoming.path)
        channel = self.lists.catalog.find_channel(matched["name"]) if matched else None
        if channel is None or matched is None:
            return None
        tab: Tab = next((each for each in TABS if each == matched["tab"]), "videos")

        def answer() -> Response:
            return list_page(channel.title, self.lists.channel_page(channel, tab))

        return Target("list", answer, video=channel.handle, page=1)

    def browse(self, incoming: Incoming) -> Target:
        """More rows of a list, or a playlist with its unavailable videos."""
        told = incoming.json()
        if "continuation" in told:
            place = Place.of(str(told["continuation"]))
            page = self.lists.page_of(place)
            return Target("list", lambda: json_response(self.lists.more(place)), video=place.name, page=page)
        name = str(told.get("browseId")).removeprefix("VL")

        def answer() -> Response:
            playlist = self.lists.catalog.find_playlist(name)
            if playlist is None or not self.lists.shows(playlist):
                return not_found()
            return json_response(self.lists.playlist_page(playlist, with_unavailable=True))

        return Target("list", answer, video=name, page=1)


def _error(text: str) -> dict[str, object]:
    return {"alerts": [{"alertRenderer": {"type": "ERROR", "text": {"simpleText": text}}}]}
