"""From a selection and a container policy to yt-dlp's own terms: which formats come into question, what counts first.

Pure. yt-dlp asks in two steps: it sorts all formats, then takes the first that fits a selector. What is demanded stands
in selectors, what is preferred in the order, or in an earlier selector of several.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from yt_videos_api.domain.choices import Hdr, Selection
from yt_videos_api.domain.policy import ContainerPolicy

# rtmp, mms, websockets and the like would be handed to ffmpeg, which opens RTMP past any proxy (tried).
# m3u8 is here because hls_prefer_native turns it into the native downloader.
_PROTOCOLS = "^(https?|m3u8|m3u8_native|http_dash_segments|ism)$"

# What goes into the container as it is.
_AUDIO_CODECS = {
    ContainerPolicy.M4A: "^(mp4a(?!\\.40\\.34|\\.6)|aac|alac)",
    ContainerPolicy.MP3: "^(mp3|mp4a\\.(40\\.34|6[9b]))",
    ContainerPolicy.OPUS: "^opus",
    ContainerPolicy.FLAC: "^fl[a4]c",
}
# Where sound comes with a picture only, this much of one brings good sound; more would be thrown away.
_PICTURE_FOR_SOUND = 480


def can_be_held(part: Mapping[str, Any]) -> bool:
    """Whether a format comes over a protocol that the cage can hold."""
    return re.search(_PROTOCOLS, str(part.get("protocol"))) is not None


def format_spec(policy: ContainerPolicy, selection: Selection) -> str:
    """All selectors, as one that yt-dlp takes. What they cannot say is left to engine/selecting.py."""
    return "/".join(format_selectors(policy, selection))


def format_selectors(policy: ContainerPolicy, selection: Selection) -> tuple[str, ...]:
    """Selectors in yt-dlp's language, the most wished for first. None of them leaves the protocols of the cage."""
    allowed = f"[protocol~='{_PROTOCOLS}']"
    selectors = _of_sound(policy, selection, allowed) if policy.audio_only else _of_picture(selection, allowed)
    return tuple(dict.fromkeys(selectors))


def format_sort(policy: ContainerPolicy, selection: Selection) -> list[str]:
    """What counts first: the picture's size, then the codec that was asked for, frames and colours, then what the
    container can hold as it is.

    `max_height` and `max_fps` ask for the best that is not larger, and for the smallest where all are larger.
    """
    # As in yt-dlp's own order: language first, so that a dubbed track does not win by its codec.
    if policy.audio_only:
        return ["lang", f"res:{_PICTURE_FOR_SOUND}", "quality"]
    # "quality" holds what a site says itself, and would say "1080p is better" against a wish for less.
    size = [f"res:{selection.max_height}", "quality"] if selection.max_height else ["quality", "res"]
    codec = [f"vcodec~{selection.video_codec.value}"] if selection.video_codec else []
    frames = f"fps:{selection.max_fps}" if selection.max_fps else "fps"
    fitting = {
        ContainerPolicy.WEBM: ["ext"],  # with prefer_free_formats: webm before mp4, opus before m4a
        ContainerPolicy.MP4: ["ext", "vcodec:h264"],
    }
    container = fitting.get(policy, [])
    if codec:  # yt-dlp takes the first mention of a field
        container = [field for field in container if not field.startswith("vcodec")]
    return ["lang", *size, *codec, frames, "hdr:12", *container]


def _of_picture(selection: Selection, allowed: str) -> Iterator[str]:
    """The best video with the best audio; else the best single file."""
    colours = _colours(selection.hdr)
    frames = [f"[fps<=?{selection.max_fps}]", ""] if selection.max_fps else [""]
    for rate in frames:
        picture = f"{allowed}{colours}{rate}"
        for language in _languages(selection.audio_language):
            # Not bv*, which may bring sound in another language.
            yield f"bv{picture}+ba{allowed}{language}"
            yield f"b{picture}{language}"
        yield f"bv*{picture}+ba{allowed}"
        yield f"b{picture}"


def _of_sound(policy: ContainerPolicy, selection: Selection, allowed: str) -> Iterator[str]:
    """The best audio that needs no encoding, else the best one; else the sound of a file with a picture."""
    fitting = f"[acodec~='{_AUDIO_CODECS[policy]}']"
    for language in (*_languages(selection.audio_language), ""):
        for kind in ("ba", "b"):
            yield f"{kind}{allowed}{fitting}{language}"
            yield f"{kind}{allowed}{language}"


def _colours(hdr: Hdr) -> str:
    return {Hdr.ANY: "", Hdr.NEVER: "[dynamic_range=?SDR]", Hdr.ONLY: "[dynamic_range!=SDR]"}[hdr]


def _languages(wished: str | None) -> list[str]:
    """Filters for a language: as it is asked for ("pt-br"), then any of its kind ("pt")."""
    if not wished:
        return []
    tags = dict.fromkeys((wished, wished.partition("-")[0]))
    return [f"[language~='(?i)^{tag}(-|$)']" for tag in tags]
