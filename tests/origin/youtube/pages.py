"""YouTube's HTML pages: only what yt-dlp reads of them."""

from __future__ import annotations

import json
from html import escape
from typing import Any

from tests.origin.message import Incoming, Response, html
from tests.origin.video import Video

_SETTINGS: dict[str, Any] = {
    "INNERTUBE_API_KEY": "standin-api-key",
    "LOGGED_IN": False,
    "PLAYER_JS_URL": "/s/player/5a5a5a5a/player_ias.vflset/en_US/base.js",
    # With the timestamp in the page nobody asks for the player script.
    "STS": 20400,
    "VISITOR_DATA": "CgtzdGFuZGluLXZpcyi4wJ7ABg%3D%3D",
}
_VERSIONS = {
    "MWEB": "2.20260708.05.00",
    "TVHTML5": "7.20260707.07.00",
    "WEB": "2.20260708.00.00",
    "WEB_CREATOR": "1.20260708.06.00",
    "WEB_EMBEDDED_PLAYER": "2.20260708.00.00",
    "WEB_REMIX": "1.20260707.12.00",
}


def start_page(incoming: Incoming) -> Response:
    """`/`, `/tv`, `/embed/...`: the settings of the client that the page is for."""
    return html(_page("YouTube", "", _settings(_client_name(incoming), incoming.headers.get("user-agent", ""))))


def _client_name(incoming: Incoming) -> str:
    if incoming.path == "/tv":
        return "TVHTML5"
    if incoming.path.startswith("/embed/"):
        return "WEB_EMBEDDED_PLAYER"
    return {"m": "MWEB", "music": "WEB_REMIX", "studio": "WEB_CREATOR"}.get(incoming.host.partition(".")[0], "WEB")


def _settings(client_name: str, user_agent: str = "") -> dict[str, Any]:
    version = _VERSIONS[client_name]
    client = {"clientName": client_name, "clientVersion": version, "hl": "en", "gl": "NZ", "userAgent": user_agent}
    return _SETTINGS | {
        "INNERTUBE_CLIENT_NAME": client_name,
        "INNERTUBE_CLIENT_VERSION": version,
        "INNERTUBE_CONTEXT": {"client": client | {"visitorData": _SETTINGS["VISITOR_DATA"]}},
    }


def list_page(title: str, initial_data: dict[str, Any]) -> Response:
    """A playlist or a channel."""
    body = f"<script>var ytInitialData = {_json(initial_data)};</script>"
    return html(_page(title, body, _settings("WEB")))


def watch_page(video: Video, player: dict[str, Any]) -> Response:
    """The page of a video, with the answer of client "web" in it."""
    title = video.shown_title if "title" in player["videoDetails"] else ""
    body = (
        f"<script>var ytInitialPlayerResponse = {_json(player)};</script>"
        f"<script>var ytInitialData = {_json(watch_data(video))};</script>"
    )
    return html(_page(title, body, _settings("WEB")))


def _page(title: str, body: str, settings: dict[str, Any]) -> str:
    script = f"<script>ytcfg.set({_json(settings)});</script>"
    head = f"<head><title>{escape(title)} - YouTube</title>{script}</head>"
    return f"<!doctype html><html>{head}<body>{body}</body></html>"


def _json(value: object) -> str:
    # As YouTube does: a title with </script> in it does not end the script.
    return json.dumps(value).replace("<", "\\u003c")


def watch_data(video: Video) -> dict[str, Any]:
    """What stands around the player: `ytInitialData` of the page, and the answer of `/youtubei/v1/next`."""
    owner = {
        "title": {"runs": [{"text": video.channel}]},
        "subscriberCountText": {"simpleText": "1.2K subscribers"},
        "navigationEndpoint": {
            "browseEndpoint": {"browseId": video.channel_id, "canonicalBaseUrl": f"/{video.handle}"}
        },
    }
    primary = {
        "title": {"runs": [{"text": video.shown_title}]},
        "dateText": {"simpleText": video.uploaded_at.strftime("%b %d, %Y")},
    }
    contents = [
        {"videoPrimaryInfoRenderer": primary},
        {"videoSecondaryInfoRenderer": {"owner": {"videoOwnerRenderer": owner}}},
    ]
    return {"contents": {"twoColumnWatchNextResults": {"results": {"results": {"contents": contents}}}}}
