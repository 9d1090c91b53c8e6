"""What yt-dlp's selectors cannot say: a limit on all streams together, bounds on what an expert says, and whether it is
the choices or the site that leave nothing to fetch.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from yt_videos_api.domain.choices import Selection
from yt_videos_api.domain.errors import DownloadFailure
from yt_videos_api.domain.offers import MediaRequest
from yt_videos_api.domain.policy import ContainerPolicy
from yt_videos_api.engine.formats import estimated_size, is_media
from yt_videos_api.engine.wishes import can_be_held, format_selectors, format_spec

Format = dict[str, Any]
# What yt-dlp gives a selector: "formats" (the worst first), "has_merged_format", "incomplete_formats".
Context = Mapping[str, Any]
Selector = Callable[[Context], Iterable[Format]]
Build = Callable[[str], Selector]  # YoutubeDL.build_format_selector


def selector_of(media: MediaRequest, build: Build) -> Selector:
    """The selector for a request.

    It raises DownloadFailure("selection_unmet") when it finds nothing, but would find something without the choices
    that were made; so does this for an expert's selector that is none.
    """
    # Sound alone is a choice, too.
    anything = build(format_spec(ContainerPolicy.MKV, Selection()))
    wished = _wished(media, build)

    def select(context: Context) -> list[Format]:
        found = list(wished(context))
        if not found and list(anything(context)):
            raise DownloadFailure("selection_unmet", f"{len(context['formats'])} formats, none as wished")
        return found

    return select


def _wished(media: MediaRequest, build: Build) -> Selector:
    selection = media.selection
    if selection.format_selector:
        try:
            return _bounded(build(selection.format_selector))
        except (SyntaxError, ValueError, re.error) as error:
            raise DownloadFailure("selection_unmet", f"not a format selector: {error}") from error
    if selection.max_size_bytes is None:
        return build(format_spec(media.container_policy, selection))
    selectors = [build(text) for text in format_selectors(media.container_policy, selection)]
    return limited(selectors, selection.max_size_bytes, sound_alone=media.container_policy.audio_only)


def limited(selectors: Sequence[Selector], limit_bytes: int, *, sound_alone: bool) -> Selector:
    """The first of `selectors` that finds streams which are not larger together.

    A better picture goes before better sound. Formats of unknown size are taken only when no others are small enough.
    """

    def find(selector: Selector, context: Context, formats: Sequence[Format]) -> list[Format]:
        return _first(selector, context, formats) if sound_alone else _pair(selector, context, formats, limit_bytes)

    def select(context: Context) -> list[Format]:
        known = [each for each in context["formats"] if estimated_size(each) is not None]
        for formats in (known, context["formats"]):
            small = [each for each in formats if _size(each) <= limit_bytes]
            for selector in selectors:
                found = (
                    _first(selector, context, small) if sound_alone else _pair(selector, context, small, limit_bytes)
                )
                if found:
                    return found
        return []

    return select


def _pair(selector: Selector, context: Context, formats: Sequence[Format], limit_bytes: int) -> list[Format]:
    """What `selector` finds with the best picture that leaves room for any sound it accepts."""
    sounds = [each for each in formats if each.get("vcodec") == "none"]
    for picture in reversed([each for each in formats if each.get("vcodec") != "none"]):
        room = limit_bytes - _size(picture)
        if found := _first(selector, context, [*(each for each in sounds if _size(each) <= room), picture]):
            return found
    return _first(selector, context, sounds)


def _first(selector: Selector, context: Context, formats: Sequence[Format]) -> list[Format]:
    return list(selector({**context, "formats": formats}))[:1]


def _size(part: Format) -> int:
    return estimated_size(part) or 0


def _bounded(selector: Selector) -> Selector:
    """`selector` on nothing but what the cage can hold; raises DownloadFailure when it finds more than one video."""

    def select(context: Context) -> list[Format]:
        held = [each for each in context["formats"] if can_be_held(each)]
        found = list(selector({**context, "formats": held}))
        if len(found) > 1 or not all(_is_one_video(each) for each in found):
            raise DownloadFailure("selection_unmet", "the format selector finds more than one video and one audio")
        return found

    return select


def _is_one_video(found: Format) -> bool:
    parts = found.get("requested_formats") or [found]
    pictures = sum(part.get("vcodec") != "none" for part in parts)
    sounds = sum(part.get("acodec") != "none" for part in parts)
    return pictures <= 1 and sounds <= 1 and all(is_media(part) for part in parts)
