"""Looking at playlists and channels: what they hold, what was taken out of them, and what of it is archived."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from pydantic import Field
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from yt_videos_api.db.engine import Database
from yt_videos_api.db.tables import Download, JobListing, JobVideo, Playlist, PlaylistItem, Video
from yt_videos_api.domain.errors import NotFound
from yt_videos_api.domain.identity import PROVISIONAL_EXTRACTOR, VideoIdentity
from yt_videos_api.domain.states import DownloadState
from yt_videos_api.services.cursors import read_moment, read_place, write_moment, write_place
from yt_videos_api.services.ids import require_id

_NO_PLAYLIST = "There is no such playlist."


@dataclass(frozen=True, slots=True)
class PlaylistView:
    """A playlist, channel or page with many videos that a job was submitted for."""

    id: str
    entity_type: str
    url: str
    title: str | None
    channel: str | None
    item_count: Annotated[int, Field(description="In its last listing.")]
    removed_count: Annotated[int, Field(description="Were in an earlier one.")]
    listed_at: Annotated[datetime | None, Field(description="When it was last listed to its end.")]
    created_at: datetime


@dataclass(frozen=True, slots=True)
class PlaylistItemView:
    """One entry of a playlist."""

    position: Annotated[int, Field(description="In the last listing it was part of, from 0.")]
    title: str | None
    url: str
    extractor: str | None
    video_id: str | None
    duration_seconds: float | None
    upload_date: Annotated[str | None, Field(description="YYYYMMDD.")]
    first_seen_at: datetime
    removed_at: Annotated[datetime | None, Field(description="When a complete listing was first without it.")]
    gone: Annotated[
        str | None, Field(description="What has become of the video itself: `private_video`, `video_unavailable`.")
    ]
    archived: Annotated[bool, Field(description="A file of it is in the library.")]
    file_url: str | None


@dataclass(frozen=True, slots=True)
class PlaylistPage:
    """Newest playlists first."""

    playlists: tuple[PlaylistView, ...]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class PlaylistItemPage:
    """Entries in the order of the playlist."""

    items: tuple[PlaylistItemView, ...]
    next_cursor: str | None


class Playlists:
    """The playlists of this installation."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def list(self, *, limit: int, cursor: str | None = None) -> PlaylistPage:
        """A page of playlists by keyset. Raises InvalidInput."""
        query = select(Playlist).order_by(Playlist.created_at.desc(), Playlist.id.desc()).limit(limit + 1)
        if cursor is not None:
            created_at, playlist_id = read_moment(cursor)
            same = (Playlist.created_at == created_at) & (Playlist.id < playlist_id)
            query = query.where((Playlist.created_at < created_at) | same)
        with self._database.reading() as session:
            found = session.scalars(query).all()
            page = tuple(_view(session, playlist) for playlist in found[:limit])
        last = found[limit - 1] if len(found) > limit else None
        return PlaylistPage(page, write_moment(last.created_at, last.id) if last else None)

    def get(self, playlist_id: str) -> PlaylistView:
        """One playlist. Raises NotFound."""
        with self._database.reading() as session:
            return _view(session, _get(session, playlist_id))

    def items(
        self, playlist_id: str, *, limit: int, cursor: str | None = None, removed: bool | None = None
    ) -> PlaylistItemPage:
        """A page of its entries; with `removed` only those that were taken out of it, or only the others.

        Raises NotFound and InvalidInput.
        """
        query = select(PlaylistItem).where(PlaylistItem.playlist_id == playlist_id)
        if removed is not None:
            query = query.where(PlaylistItem.removed_at.is_not(None) if removed else PlaylistItem.removed_at.is_(None))
        if cursor is not None:
            position, item_id = read_place(cursor)
            same = (PlaylistItem.position == position) & (PlaylistItem.id > item_id)
            query = query.where((PlaylistItem.position > position) | same)
        with self._database.reading() as session:
            playlist = _get(session, playlist_id)
            found = session.scalars(query.order_by(PlaylistItem.position, PlaylistItem.id).limit(limit + 1)).all()
            page = _item_views(session, playlist, found[:limit])
        last = found[limit - 1] if len(found) > limit else None
        return PlaylistItemPage(page, write_place(last.position, last.id) if last else None)


