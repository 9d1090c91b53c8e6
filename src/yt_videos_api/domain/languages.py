"""Which subtitle languages a wish such as "en", "en-*" or "*" means. Tags are compared without regard to case."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

EVERYTHING = "*"

# How a pattern ends that means a language and all of its kinds.
_ANY_KIND = ("-*", ".*")
# What sites list among the languages although it is no text track.
_NO_LANGUAGES = frozenset({"live-chat", "comments", "danmaku", "rechat", "storyboard"})


def matches(pattern: str, language: str) -> bool:
    """Whether `language` is meant by `pattern`.

    "en" is exactly en, "en-*" (or "en.*", as users of yt-dlp write it) en and any kind of English, "*" everything.
    """
    tag, wish = _plain(language), _plain(pattern)
    if tag in _NO_LANGUAGES:
        return False
    for ending in _ANY_KIND:
        if wish.endswith(ending):
            # Most sites list plain "en" alone: who asks for any English wants that, too.
            bare = wish.removesuffix(ending)
            return _fits(bare.split("*"), tag) or _fits(f"{bare}-*".split("*"), tag)
    return _fits(wish.split("*"), tag)


def choose(languages: Iterable[str], patterns: Sequence[str]) -> tuple[str, ...]:
    """Those of `languages` that any of `patterns` means, each once, in the order of the patterns."""
    offered = tuple(dict.fromkeys(languages))
    wanted = (language for pattern in patterns for language in offered if matches(pattern, language))
    return tuple(dict.fromkeys(wanted))


def is_specific(pattern: str) -> bool:
    """Whether `pattern` names a language, and is not a wish for whatever there is."""
    return _plain(pattern).strip("*.-") != ""


def _plain(tag: str) -> str:
    return tag.strip().casefold().replace("_", "-")


def _fits(pieces: Sequence[str], tag: str) -> bool:
    """Whether `tag` is `pieces` with anything between them. No regular expression: both sides come from outside."""
    first, *middle = pieces
    if not middle:
        return tag == first
    if not tag.startswith(first):
        return False
    position = len(first)
    *between, last = middle
    for piece in between:
        found = tag.find(piece, position)
        if found < 0:
            return False
        position = found + len(piece)
    return tag.endswith(last) and len(tag) - len(last) >= position
