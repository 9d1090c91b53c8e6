"""What is done once in the forkserver so that no run has to: 682 ms to the first media byte become 59 (measured)."""

from __future__ import annotations

import importlib
import logging
from collections.abc import Iterator

from yt_dlp.extractor import gen_extractor_classes
from yt_dlp.globals import plugin_dirs

from yt_videos_api.engine.rehearsal import other_acts, youtube_acts

# Nobody answers to this address but the generic extractor, so all the others are asked.
_STRANGE_URL = "https://example.org/"
_MODULES = (
    "yt_dlp.extractor.youtube",
    "yt_dlp.extractor.generic",
    "yt_dlp.downloader.http",
    "yt_videos_api.engine.known_runtime",
)


def warm_for_youtube() -> None:
    """What the first run needs."""
    # Before the first YoutubeDL, which would load code from every folder on sys.path and the user's configuration.
    plugin_dirs.value = []
    logging.disable(logging.CRITICAL)
    for module in _MODULES:
        importlib.import_module(module)
    for act in youtube_acts():
        act()


def warm_for_others() -> Iterator[None]:
    """What runs for other sites need, in steps of some milliseconds: a second in all, so it is done when idle.

    To find that no extractor knows an address, 1,890 regular expressions are built (350 ms); to look into a page for
    players of all kinds, all extractors are loaded (700 ms).
    """
    for extractor in gen_extractor_classes():
        extractor.suitable(_STRANGE_URL)
        getattr(extractor, "real_class", None)  # loads the module behind a lazy one
        yield
    # YouTube once more at the end: the others have pushed it out of the cache of regular expressions.
    for act in (*other_acts(), *youtube_acts()):
        act()
        yield
