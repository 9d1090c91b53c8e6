"""What is archived already need not be transferred again: another container is made of the file in the library."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from yt_videos_api.db import queries
from yt_videos_api.db.engine import Database
from yt_videos_api.db.tables import Download, File, Video
from yt_videos_api.domain.errors import DownloadFailure, NotFound
from yt_videos_api.domain.identity import VideoIdentity
from yt_videos_api.domain.offers import Part, Stream, VideoFacts
from yt_videos_api.domain.policy import ContainerPolicy, remux_serves
from yt_videos_api.domain.states import DownloadState
from yt_videos_api.storage.base import Library
from yt_videos_api.storage.hashing import sha256_of

log = structlog.get_logger()

# Inside the staging folder; no part of a transfer is called so.
_MEDIA = "archived-media"
_COVER = "archived-cover"


@dataclass(frozen=True, slots=True)
class Donor:
    """An archived rendition of the wanted video whose streams serve for another container."""

    download_id: str
    media: File
    cover: File | None  # beside it, where its container cannot hold one
    facts: VideoFacts
    stream: Stream


def find_donor(database: Database, download: Download) -> Donor | None:
    """The archived rendition that `download` can be made of; None when it has to be transferred.

    It has to be of the same selection: a smaller picture is no better for being there.
    """
    video = VideoIdentity(download.extractor, download.video_id)
    if video.provisional:
        return None
    with database.reading() as session:
        known = queries.find_video(session, video)
        if known is None:
            return None
        for other in _others(session, download):
            if remux_serves(ContainerPolicy(download.container_policy), other.video_codec, other.audio_codec):
                donor = _donor(session, other, known)
                if donor is not None:
                    return donor
    return None


def fetch(library: Library, donor: Donor, folder: Path) -> tuple[Part, str | None] | None:
    """Copy the archived file, and its cover, into `folder`; None when they are not what their rows say any more."""
    if not _copy(library, donor.media, folder / _MEDIA):
        log.warning("donor_unusable", path=donor.media.path)
        return None
    part = Part(donor.stream, _MEDIA, donor.media.size_bytes)
    cover = _COVER if donor.cover and _copy(library, donor.cover, folder / _COVER) else None
    return part, cover


def _others(session: Session, download: Download) -> list[Download]:
    return list(
        session.scalars(
            select(Download)
            .where(
                Download.extractor == download.extractor,
                Download.video_id == download.video_id,
                Download.selection == download.selection,
                Download.access_scope == download.access_scope,
                Download.state == DownloadState.FINALIZED.value,
                Download.transcoded_from.is_(None),
                Download.id != download.id,
            )
            .order_by(Download.finalized_at.desc())
        )
    )


def _donor(session: Session, other: Download, video: Video) -> Donor | None:
    """None when it went to the trash after it was found: on PostgreSQL each statement sees what is there by then."""
    files = queries.files_of(session, other.id)
    media = next((file for file in files if file.kind == "media"), None)
    if media is None:
        return None
    return Donor(
        download_id=other.id,
        media=media,
        cover=next((file for file in files if file.kind == "cover"), None),
        facts=VideoFacts(
            extractor=video.extractor,
            video_id=video.video_id,
            title=video.title,
            webpage_url=video.webpage_url,
            channel=video.channel,
            channel_id=video.channel_id,
            upload_date=video.upload_date,
            duration_seconds=other.duration_seconds,
            description=video.description,
        ),
        stream=Stream(
            format_id="archive",
            kind="audio" if other.video_codec is None else "both" if other.audio_codec else "video",
            ext=other.container or "",
            protocol="https",
            video_codec=other.video_codec,
            audio_codec=other.audio_codec,
            height=other.height,
        ),
    )


def _copy(library: Library, file: File, target: Path) -> bool:
    """A file of our own, since what lies in the library must not gain a second name; True when it is the right one."""
    try:
        with library.open(file.path) as source, target.open("wb") as copy:
            shutil.copyfileobj(source, copy, 2**20)
        return sha256_of(target) == (file.sha256, file.size_bytes)
    except NotFound:
        return False
    except OSError as error:
        raise DownloadFailure("no_space", f"{type(error).__name__} while copying {file.path}") from error
