"""What yt-dlp knows of a video, as JSON that may lie beside it for everybody: without addresses of media and secrets.

Extractors put what they like into their results. So of formats and tracks only known fields are kept, and of the rest
everything whose name or form gives it away is left out.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from yt_videos_api.engine.caged import CagedYoutubeDL
from yt_videos_api.engine.public_fields import (
    ADDRESS,
    FORMAT_FIELDS,
    INNOCENT,
    LEFT_OUT,
    PUBLIC_ADDRESSES,
    SECRET_NAME,
    TEXTS,
    TRACK_FIELDS,
)

Info = Mapping[str, Any]

FILE_NAME = "info.json"
_LARGEST_BYTES = 8 * 2**20
_DEEPEST = 12
_SECRET_CHARACTERS = 16  # shorter cookies of a site may be a language or the name of a city


def write_description(ydl: CagedYoutubeDL, info: Info, folder: Path, mask: Callable[[str], str]) -> str | None:
    """Write it into `folder` without what `mask` knows to be secret; its name, or None when there is too much of it."""
    if not info:
        return None
    content = json.dumps(described(ydl.sanitize_info(dict(info), remove_private_keys=True), mask), allow_nan=False)
    if len(content) > _LARGEST_BYTES:
        return None
    fresh = folder / f"{FILE_NAME}.new"
    fresh.write_text(content, encoding="ascii")
    fresh.replace(folder / FILE_NAME)
    return FILE_NAME


def given_secrets(ydl: CagedYoutubeDL, proxy_url: str) -> list[str]:
    """What only the process of the run knows: the cookies that sites gave it, and the credential of its gate."""
    cookies = [cookie.value for cookie in ydl.cookiejar if cookie.value and len(cookie.value) >= _SECRET_CHARACTERS]
    password = urlsplit(proxy_url).password
    return [*cookies, *([password] if password else [])]


def described(info: Info, mask: Callable[[str], str]) -> dict[str, Any]:
    """What of yt-dlp's result is for everybody."""
    kept = {
        **_mapping(info, mask, 0),
        "formats": [_only(each, FORMAT_FIELDS, mask) for each in _listed(info.get("formats"))],
        "thumbnails": [_thumbnail(each, mask) for each in _listed(info.get("thumbnails"))],
        "subtitles": _tracks(info.get("subtitles"), mask),
        "automatic_captions": _tracks(info.get("automatic_captions"), mask),
    }
    return {name: value for name, value in kept.items() if value not in (None, [], {})}


def public_address(address: str) -> str | None:
    """`address` without a user and without parameters that look like secrets; None when it is none of the web."""
    try:
        split = urlsplit(address)
        port = f":{split.port}" if split.port else ""
    except ValueError:
        return None
    if split.scheme not in ("http", "https") or not split.hostname:
        return None
    host = f"[{split.hostname}]" if ":" in split.hostname else split.hostname
    query = [(name, value) for name, value in parse_qsl(split.query) if not SECRET_NAME.search(name)]
    return split._replace(netloc=host + port, query=urlencode(query), fragment="").geturl()


def _value(name: str, value: object, mask: Callable[[str], str], depth: int) -> Any:
    """What is kept of one value; None when nothing is."""
    if isinstance(value, Mapping):
        return _mapping(value, mask, depth + 1) if depth < _DEEPEST else None
    if isinstance(value, list | tuple):
        kept = (_value(name, each, mask, depth + 1) for each in value) if depth < _DEEPEST else ()
        return [each for each in kept if each is not None]
    if isinstance(value, str):
        return _text(name, value, mask)
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value if isinstance(value, int | float | bool) else None


def _mapping(values: Info, mask: Callable[[str], str], depth: int) -> dict[str, Any]:
    kept = {
        mask(str(name)): _value(str(name), value, mask, depth)
        for name, value in values.items()
        if not _is_left_out(str(name))
    }
    return {name: value for name, value in kept.items() if value is not None}


def _is_left_out(name: str) -> bool:
    private = name.startswith(("_", "requested_")) or name in LEFT_OUT or ADDRESS.search(name) is not None
    return private or (name not in INNOCENT and SECRET_NAME.search(name) is not None)


def _text(name: str, value: str, mask: Callable[[str], str]) -> str | None:
    if name in TEXTS:
        return mask(value)
    if name in PUBLIC_ADDRESSES:
        address = public_address(value)
        return None if address is None else mask(address)
    return None if ADDRESS.search(value) else mask(value)


def _only(values: object, names: frozenset[str], mask: Callable[[str], str]) -> dict[str, Any]:
    if not isinstance(values, Mapping):
        return {}
    return _mapping({name: value for name, value in values.items() if name in names}, mask, 1)


def _listed(value: object) -> Iterable[object]:
    return value if isinstance(value, list | tuple) else ()


def _tracks(tracks: object, mask: Callable[[str], str]) -> dict[str, Any]:
    by_language = tracks if isinstance(tracks, Mapping) else {}
    return {
        mask(str(language)): [_only(each, TRACK_FIELDS, mask) for each in _listed(formats)]
        for language, formats in by_language.items()
    }


def _thumbnail(thumbnail: object, mask: Callable[[str], str]) -> dict[str, Any]:
    kept = _only(thumbnail, frozenset({"id", "width", "height", "resolution", "preference"}), mask)
    address = public_address(str(thumbnail.get("url"))) if isinstance(thumbnail, Mapping) else None
    return kept if address is None else {**kept, "url": mask(address)}
