"""The NFO file that Jellyfin and Kodi read beside a video.

It says `<movie>`: an `<episodedetails>` is only looked for under a series, whose files carry season and episode numbers
in their names, and ours carry a date and a title. Libraries of films and of home videos read `<movie>` beside any file.
"""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree as ET

from yt_videos_api.domain.offers import VideoFacts
from yt_videos_api.media.tags import iso_date

FILE_NAME = "video.nfo"
# All that XML 1.0 has no way to say, escaped or not.
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def nfo_text(facts: VideoFacts, *, thumbnail_name: str | None = None) -> str:
    """The whole file. `thumbnail_name`: the published name of the picture beside the video."""
    movie = ET.Element("movie")
    premiered = iso_date(facts.upload_date)
    said = {
        "title": facts.title,
        "originaltitle": facts.title,
        "plot": facts.description,
        "studio": facts.channel,
        "premiered": premiered,
        "year": premiered[:4] if premiered else None,
        "runtime": _minutes(facts.duration_seconds),
        "thumb": thumbnail_name,
    }
    for name, text in said.items():
        if text:
            ET.SubElement(movie, name).text = _FORBIDDEN.sub("", text)
    identity = ET.SubElement(movie, "uniqueid", type=_FORBIDDEN.sub("", facts.extractor), default="true")
    identity.text = _FORBIDDEN.sub("", facts.video_id)
    ET.indent(movie)
    return f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n{ET.tostring(movie, encoding="unicode")}\n'


def write_nfo_file(folder: Path, facts: VideoFacts, *, thumbnail_name: str | None = None) -> str:
    """Write it into the staging folder; its name there. Safe to repeat."""
    (folder / FILE_NAME).write_text(nfo_text(facts, thumbnail_name=thumbnail_name), encoding="utf-8")
    return FILE_NAME


def _minutes(seconds: float | None) -> str | None:
    return str(max(1, round(seconds / 60))) if seconds else None
