"""Names of fields in yt-dlp's results: which may be known to everybody, and which must not."""

from __future__ import annotations

import re

FORMAT_FIELDS = frozenset(
    [
        "format_id",
        "format",
        "format_note",
        "ext",
        "container",
        "protocol",
        "vcodec",
        "acodec",
        "video_ext",
        "audio_ext",
        "width",
        "height",
        "fps",
        "dynamic_range",
        "resolution",
        "aspect_ratio",
        "tbr",
        "vbr",
        "abr",
        "asr",
        "audio_channels",
        "filesize",
        "filesize_approx",
        "language",
        "language_preference",
        "quality",
        "preference",
        "source_preference",
    ]
)
TRACK_FIELDS = frozenset({"ext", "name"})
# Pages and pictures for everybody; any other address is left out.
PUBLIC_ADDRESSES = frozenset(
    ["webpage_url", "channel_url", "uploader_url", "playlist_webpage_url", "thumbnail", "artist_url", "license_url"]
)
TEXTS = frozenset({"title", "fulltitle", "alt_title", "description", "license", "tags", "categories", "text"})
LEFT_OUT = frozenset(
    [
        "formats",
        "subtitles",
        "automatic_captions",
        "thumbnails",
        "url",
        "urls",
        "manifest_url",
        "fragments",
        "fragment_base_url",
        "http_headers",
        "cookies",
        "downloader_options",
        "extra_param_to_segment_url",
        "extra_param_to_key_url",
        "hls_aes",
        "hls_media_playlist_data",
        "play_path",
        "player_url",
        "page_url",
        "app",
        "original_url",
        "filepath",
        "filename",
        "_filename",
        "infojson_filename",
    ]
)
SECRET_NAME = re.compile(
    r"(^|_|-|\b)(pot|visitor|visitor_?data|data_?sync|token|secret|signature|sig|lsig|o?auth|authorization|cookies?|"
    r"pass|password|session\w*|jwt|api_?key|key|expires?|policy|credentials?|hdn\w*|hmac|nonce|ticket|bearer|ip|headers?)"
    r"($|_|-|\b)",
    re.IGNORECASE,
)
INNOCENT = frozenset({"extractor_key", "ie_key"})
ADDRESS = re.compile(r"^\s*//|://")
