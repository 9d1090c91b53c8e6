"""The player clients, as the API sees them and as yt-dlp calls them."""

from __future__ import annotations

from collections.abc import Mapping

_BY_CLIENT_NAME = {
    "ANDROID": "android",
    "ANDROID_VR": "android_vr",
    "IOS": "ios",
    "MWEB": "mweb",
    "TVHTML5": "tv",
    "TVHTML5_SIMPLY": "tv_simply",
    "VISIONOS": "visionos",
    "WEB": "web",
    "WEB_CREATOR": "web_creator",
    "WEB_EMBEDDED_PLAYER": "web_embedded",
    "WEB_REMIX": "web_music",
}

# Without a PO token the media servers give these clients the pre-merged 360p alone (yt-dlp 2026.10.26, _base.py).
NEED_PO_TOKEN = frozenset(
    {"android", "android_vr", "ios", "mweb", "tv_simply", "web", "web_creator", "web_music", "web_safari"}
)


def client_of(told: object) -> str:
    """yt-dlp's name for the client that a player request's JSON names; "unknown" when there is none."""
    client = _inside(_inside(told, "context"), "client")
    name = _BY_CLIENT_NAME.get(str(client.get("clientName")), "unknown")
    if name == "tv" and client.get("deviceMake") == "Samsung":
        return "tv_samsung"
    if name == "tv" and str(client.get("clientVersion")).startswith("5."):
        return "tv_downgraded"
    if name == "web" and "Safari" in str(client.get("userAgent")):
        return "web_safari"
    return name


def _inside(value: object, key: str) -> Mapping[str, object]:
    inner = value.get(key) if isinstance(value, Mapping) else None
    return inner if isinstance(inner, Mapping) else {}
