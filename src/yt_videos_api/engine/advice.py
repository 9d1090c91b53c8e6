"""yt-dlp's advice to its own users, in which its errors end: here nobody can follow it, and it leads astray."""

from __future__ import annotations

import re

_SENTENCE_END = re.compile(r"(?<=[.;!?])\s+")
_ADVICE = re.compile(r"(?<![\w-])--[a-z][a-z-]+|`-[a-zA-Z]\b|github\.com/yt-dlp|\byt-dlp -U\b|\byt-dlp\.org\b")


def without_advice(text: str) -> str:
    """`text` without the sentences that name options or pages of yt-dlp; the beginning of the first one stays."""
    first, *others = _SENTENCE_END.split(text)
    found = _ADVICE.search(first)
    kept = [first if found is None else first[: found.start()]]
    kept += [sentence for sentence in others if not _ADVICE.search(sentence)]
    return " ".join(kept).rstrip(" ;,(")
