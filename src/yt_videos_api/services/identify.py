"""P3: the site told which video this is. Write it down, and find out whether it is archived or under way already."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from yt_videos_api.db import queries
from yt_videos_api.db.engine import Database
from yt_videos_api.db.inserts import insert_unless_exists
from yt_videos_api.db.tables import Download, Run, Video, VideoAlias
from yt_videos_api.db.transitions import move
from yt_videos_api.domain.choices import AccessWish
from yt_videos_api.domain.errors import DownloadFailure, RunEnded
from yt_videos_api.domain.identity import PROVISIONAL_EXTRACTOR, VideoIdentity, url_key
from yt_videos_api.domain.offers import VideoFacts
from yt_videos_api.domain.states import DownloadState
from yt_videos_api.domain.targets import own_address
from yt_videos_api.services import settle
from yt_videos_api.services.attempts import AttemptLog
from yt_videos_api.services.clock import Now
from yt_videos_api.services.downloads import LostFiles, Wish, identity_of, join
from yt_videos_api.services.patience import RUN_SECONDS
from yt_videos_api.services.settle import Held, Lease


@dataclass(frozen=True, slots=True)
class RunPlace:
    """Where a run works."""

    folder: str  # name inside the staging folder
    process_group: int


class Superseded(RunEnded):
    """The video has a download already; the items wait for that one now."""


def identify(
    database: Database,
    lease: Lease,
    facts: VideoFacts,
    *,
    attempts: AttemptLog,
    place: RunPlace,
    lost_files: LostFiles,
    now: Now,
    committed: Callable[[], None],
) -> VideoIdentity:
    """Give the download its real identity and write down what the site says of the video; the identity is returned.

    `committed` is called after the commit. Raises Superseded (the run has nothing left to do) and LeaseLost.
    """

    def write(session: Session) -> VideoIdentity | None:
        if _superseded_by(session, lease):
            return None
        held = settle.hold(session, lease)
        run = session.get_one(Run, lease.run_id)
        run.folder, run.process_group = place.folder, place.process_group
        attempts.flush(session, lease)
        return _settle_identity(session, lease, held, facts, now())

    with database.reading() as session:
        download = session.get_one(Download, lease.download_id)
    # Whoever waits for a video whose file was deleted by hand wants it back, and is not to be sent to what is lost.
    lost_files.retire(identity_of(download, _video_of(facts)), patience_seconds=RUN_SECONDS)
    try:
        identity = database.retrying(write, patience_seconds=RUN_SECONDS, committed=committed)
    except IntegrityError:
        # Two addresses of one video, identified at the same moment: this time the other one is seen.
        identity = database.retrying(write, patience_seconds=RUN_SECONDS, committed=committed)
    if identity is None:
        raise Superseded(lease.download_id)
    return identity


def require_same_video(download: Download, facts: VideoFacts) -> None:
    """Raise DownloadFailure when the address of an archived `download` shows another video today."""
    if not _is_of(download, facts):
        raise DownloadFailure("video_unavailable", "another video is at its address by now")


def _is_of(download: Download, facts: VideoFacts) -> bool:
    """What was asked for by its id is that video, whatever is said of it; any other address may show another one."""
    known = VideoIdentity(download.extractor, download.video_id)
    return download.source_url == own_address(known) or _video_of(facts) == known


def _settle_identity(
    session: Session, lease: Lease, held: Held, facts: VideoFacts, now: datetime
) -> VideoIdentity | None:
    download = held.download
    known = VideoIdentity(download.extractor, download.video_id)
    identity = known if _is_of(download, facts) else _video_of(facts)
    if identity != known:
        if download.entry_index is None:  # else the address alone names no video
            _remember_alias(session, url_key(download.source_url), identity, now)
        other = queries.lock_live_download(session, identity_of(download, identity))
        if other is not None:
            _supersede(session, lease, download, other, now)
            return None
        download.extractor, download.video_id = identity.extractor, identity.video_id
    address = own_address(identity) or download.source_url
    download.access = AccessWish.from_json(download.access or {}).carried(download.source_url, address).to_json()
    download.source_url = address
    download.entry_index = None if own_address(identity) else download.entry_index
    remember_video(session, identity, facts, now)
    settle.touch_jobs(session, download.id, now)
    return identity


def _superseded_by(session: Session, lease: Lease) -> bool:
    """Whether an earlier commit of this very step went through although its answer was lost."""
    return session.scalar(select(Run.outcome).where(Run.id == lease.run_id)) == "superseded"


def _video_of(facts: VideoFacts) -> VideoIdentity:
    return VideoIdentity(facts.extractor, facts.video_id)


def _supersede(session: Session, lease: Lease, download: Download, other: Download, now: datetime) -> None:
    if settle.wanted(session, download.id):
        wish = Wish(download.source_url, settle.extras_of(download), AccessWish.from_json(download.access or {}))
        join(session, other, wish, now)
    move(session, download, DownloadState.SUPERSEDED, now=now, superseded_by=other.id)
    settle.end_work(session, download.id)
    settle.end_run(session, lease, "superseded", now)
    settle.move_items(session, download.id, other, now)


def _remember_alias(session: Session, key: str, identity: VideoIdentity, now: datetime) -> None:
    assert identity.extractor != PROVISIONAL_EXTRACTOR, "no site is called so"
    said = {"extractor": identity.extractor, "video_id": identity.video_id, "created_at": now}
    if not insert_unless_exists(session, VideoAlias, url_key=key, **said):
        alias = session.get_one(VideoAlias, key)
        for name, value in said.items():
            setattr(alias, name, value)


def _was_live(status: str | None) -> bool | None:
    return None if status is None else status != "not_live"


def remember_video(session: Session, identity: VideoIdentity, facts: VideoFacts, now: datetime) -> None:
    """Write down what the site says of a video that it shows."""
    said = {
        "title": facts.title,
        "webpage_url": facts.webpage_url,
        "channel": facts.channel,
        "channel_id": facts.channel_id,
        "upload_date": facts.upload_date,
        "duration_seconds": facts.duration_seconds,
        "description": facts.description,
        "live": _was_live(facts.live_status),
        "short": facts.short,
        "gone_code": None,
        "gone_at": None,
        "updated_at": now,
    }
    created = insert_unless_exists(
        session,
        Video,
        id=uuid4().hex,
        extractor=identity.extractor,
        video_id=identity.video_id,
        first_seen_at=now,
        **said,
    )
    if not created:
        known = queries.find_video(session, identity)
        assert known is not None
        for name, value in said.items():
            setattr(known, name, value)
