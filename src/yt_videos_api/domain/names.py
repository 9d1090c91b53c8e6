"""Names of published files: `<channel>/<upload date> - <title> [<video_id>].<ext>`, safe on Linux, macOS and Windows.

Titles and channels are the site's own words and therefore hostile; the id always stands in the name, so two videos with
one title never meet. The text of the title itself is kept elsewhere: a name may lose characters, a record must not.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from datetime import date

from yt_videos_api.domain.offers import VideoFacts

COMPONENT_BYTES = 200  # ext4, APFS and NTFS allow 255; eCryptfs (encrypted home folders, Synology) only 143 to 200
SUFFIX_BYTES = 20  # room for the longest suffix of a sidecar, such as ".zh-Hant-TW.vtt"
STEM_BYTES = COMPONENT_BYTES - SUFFIX_BYTES

_PLAIN_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_PLAIN_EXTENSION = re.compile(r"[a-z0-9]{1,8}")
# Windows: what comes before the first dot is a device, in any case, with any number of spaces after it.
_DEVICE = re.compile(r"(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9¹²³]) *(?:\..*)?", re.IGNORECASE)
_FORBIDDEN = str.maketrans(
    {"/": "-", "\\": "-", ":": "-", "|": "-", '"': "'", "<": None, ">": None, "?": None, "*": None}
)
# Control, format (bidi, zero width, tags; ZWJ too: a family of emoji falls apart, which is harmless), surrogate,
# private use, and unassigned, which APFS refuses.
_UNSAFE_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})


def name_candidates(facts: VideoFacts, extension: str, height: int | None, identity_hash: str) -> tuple[str, ...]:
    """Keys for the media file, in the order to try them: plain, with its height, with 8 hex of its identity.

    Later ones are for further renditions of the same video, and for ids that differ in case alone. `identity_hash` is
    the hex digest of the download's identity.
    """
    plain = _media_name(facts, extension, marks=[])
    height_mark = [f"{height}p"] if height else []
    with_height = _media_name(facts, extension, marks=height_mark)
    with_identity = _media_name(facts, extension, marks=[*height_mark, _identity_mark(identity_hash)])
    folder = _folder_name(facts)
    return tuple(f"{folder}/{name}" for name in dict.fromkeys((plain, with_height, with_identity)))


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


def safe_id(video_id: str) -> str:
    """`video_id` where it is plain ASCII of a sane length, else 16 hex of its hash."""
    if _PLAIN_ID.fullmatch(video_id):
        return video_id
    return hashlib.sha256(video_id.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _media_name(facts: VideoFacts, extension: str, *, marks: list[str]) -> str:
    """One component; only the title is ever cut."""
    if not _PLAIN_EXTENSION.fullmatch(extension):
        raise ValueError(f"not an extension: {extension!r}")
    uploaded = _upload_date(facts.upload_date)
    before = f"{uploaded} - " if uploaded else ""
    after = "".join(f" [{mark}]" for mark in [safe_id(facts.video_id), *marks])
    room = STEM_BYTES - len(before) - len(after)  # both are ASCII
    return f"{before}{_cut(_safe_text(facts.title) or 'untitled', room)}{after}.{extension}"


def _folder_name(facts: VideoFacts) -> str:
    return _cut(_safe_text(facts.channel or "") or _safe_text(facts.extractor) or "unknown", COMPONENT_BYTES)


def _identity_mark(identity_hash: str) -> str:
    if not re.fullmatch(r"[0-9a-f]{8,}", identity_hash):
        raise ValueError(f"not a hex digest: {identity_hash!r}")
    return identity_hash[:8]


def _upload_date(text: str | None) -> str | None:
    """`20240131` as `2024-01-31`; None for anything that is not a day."""
    if not text or not re.fullmatch(r"[0-9]{8}", text):
        return None
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:])).isoformat()
    except ValueError:
        return None


def _safe_text(text: str) -> str:
    """`text` without anything a file system, a terminal or a shell user could trip over; may become empty."""
    whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "ignore")  # joins pairs, drops lone surrogates
    spaced = "".join(" " if char.isspace() else char for char in unicodedata.normalize("NFC", whole))
    kept = "".join(char for char in spaced if unicodedata.category(char) not in _UNSAFE_CATEGORIES)
    # Composed again: what was removed may have stood between a letter and its accent.
    words = unicodedata.normalize("NFC", kept.translate(_FORBIDDEN)).split()
    trimmed = " ".join(words).lstrip(" .-~").rstrip(" .")
    return f"_{trimmed}" if _DEVICE.fullmatch(trimmed) else trimmed


def _cut(text: str, room: int) -> str:
    """The beginning of `text` that fits into `room` bytes, ending on a whole character, never on a dot or space."""
    return text.encode()[:room].decode("utf-8", "ignore").rstrip(" .")
