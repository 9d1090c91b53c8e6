"""Keys as text. Ours always are; other people's files may be called anything."""

from __future__ import annotations


def is_text(key: str) -> bool:
    """Whether a database can hold the name."""
    try:
        key.encode()
    except UnicodeEncodeError:
        return False
    return True


def printable(key: str) -> str:
    """`key` with bytes that are no text written out."""
    return key.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
