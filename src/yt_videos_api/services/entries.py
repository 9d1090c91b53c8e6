"""Entries of a list become rows: what the list holds, which downloads serve that, and the items of one job.

A page is written with a handful of statements, whatever its length: ten thousand entries would otherwise keep the
database's only writer busy for minutes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import ColumnElement, func, select, tuple_, update
from sqlalchemy.orm import Session

from yt_videos_api.db import queries
from yt_videos_api.db.inserts import column_values, insert_missing
from yt_videos_api.db.tables import Download, Job, JobListing, JobVideo, Playlist, PlaylistItem, Video, VideoAlias, Work
from yt_videos_api.domain.choices import AccessWish, Extras, Selection
from yt_videos_api.domain.identity import DownloadIdentity, VideoIdentity, url_key
from yt_videos_api.domain.lists import ListEntry
from yt_videos_api.domain.states import LIVE_STATES, DownloadState, WorkKind
from yt_videos_api.services import settle
from yt_videos_api.services.downloads import Wish, join
from yt_videos_api.services.listing import entry_key, video_of

_STEP = timedelta(seconds=1)
_LIVE = [state.value for state in LIVE_STATES]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a job wants of every video of its list."""

    container_policy: str
    selection: Selection
    extras: Extras
    access: AccessWish
    access_scope: str
    list_url: str

    @classmethod
    def of(cls, job: Job, playlist: Playlist) -> Wanted:
        """As it was resolved when the job was accepted."""
        said = job.options
        return cls(
            job.container_policy,
            Selection.from_json(said),
            Extras.from_json(said),
            AccessWish.from_json(said),
            playlist.access_scope,
            playlist.source_url,
        )

    def identity_of(self, video: VideoIdentity) -> DownloadIdentity:
        """The download that serves it."""
        return DownloadIdentity(video, self.container_policy, self.selection.key(), self.access_scope)

    def wish_for(self, entry: ListEntry, place: int) -> Wish:
        """What is wanted of the download of `entry`, which is the `place`-th item of its job, from 0."""
        index = None if entry.own_address else entry.index
        access = self.access.carried(self.list_url, entry.url)
        return Wish(entry.url, self.extras, access, index, settle.ENTRY_PRIORITY, place)


def record(session: Session, row: JobListing, entries: Mapping[int, ListEntry], now: datetime) -> None:
    """Write down that the list holds `entries`, by position. Those already known are seen once more.

    The caller holds the playlist's row: two listings of one list write one after the other.
    """
    firsts: dict[str, tuple[int, ListEntry]] = {}
    for position, entry in entries.items():
        firsts.setdefault(entry_key(entry), (position, entry))
    known = {
        item.entry_key: item
        for item in session.scalars(
            select(PlaylistItem).where(PlaylistItem.playlist_id == row.playlist_id, PlaylistItem.entry_key.in_(firsts))
        )
    }
    for key, (position, entry) in firsts.items():
        item = known.get(key)
        if item is None:
            session.add(_playlist_item(row, key, position, entry, now))
        elif item.listing < row.listing or item.removed_at is not None:
            item.position, item.listing, item.removed_at = position, max(item.listing, row.listing), None
            _update_item(item, entry)
    session.flush()


def take(
    session: Session,
    job: Job,
    wanted: Wanted,
    entries: Sequence[ListEntry],
    now: datetime,
    *,
    most: int | None = None,
) -> int:
    """Make items of `entries`, in their order, unless the job has them already; how many are new (at most `most`).

    Videos that are archived or on their way are joined, others are queued.
    """
    keys = {entry_key(entry): entry for entry in entries}
    had = set(
        session.scalars(select(JobVideo.entry_key).where(JobVideo.job_id == job.id, JobVideo.entry_key.in_(keys)))
    )
    new = dict([(key, entry) for key, entry in keys.items() if key not in had][:most])
    if not new:
        return 0
    last = session.scalar(select(func.max(JobVideo.position)).where(JobVideo.job_id == job.id))
    first = 0 if last is None else last + 1
    downloads = _downloads_for(session, wanted, new, first, now)
    states = settle.item_states_for(session, list(downloads.values()))
    for position, (key, entry) in enumerate(new.items(), first):
        download = downloads[key]
        state = states[download.id]
        session.add(
            JobVideo(
                id=uuid4().hex,
                job_id=job.id,
                position=position,
                entry_key=key,
                title=entry.title,
                download_id=download.id,
                state=state.value,
                finished_at=now if state.terminal else None,
            )
        )
    session.flush()
    return len(new)


def _downloads_for(
    session: Session, wanted: Wanted, entries: Mapping[str, ListEntry], first: int, now: datetime
) -> dict[str, Download]:
    """The locked live download of each entry, by entry key; made where there is none. `first` is their first place."""
    wishes = {key: wanted.wish_for(entry, place) for place, (key, entry) in enumerate(entries.items(), first)}
    videos = _resolve_aliases(session, {key: video_of(entry) for key, entry in entries.items()}, entries)
    identities = {key: wanted.identity_of(video) for key, video in videos.items()}
    while True:
        live = _lock_live(session, identities)
        missing = [key for key in entries if identities[key].parts not in live]
        for key in entries:
            download = live.get(identities[key].parts)
            if download is not None:
                join(session, download, wishes[key], now)
        if not missing:
            return {key: live[identities[key].parts] for key in entries}
        _create(session, [(identities[key], wishes[key]) for key in missing], now)
        # Locked and looked at once more: somebody else may have made some of them at the same moment.


