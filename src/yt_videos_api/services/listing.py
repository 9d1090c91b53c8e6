"""The listing of a playlist or channel for one job, as it is written down: begun, counted page by page, ended.

Every page is one transaction that writes the entries, the items made of them, and how far the listing is: a worker that
dies in between has lost nothing but the page it was reading.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from uuid import uuid4

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from yt_videos_api.db.inserts import insert_unless_exists
from yt_videos_api.db.tables import Job, JobListing, Playlist, PlaylistItem
from yt_videos_api.domain.filters import CollectionFilter, Order
from yt_videos_api.domain.identity import VideoIdentity, provisional_identity, url_key
from yt_videos_api.domain.lists import ListEntry, ListFacts
from yt_videos_api.domain.states import Expansion, WorkKind
from yt_videos_api.domain.targets import EntityType, ListTarget, list_target
from yt_videos_api.services import settle


def begin(session: Session, job: Job, target: ListTarget, *, access_scope: str, now: datetime) -> None:
    """The job is for a list: a worker will list it."""
    playlist = lock(session, target, access_scope, now)
    playlist.listing += 1
    job.expansion = Expansion.LISTING.value
    session.add(
        JobListing(
            job_id=job.id,
            playlist_id=playlist.id,
            listing=playlist.listing,
            part=0,
            part_offset=0,
            listed=0,
            taken=0,
            read=False,
            complete=False,
            updated_at=now,
        )
    )
    session.add(settle.new_work(WorkKind.EXPAND, now, job_id=job.id, priority=settle.LISTING_PRIORITY))
    session.flush()


def describe(session: Session, row: JobListing, facts: ListFacts) -> None:
    """Write down what the site says of the list."""
    playlist = session.get_one(Playlist, row.playlist_id, with_for_update=True)
    channel = playlist.entity_type == EntityType.CHANNEL  # whose tabs have titles of their own
    playlist.title = (facts.channel if channel else None) or facts.title
    playlist.extractor, playlist.list_id, playlist.channel = facts.extractor, facts.list_id, facts.channel


def target_of(playlist: Playlist, chosen: CollectionFilter) -> ListTarget:
    """What has to be listed for a job, without the tabs of a channel that it leaves out."""
    entity_type = EntityType(playlist.entity_type)
    if entity_type is EntityType.URL:
        return ListTarget(entity_type, playlist.source_url, (playlist.source_url,))
    target = list_target(entity_type, playlist.source_url)
    left_out = [tab for tab, skip in (("shorts", chosen.skip_shorts), ("streams", chosen.skip_live)) if skip]
    parts = tuple(part for part in target.parts if part.rpartition("/")[2] not in left_out)
    return replace(target, parts=parts or target.parts)


def video_of(entry: ListEntry) -> VideoIdentity:
    """The identity of an entry, as far as the list tells it."""
    if entry.extractor and entry.video_id:
        return VideoIdentity(entry.extractor, entry.video_id)
    return provisional_identity(entry.url, None if entry.own_address else entry.index)


def entry_key(entry: ListEntry) -> str:
    """What makes two entries of a list the same one."""
    video = video_of(entry)
    return f"{video.extractor} {video.video_id}"


def takes_while_listing(wanted: CollectionFilter, entity_type: EntityType) -> bool:
    """Whether items can be made of entries as they are listed; else only when all of them are known.

    The tabs of a channel come newest first by themselves.
    """
    if wanted.order is Order.LISTED:
        return True
    return wanted.order is Order.NEWEST and entity_type is EntityType.CHANNEL


def is_cut_short(listed: int, told: int | None) -> bool:
    """Whether a list ended so early that what was not seen may well be in it: sites answer with empty pages, too.

    That it is a little shorter than said is usual: hidden and deleted videos count.
    """
    return told is not None and listed * 2 < told


def has_its_parts(playlist: Playlist, parts: Collection[str]) -> bool:
    """Whether everything was there that an earlier listing was made of: a tab that does not answer may come back."""
    return set(playlist.parts or ()) <= set(parts)


def mark_removed(session: Session, row: JobListing, parts: Collection[str], now: datetime) -> None:
    """After a complete listing of these parts: what was in the list before is not in it any more.

    Entries that are known only by their place say nothing: what follows a removed one has moved up.
    """
    playlist = session.get_one(Playlist, row.playlist_id, with_for_update=True)
    playlist.listed_at, playlist.parts = now, sorted({*(playlist.parts or ()), *parts})
    session.execute(
        update(PlaylistItem)
        .where(
            PlaylistItem.playlist_id == row.playlist_id,
            PlaylistItem.entry_index.is_(None),
            PlaylistItem.listing < row.listing,
            PlaylistItem.removed_at.is_(None),
        )
        .values(removed_at=now)
        .execution_options(synchronize_session=False)
    )


def may_discard(row: JobListing) -> bool:
    """Whether it is beyond doubt what the list does not hold any more: then files may go to the trash."""
    return row.complete and (row.told is None or row.listed >= row.told)


def lock(session: Session, target: ListTarget, access_scope: str, now: datetime) -> Playlist:
    """The locked playlist at `target`, made where there is none."""
    key = url_key(target.source_url)
    insert_unless_exists(
        session,
        Playlist,
        id=uuid4().hex,
        source_key=key,
        access_scope=access_scope,
        source_url=target.source_url,
        entity_type=target.entity_type.value,
        list_id=target.list_id,
        listing=0,
        created_at=now,
    )
    known = select(Playlist).where(Playlist.source_key == key, Playlist.access_scope == access_scope)
    return session.scalars(known.with_for_update().execution_options(populate_existing=True)).one()
