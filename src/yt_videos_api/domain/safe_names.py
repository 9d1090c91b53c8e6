"""Texts of sites made into pieces of file names: safe on Linux, macOS and Windows, in a terminal and in a shell."""

from __future__ import annotations

import hashlib
import re
import unicodedata

COMPONENT_BYTES = 200  # ext4, APFS and NTFS allow 255; eCryptfs (encrypted home folders, Synology) only 143 to 200

_PLAIN_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
# Windows: what comes before the first dot is a device, in any case, with any number of spaces after it.
_DEVICE = re.compile(r"(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9¹²³]) *(?:\..*)?", re.IGNORECASE)
_FORBIDDEN = str.maketrans(
    {"/": "-", "\\": "-", ":": "-", "|": "-", '"': "'", "<": None, ">": None, "?": None, "*": None}
)
# Control, format (bidi, zero width, tags; ZWJ too: a family of emoji falls apart, which is harmless), surrogate,
# private use, and unassigned, which APFS refuses.
_UNSAFE_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
# Hidden, an option, a home folder: none of them may begin a name.
_BAD_STARTS = " .-~"


def safe_id(video_id: str) -> str:
    """`video_id` where it is plain ASCII of a sane length, else 16 hex of its hash."""
    if _PLAIN_ID.fullmatch(video_id):
        return video_id
    return hashlib.sha256(video_id.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def safe_text(text: str) -> str:
    """`text` without anything a file system, a terminal or a shell user could trip over; may become empty."""
    whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "ignore")  # joins pairs, drops lone surrogates
    spaced = "".join(" " if char.isspace() else char for char in unicodedata.normalize("NFC", whole))
    kept = "".join(char for char in spaced if unicodedata.category(char) not in _UNSAFE_CATEGORIES)
    # Composed again: what was removed may have stood between a letter and its accent.
    words = unicodedata.normalize("NFC", kept.translate(_FORBIDDEN)).split()
    trimmed = " ".join(words).lstrip(_BAD_STARTS).rstrip(" .")
    return f"_{trimmed}" if _DEVICE.fullmatch(trimmed) else trimmed


def safe_component(text: str) -> str:
    """A whole component made of safe pieces: what they became only together is mended; at most one byte more."""
    composed = unicodedata.normalize("NFC", text)
    bad = not composed or composed[0] in _BAD_STARTS or _DEVICE.fullmatch(composed)
    return f"_{composed}" if bad else composed


def cut(text: str, room: int) -> str:
    """The beginning of `text` that fits into `room` bytes, ending on a whole character, never on a dot or space."""
    return text.encode()[:room].decode("utf-8", "ignore").rstrip(" .")
