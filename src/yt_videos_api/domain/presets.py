"""Presets that come with the program: sets of choices under a name, as plain data.

Their choices are those of a job's body (api/choices.py); what they leave open follows the settings.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

NAME_PATTERN = r"^[a-z0-9][a-z0-9-]{0,62}$"


@dataclass(frozen=True, slots=True)
class ShippedPreset:
    """A set of choices. `choices` is not to be changed."""

    description: str
    choices: Mapping[str, Any]


SHIPPED: Mapping[str, ShippedPreset] = {
    "best-archive": ShippedPreset(
        "Everything there is, kept as it came: best picture, all subtitles, and what is known of the video.",
        {
            "container_policy": "mkv",
            "quality": "best",
            "subtitles": {"languages": ["*"], "automatic": False, "embed": True, "sidecar": ["vtt"]},
            "embed_metadata": True,
            "embed_cover_art": True,
            "embed_chapters": True,
            "save_thumbnail": True,
            "save_info_json": True,
            "save_nfo": True,
        },
    ),
    "tv-1080p": ShippedPreset(
        "Plays on nearly every television: H.264 in MP4 with up to 1080 lines, without HDR.",
        {"container_policy": "mp4", "quality": "1080p", "video_codec": "h264", "hdr": "never", "embed_chapters": True},
    ),
    # M4A: most sites offer AAC as it is, and where they do not, it is what every player plays.
    "music": ShippedPreset(
        "The sound alone, with cover and tags.",
        {"container_policy": "m4a", "embed_metadata": True, "embed_cover_art": True},
    ),
    "podcast": ShippedPreset(
        "The sound alone, with chapters; advertising is marked among them.",
        {
            "container_policy": "m4a",
            "embed_metadata": True,
            "embed_cover_art": True,
            "embed_chapters": True,
            "sponsorblock": ["sponsor", "selfpromo", "interaction"],
        },
    ),
    "small-phone": ShippedPreset(
        "Small files for a telephone: H.264 in MP4 with up to 480 lines and 30 frames a second.",
        {
            "container_policy": "mp4",
            "quality": "480p",
            "max_fps": 30,
            "video_codec": "h264",
            "hdr": "never",
        },
    ),
}
