"""What comes with a video: subtitles, chapters of SponsorBlock, and the files beside it. For a run, and for later."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import structlog

from yt_videos_api.apis.fault import ApiFault
from yt_videos_api.cage.runs import EngineRun
from yt_videos_api.domain.chapters import with_marks
from yt_videos_api.domain.choices import Extras, SponsorBlockCategory, SubtitleFormat
from yt_videos_api.domain.offers import Chapter, FetchedSubtitle, Offer, VideoFacts
from yt_videos_api.media.covers import write_thumbnail
from yt_videos_api.media.nfo import write_nfo_file
from yt_videos_api.media.srt import write_srt_file
from yt_videos_api.media.tools import Tools
from yt_videos_api.services import in_vain

log = structlog.get_logger()

# Notes: what was wanted and could not be had. They are kept with the download; services/views.py says them.
# Those on subtitles are in services/in_vain.py.
NO_MARKS = "sponsorblock_away"
NO_THUMBNAIL = "no_thumbnail"
NO_INFO = "no_info_json"

_LANGUAGE_CHARACTERS = 14  # with its format that makes the longest suffix that names have room for

Marks = Callable[[str, Sequence[SponsorBlockCategory], float | None], tuple[Chapter, ...]]


def no_marks(
    _video_id: str, _categories: Sequence[SponsorBlockCategory], _duration_seconds: float | None
) -> tuple[Chapter, ...]:
    """Where nobody is to be asked."""
    return ()


@dataclass(frozen=True, slots=True)
class Sidecar:
    """A file that is to lie beside the media; names inside the staging folder."""

    kind: str  # cover | thumbnail | subtitle | info_json | nfo
    name: str
    suffix: str  # what its published name ends with instead of the media's extension
    language: str | None = None


class Companions:
    """Fetches and makes what comes with one video, in one run. `notes` tells what could not be had."""

    def __init__(self, run: EngineRun, tools: Tools, folder: Path, extras: Extras) -> None:
        self._run = run
        self._tools = tools
        self._folder = folder
        self._extras = extras
        self.notes: list[str] = []

    def subtitles(self, offer: Offer) -> tuple[FetchedSubtitle, ...]:
        """The wanted subtitles, lying in the folder. Raises DownloadFailure when the site pushes back or is away."""
        if not self._extras.subtitle_languages:
            return ()
        automatic = self._extras.automatic_subtitles
        found = self._run.fetch_subtitles(offer, self._extras.subtitle_languages, automatic=automatic)
        had = [subtitle.language for subtitle in found]
        self.notes += in_vain.notes_on(self._extras.subtitle_languages, had)
        return found

    def chapters(self, facts: VideoFacts, marks: Marks) -> tuple[Chapter, ...]:
        """The chapters of the video, with the stretches that SponsorBlock's users marked."""
        if not self._extras.sponsorblock or facts.extractor != "youtube":
            return facts.chapters
        try:
            found = marks(facts.video_id, self._extras.sponsorblock, facts.duration_seconds)
        except ApiFault as fault:
            log.warning("sponsorblock_failed", reason=fault.reason.value)
            self.notes.append(NO_MARKS)
            return facts.chapters
        return with_marks(facts.chapters, found, facts.duration_seconds, rest_title=facts.title)

    def files(
        self,
        offer: Offer,
        subtitles: Sequence[FetchedSubtitle],
        *,
        embedded: Sequence[str],
        picture: str | None,
        cover: str | None,
    ) -> tuple[Sidecar, ...]:
        """Everything that is to lie beside the media.

        `embedded` are the languages inside of it, `picture` the site's as it was fetched, `cover` a JPEG of it that
        lies beside the media anyhow.
        """
        found = [Sidecar("cover", cover, ".jpg")] if cover else []
        found += self.subtitle_files(subtitles, embedded)
        if self._extras.thumbnail and cover is None:
            found += self._thumbnail(picture or self._run.fetch_cover(offer))
        if self._extras.info_json:
            found += self._info(offer)
        if self._extras.nfo:
            found.append(Sidecar("nfo", write_nfo_file(self._folder, offer.facts), ".nfo"))
        return tuple(found)

    def subtitle_files(self, subtitles: Sequence[FetchedSubtitle], embedded: Sequence[str]) -> list[Sidecar]:
        """What was to be embedded and could not be lies beside the media."""
        files: list[Sidecar] = []
        for subtitle in subtitles:
            wanted = set(self._extras.subtitle_sidecars)
            if self._extras.embed_subtitles and subtitle.language not in embedded:
                wanted.add(SubtitleFormat.VTT)
            language = re.sub(r"[^A-Za-z0-9-]", "", subtitle.language)[:_LANGUAGE_CHARACTERS] or "und"
            for form in sorted(wanted):
                name = subtitle.path if form is SubtitleFormat.VTT else write_srt_file(self._folder, subtitle)
                files.append(Sidecar("subtitle", name, f".{language}.{form}", subtitle.language))
        return files

    def _thumbnail(self, picture: str | None) -> list[Sidecar]:
        name = write_thumbnail(self._run, self._tools, self._folder, picture) if picture else None
        if name is None:
            self.notes.append(NO_THUMBNAIL)
            return []
        return [Sidecar("thumbnail", name, ".jpg")]

    def _info(self, offer: Offer) -> list[Sidecar]:
        name = self._run.fetch_info(offer)
        if name is None:
            self.notes.append(NO_INFO)
            return []
        return [Sidecar("info_json", name, ".info.json")]
