"""Which captions a player is told of."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from tests.origin.video import Caption, Video

# The others are told of the tracks alone.
_HEAR_OF_TRANSLATIONS = frozenset({"web", "mweb"})


def caption_list(video: Video, client: str) -> dict[str, Any]:
    """`playerCaptionsTracklistRenderer`: the tracks, and the languages they are translated to."""
    told: dict[str, Any] = {"captionTracks": [_track(video, each) for each in video.captions]}
    if video.translations and client in _HEAR_OF_TRANSLATIONS:
        told["translationLanguages"] = [
            {"languageCode": language, "languageName": {"simpleText": f"Language {language}"}}
            for language in video.translations
        ]
    return told


def _track(video: Video, caption: Caption) -> dict[str, Any]:
    kind = {"kind": "asr"} if caption.automatic else {}
    query = {"v": video.id, "lang": caption.language} | kind
    return {
        "baseUrl": f"https://www.youtube.com/api/timedtext?{urlencode(query)}",
        "name": {"simpleText": caption.language + (" (auto-generated)" if caption.automatic else "")},
        "vssId": f"{'a' if caption.automatic else ''}.{caption.language}",
        "languageCode": caption.language,
        "isTranslatable": bool(video.translations),
    } | kind
