"""Names of published files: by default `<channel>/<upload date> - <title> [<video_id>].<ext>`.

Titles and channels are the site's own words and therefore hostile; the id always stands in the name, so two videos with
one title never meet. The text of the title itself is kept elsewhere: a name may lose characters, a record must not.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import date
from urllib.parse import urlsplit

from yt_videos_api.domain.name_template import DEFAULT_TEMPLATE, NameTemplate, Piece, Placeholder
from yt_videos_api.domain.offers import VideoFacts
from yt_videos_api.domain.safe_names import COMPONENT_BYTES, cut, safe_component, safe_id, safe_text

SUFFIX_BYTES = 20  # room for the longest suffix of a sidecar, such as ".zh-Hant-TW.vtt"
STEM_BYTES = COMPONENT_BYTES - SUFFIX_BYTES

_PLAIN_EXTENSION = re.compile(r"[a-z0-9]{1,8}")
# The words of sites, which can be of any length; everything else is short and never cut.
_CUTTABLE = frozenset({Placeholder.TITLE, Placeholder.CHANNEL, Placeholder.CHANNEL_ID, Placeholder.EXTRACTOR})
_SEPARATORS = " _.,–-"
_BRACKETS = frozenset({"()", "[]"})


def name_candidates(
    facts: VideoFacts,
    extension: str,
    height: int | None,
    identity_hash: str,
    *,
    template: NameTemplate = DEFAULT_TEMPLATE,
) -> tuple[str, ...]:
    """Keys for the media file, in the order to try them: plain, with its height, with 8 hex of its identity.

    Later ones are for further renditions of the same video, and for ids that differ in case alone. `identity_hash` is
    the hex digest of the download's identity.
    """
    if not _PLAIN_EXTENSION.fullmatch(extension):
        raise ValueError(f"not an extension: {extension!r}")
    values = _values(facts, extension, height)
    folder = "/".join(_compose(pieces, values, COMPONENT_BYTES) for pieces in template.folders)
    height_mark = [f"{height}p"] if height and Placeholder.HEIGHT not in template.stem else []
    all_marks: tuple[list[str], ...] = ([], height_mark, [*height_mark, _identity_mark(identity_hash)])
    stems = [_stem(template, values, marks) for marks in all_marks]
    return tuple(f"{folder}/{stem}.{extension}" for stem in dict.fromkeys(stems))


def sidecar_name(media_name: str, suffix: str) -> str:
    """The name or key of a file beside the media: `sidecar_name("a/b.webm", ".jpg") == "a/b.jpg"`.

    `suffix` begins with a dot and has at most SUFFIX_BYTES bytes, so that the result is as safe as the media's name.
    """
    if not suffix.startswith(".") or len(suffix.encode()) > SUFFIX_BYTES:
        raise ValueError(f"not a suffix of a sidecar: {suffix!r}")
    stem, dot, extension = media_name.rpartition(".")
    if not dot or "/" in extension:
        raise ValueError(f"a media name has an extension: {media_name!r}")
    return stem + suffix


def collision_key(name: str) -> str:
    """Equal for two names that some file system takes for one (NFC and case folding); unique in the library."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def _values(facts: VideoFacts, extension: str, height: int | None) -> dict[Placeholder, str]:
    """What stands for each placeholder: safe, and empty where the site does not tell."""
    day = _upload_date(facts.upload_date)
    site = safe_text(_site(facts))
    return {
        Placeholder.CHANNEL: safe_text(facts.channel or "") or site or "unknown",
        Placeholder.CHANNEL_ID: safe_text(facts.channel_id or ""),
        Placeholder.EXTRACTOR: site or "unknown",
        Placeholder.UPLOAD_DATE: day.isoformat() if day else "",
        Placeholder.YEAR: f"{day:%Y}" if day else "",
        Placeholder.MONTH: f"{day:%m}" if day else "",
        Placeholder.TITLE: safe_text(facts.title) or "untitled",
        Placeholder.ID: safe_id(facts.video_id),
        Placeholder.HEIGHT: f"{height}p" if height else "",
        Placeholder.CONTAINER: extension,
    }


def _site(facts: VideoFacts) -> str:
    """What people call the site: yt-dlp calls all those it does not know "generic"."""
    if facts.extractor != "generic":
        return facts.extractor
    try:
        host = urlsplit(facts.webpage_url).hostname
    except ValueError:
        host = None
    return (host or facts.extractor).removeprefix("www.")


def _stem(template: NameTemplate, values: Mapping[Placeholder, str], marks: Sequence[str]) -> str:
    after = "".join(f" [{mark}]" for mark in marks)
    # A device is one whatever its extension is: the stem is judged as a whole component.
    return _compose(template.stem, values, STEM_BYTES - len(after)) + after


def _compose(pieces: Sequence[Piece], values: Mapping[Placeholder, str], room: int) -> str:
    """One component of at most `room` bytes; only the words of the site are ever cut."""
    kept = _without_missing(pieces, values)
    fixed = sum(len(_filled(piece, values).encode()) for piece in kept if piece not in _CUTTABLE)
    cuttable = {piece: values[piece] for piece in kept if isinstance(piece, Placeholder) and piece in _CUTTABLE}
    told = {**values, **_share(cuttable, room - fixed - 1)}  # one byte is for `safe_component`
    text = "".join(_filled(piece, told) for piece in kept).strip(" ").rstrip(" .")
    return safe_component(text) if text else "unknown"


def _filled(piece: Piece, values: Mapping[Placeholder, str]) -> str:
    return values[piece] if isinstance(piece, Placeholder) else piece


def _without_missing(pieces: Sequence[Piece], values: Mapping[Placeholder, str]) -> list[Piece]:
    """What the site does not tell goes, and with it its brackets or what would have set it apart from the next."""
    kept: list[Piece] = []
    missing = False
    for piece in pieces:
        if isinstance(piece, Placeholder):
            missing = not values[piece]
            if not missing:
                kept.append(piece)
            continue
        before = kept[-1] if kept and not isinstance(kept[-1], Placeholder) else ""
        if missing and before[-1:] + piece[0] in _BRACKETS:
            kept[-1] = before[:-1].rstrip(" ")
            kept.append(piece[1:])
        elif missing and (before or not kept):
            kept.append(piece.lstrip(_SEPARATORS))
        else:
            kept.append(piece)
        missing = False
    if missing and kept and not isinstance(kept[-1], Placeholder):
        kept[-1] = kept[-1].rstrip(_SEPARATORS)
    return kept


def _share(texts: Mapping[Placeholder, str], room: int) -> dict[Placeholder, str]:
    """`texts` cut to `room` bytes in all: what a short one leaves is for the longer ones."""
    shared = {}
    by_length = sorted(texts, key=lambda name: len(texts[name].encode()))
    for left, name in zip(range(len(by_length), 0, -1), by_length, strict=True):
        shared[name] = cut(texts[name], room // left)
        room -= len(shared[name].encode())
    return shared


def _identity_mark(identity_hash: str) -> str:
    if not re.fullmatch(r"[0-9a-f]{8,}", identity_hash):
        raise ValueError(f"not a hex digest: {identity_hash!r}")
    return identity_hash[:8]


def _upload_date(text: str | None) -> date | None:
    """None for anything that is not a day, `20240131`."""
    if not text or not re.fullmatch(r"[0-9]{8}", text):
        return None
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        return None
