"""What archived videos would be called by a name template. Looks only: nothing is renamed, here or anywhere."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import or_, select

from yt_videos_api.db.engine import Database
from yt_videos_api.db.tables import Download, File, Video
from yt_videos_api.domain.errors import NotFound
from yt_videos_api.domain.name_template import NameTemplate
from yt_videos_api.domain.names import name_candidates
from yt_videos_api.domain.offers import VideoFacts
from yt_videos_api.domain.states import DownloadState
from yt_videos_api.services.downloads import identity_of

MOST_PREVIEWS = 10
_EXAMPLES = (
    VideoFacts("youtube", "jNQXAC9IVRw", "Me at the zoo", "", "jawed", "UC4QobU6STFB0P71PMvOGN5A", "20050424"),
    VideoFacts("vimeo", "76979871", "The New Vimeo Player (You Know, For Videos): *what's* new?", ""),
)


@dataclass(frozen=True, slots=True)
class NamePreview:
    """What one video would be called."""

    path: str | None  # what it is called now; None for an example
    would_be: str
    another_rendition: str  # the name of a second file of the same video


def preview_names(database: Database, template: NameTemplate, video_id: str | None = None) -> tuple[NamePreview, ...]:
    """For the videos that were archived last, or the one that is meant; for examples while there are none.

    `video_id` is ours or the site's. Raises NotFound.
    """
    query = (
        select(File.path, Download, Video)
        .join(Download, File.download_id == Download.id)
        .join(Video, (Video.extractor == Download.extractor) & (Video.video_id == Download.video_id))
        .where(File.kind == "media", Download.state == DownloadState.FINALIZED.value)
        .order_by(Download.finalized_at.desc(), Download.id)
        .limit(MOST_PREVIEWS)
    )
    if video_id is not None:
        query = query.where(or_(Video.id == video_id, Video.video_id == video_id))
    with database.reading() as session:
        found = [_preview(template, path, download, video) for path, download, video in session.execute(query)]
    if not found and video_id is not None:
        raise NotFound("There is no archived file of such a video.")
    return tuple(found) or tuple(_example(template, facts) for facts in _EXAMPLES)


def _preview(template: NameTemplate, path: str, download: Download, video: Video) -> NamePreview:
    facts = VideoFacts(
        extractor=video.extractor,
        video_id=video.video_id,
        title=video.title,
        webpage_url=video.webpage_url,
        channel=video.channel,
        channel_id=video.channel_id,
        upload_date=video.upload_date,
    )
    extension = download.container or "mkv"
    names = name_candidates(facts, extension, download.height, identity_of(download).digest(), template=template)
    return NamePreview(path, names[0], names[1])


def _example(template: NameTemplate, facts: VideoFacts) -> NamePreview:
    names = name_candidates(facts, "webm", 1080, "0" * 64, template=template)
    return NamePreview(None, names[0], names[1])