def _lock_live(session: Session, identities: Mapping[str, DownloadIdentity]) -> dict[tuple[str, ...], Download]:
    parts = {identity.parts for identity in identities.values()}
    videos = {part[:2] for part in parts}
    found = session.scalars(
        select(Download)
        .where(tuple_(Download.extractor, Download.video_id).in_(videos), Download.state.in_(_LIVE))
        .order_by(Download.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    by_parts = {tuple(getattr(download, column.key) for column in queries.IDENTITY): download for download in found}
    return {part: by_parts[part] for part in parts if part in by_parts}


def _create(session: Session, wanted: Sequence[tuple[DownloadIdentity, Wish]], now: datetime) -> None:
    """In the order of the unique index: two listings of the same videos then wait for each other in one direction."""
    rows: dict[tuple[str, ...], dict[str, Any]] = {}
    works = []
    for identity, wish in sorted(wanted, key=lambda pair: pair[0].parts):
        if identity.parts not in rows:
            rows[identity.parts] = _download_row(identity, wish, now)
            works.append(_work(rows[identity.parts]["id"], wish, now))
    created = insert_missing(session, Download, list(rows.values()))
    insert_missing(session, Work, [column_values(work) for work in works if work.download_id in created])


def _work(download_id: str, wish: Wish, now: datetime) -> Work:
    """Of something queued, `due_at` only tells its place: a list goes in its order, and two lists take turns."""
    work = settle.new_work(WorkKind.ARCHIVE, now, download_id=download_id, priority=wish.priority)
    work.due_at = now + wish.place * _STEP
    return work


def _download_row(identity: DownloadIdentity, wish: Wish, now: datetime) -> dict[str, Any]:
    names = [column.key for column in queries.IDENTITY]
    return dict(zip(names, identity.parts, strict=True)) | {
        "id": uuid4().hex,
        "state": DownloadState.QUEUED.value,
        "source_url": wish.source_url,
        "entry_index": wish.entry_index,
        "extras": wish.extras.to_json(),
        "access": wish.access.to_json(),
        "embed_metadata": wish.extras.embed_metadata,
        "embed_cover_art": wish.extras.embed_cover_art,
        "cancel_requested": False,
        "created_at": now,
        "updated_at": now,
    }


def _resolve_aliases(
    session: Session, videos: Mapping[str, VideoIdentity], entries: Mapping[str, ListEntry]
) -> dict[str, VideoIdentity]:
    """Addresses that are known to lead to a video, as that video."""
    by_address = {
        url_key(entries[key].url): key
        for key, video in videos.items()
        if video.provisional and entries[key].own_address
    }
    known = session.scalars(select(VideoAlias).where(VideoAlias.url_key.in_(by_address)))
    found = {by_address[alias.url_key]: VideoIdentity(alias.extractor, alias.video_id) for alias in known}
    return dict(videos) | found


def _playlist_item(row: JobListing, key: str, position: int, entry: ListEntry, now: datetime) -> PlaylistItem:
    return PlaylistItem(
        id=uuid4().hex,
        playlist_id=row.playlist_id,
        entry_key=key,
        position=position,
        extractor=entry.extractor,
        video_id=entry.video_id,
        source_url=entry.url,
        entry_index=None if entry.own_address else entry.index,
        title=entry.title,
        duration_seconds=entry.duration_seconds,
        upload_date=entry.upload_date,
        live=entry.live,
        short=entry.short,
        gone_code=entry.gone,
        listing=row.listing,
        first_seen_at=now,
    )


def _update_item(item: PlaylistItem, entry: ListEntry) -> None:
    """What a later listing tells; of a video that is gone it tells no title any more."""
    if entry.gone is None:
        item.title = entry.title or item.title
    item.gone_code = entry.gone
    item.duration_seconds = entry.duration_seconds or item.duration_seconds
    item.upload_date = entry.upload_date or item.upload_date
    item.live = item.live if entry.live is None else entry.live
    item.short = item.short if entry.short is None else entry.short


def note_gone_videos(session: Session, entries: Sequence[ListEntry], now: datetime) -> None:
    """Archived videos that the list shows as private or deleted keep their files, and are shown as gone.

    Those that it shows as usual again are there again.
    """
    for code in settle.GONE_CODES:
        gone = [entry for entry in entries if entry.gone == code]
        _update_videos(session, gone, Video.gone_at.is_(None), gone_at=now, gone_code=code)
    shown = [entry for entry in entries if entry.gone is None and entry.title is not None]
    _update_videos(session, shown, Video.gone_at.is_not(None), gone_at=None, gone_code=None)


def _update_videos(
    session: Session, entries: Sequence[ListEntry], where: ColumnElement[bool], **values: datetime | str | None
) -> None:
    keys = [(entry.extractor, entry.video_id) for entry in entries if entry.extractor and entry.video_id]
    if keys:
        these = tuple_(Video.extractor, Video.video_id).in_(keys)
        session.execute(update(Video).where(these, where).values(**values).execution_options(synchronize_session=False))
