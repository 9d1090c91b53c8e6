"""The note beside a part: what it is a part of, so that another run continues it only when it is the same thing.

yt-dlp names `.part` files after nothing but the output and sends no If-Range: without the note it would continue one
file with the end of another.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from yt_videos_api.engine.fields import Fields
from yt_videos_api.engine.formats import exact_size
from yt_videos_api.engine.messages import ProtocolError

# What makes a googlevideo.com file the same file, whichever server and signature it is asked with.
_GOOGLE_KEYS = ("itag", "clen", "lmt", "xtags")
_LONGEST_NOTE = 64 * 1024


@dataclass(frozen=True, slots=True)
class Stamp:
    """Identity of a part, and how far a fragmented one is known to be whole."""

    format_id: str
    key: str  # the address without host and signature, hashed
    size_bytes: int | None  # as promised
    fragments: int | None = None  # how many there are; None: not fragmented, or not known yet
    validator: str | None = None  # ETag or Last-Modified of the first answer
    fragment_index: int = 0  # fragments that surely are in the file ...
    fragment_bytes: int = 0  # ... which then was this long
    finished_bytes: int | None = None  # length of the finished file; None: not finished

    def same_source(self, other: Stamp) -> bool:
        """Whether both are parts of the same file, as far as both can tell before anything is fetched."""
        return (self.format_id, self.key, self.size_bytes) == (other.format_id, other.key, other.size_bytes)

    def save(self, path: Path) -> None:
        """Write the note; readers see the old one or the new one."""
        fresh = path.with_name(f"{path.name}.new")
        fresh.write_text(json.dumps(asdict(self)))
        fresh.replace(path)


def stamp_of(part: Mapping[str, Any]) -> Stamp:
    """The stamp a part has before its transfer."""
    return Stamp(format_id=str(part.get("format_id")), key=_key(part), size_bytes=exact_size(part))


def find_stamp(path: Path) -> Stamp | None:
    """The stamp at `path`; None when there is none, or none that can be read."""
    try:
        with path.open("rb") as file:
            fields = Fields(json.loads(file.read(_LONGEST_NOTE)))
        return Stamp(
            format_id=fields.text("format_id"),
            key=fields.text("key"),
            size_bytes=fields.optional_integer("size_bytes"),
            fragments=fields.optional_integer("fragments"),
            validator=fields.optional_text("validator"),
            fragment_index=fields.integer("fragment_index"),
            fragment_bytes=fields.integer("fragment_bytes"),
            finished_bytes=fields.optional_integer("finished_bytes"),
        )
    except (OSError, ValueError, RecursionError, ProtocolError):
        return None


def restarted(stamp: Stamp) -> Stamp:
    """The same part with nothing of it there."""
    return replace(stamp, validator=None, fragment_index=0, fragment_bytes=0, finished_bytes=None)


def remove_part(path: Path) -> None:
    """Remove a part and all that yt-dlp and we keep beside it."""
    for candidate in path.parent.iterdir():
        if candidate.name == path.name or candidate.name.startswith(f"{path.name}."):
            candidate.unlink()


def _key(part: Mapping[str, Any]) -> str:
    url = urlsplit(str(part.get("url") or ""))
    query = dict(parse_qsl(url.query))
    if url.path.endswith("/videoplayback"):
        identity = [f"{name}={query.get(name)}" for name in _GOOGLE_KEYS]
    elif exact_size(part) is not None:
        identity = [url.path]
    else:
        identity = [url.path, url.query]  # nothing else tells two files of one script apart
    video = [str(part.get("extractor_key")), str(part.get("id"))]
    return hashlib.sha256("\0".join(video + identity).encode("utf-8", "surrogatepass")).hexdigest()