def _get(session: Session, playlist_id: str) -> Playlist:
    require_id(playlist_id, _NO_PLAYLIST)
    playlist = session.get(Playlist, playlist_id)
    if playlist is None:
        raise NotFound(_NO_PLAYLIST)
    return playlist


def _view(session: Session, playlist: Playlist) -> PlaylistView:
    query = select(func.count(), func.count(PlaylistItem.removed_at)).where(PlaylistItem.playlist_id == playlist.id)
    every, removed = session.execute(query).one()
    return PlaylistView(
        playlist.id,
        playlist.entity_type,
        playlist.source_url,
        playlist.title,
        playlist.channel,
        every - removed,
        removed,
        playlist.listed_at,
        playlist.created_at,
    )


def _item_views(session: Session, playlist: Playlist, found: Sequence[PlaylistItem]) -> tuple[PlaylistItemView, ...]:
    known = _videos_of(session, found)
    ids = {video.video_id for video in known.values()}
    files = _files_of(session, playlist, ids)
    gone = {
        (video.extractor, video.video_id): video.gone_code
        for video in session.scalars(select(Video).where(Video.video_id.in_(ids), Video.gone_at.is_not(None)))
    }
    return tuple(_item_view(item, known.get(item.entry_key), files, gone) for item in found)


def _files_of(session: Session, playlist: Playlist, video_ids: Collection[str]) -> dict[tuple[str, str], str]:
    """Where a file of each video is. Who may see a private list may see what was archived of it, and what all may."""
    archived = (
        select(Video, Download.id)
        .join(Download, (Download.extractor == Video.extractor) & (Download.video_id == Video.video_id))
        .where(
            Video.video_id.in_(video_ids),
            Download.state == DownloadState.FINALIZED.value,
            Download.access_scope.in_({"", playlist.access_scope}),
        )
        .order_by(Download.access_scope)  # what is the list's own comes last, and counts
    )
    return {
        (video.extractor, video.video_id): f"/videos/{video.id}/file?download={download_id}"
        for video, download_id in session.execute(archived)
    }


def _videos_of(session: Session, found: Sequence[PlaylistItem]) -> dict[str, VideoIdentity]:
    """The video of each entry, by entry key: as the list tells, else as the jobs for the list have found out."""
    told = {
        item.entry_key: VideoIdentity(item.extractor, item.video_id)
        for item in found
        if item.extractor and item.video_id
    }
    untold = [item.entry_key for item in found if item.entry_key not in told]
    if not untold:
        return told
    query = (
        select(JobVideo.entry_key, Download.extractor, Download.video_id)
        .join(JobListing, JobListing.job_id == JobVideo.job_id)
        .join(Download, Download.id == JobVideo.download_id)
        .where(
            JobListing.playlist_id == found[0].playlist_id,
            JobVideo.entry_key.in_(untold),
            Download.extractor != PROVISIONAL_EXTRACTOR,
        )
        .order_by(JobListing.listing)  # the page may show another video in that place by now
    )
    rows = session.execute(query)
    return told | {key: VideoIdentity(extractor, video_id) for key, extractor, video_id in rows if key}


def _item_view(
    item: PlaylistItem,
    known: VideoIdentity | None,
    files: dict[tuple[str, str], str],
    gone: dict[tuple[str, str], str | None],
) -> PlaylistItemView:
    video = (known.extractor, known.video_id) if known else ("", "")
    return PlaylistItemView(
        item.position - 1,
        item.title,
        item.source_url,
        known.extractor if known else None,
        known.video_id if known else None,
        item.duration_seconds,
        item.upload_date,
        item.first_seen_at,
        item.removed_at,
        item.gone_code or gone.get(video),
        video in files,
        files.get(video),
    )
