"""The tables. The database is the truth: everything else can be lost and is made again from here.

Times are aware and in UTC (`_at`), lengths in seconds, sizes in bytes. No schema is named: on PostgreSQL the engine
puts all of them into `yt_videos`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, Integer, LargeBinary, MetaData, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from yt_videos_api.db.types import UtcDateTime
from yt_videos_api.domain.states import LIVE_STATES

_JSON = JSON().with_variant(JSONB(), "postgresql")
_LIVE = ", ".join(f"'{state.value}'" for state in sorted(LIVE_STATES))


class Base(DeclarativeBase):
    """All tables of the truth. Live progress is kept apart (events/database.py)."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy reads it from the class
        datetime: UtcDateTime,
        str: Text,
        dict[str, Any]: _JSON,
        list[str]: _JSON,
        bytes: LargeBinary,
    }


class Installation(Base):
    """The one row that ties this database to its library; the same UUID lies in the library's marker."""

    __tablename__ = "installation"

    id: Mapped[int] = mapped_column(primary_key=True)
    library_uuid: Mapped[str]
    library_location: Mapped[str]
    created_at: Mapped[datetime]


class Job(Base):
    """One request of a user."""

    __tablename__ = "jobs"

    id: Mapped[str] = mapped_column(primary_key=True)
    owner_id: Mapped[str | None]  # accounts come later; the column is there from the first migration
    entity_type: Mapped[str]  # video | url | playlist | channel
    entity_id: Mapped[str]  # as it was sent
    container_policy: Mapped[str]
    options: Mapped[dict[str, Any]]  # the other choices, resolved when the job was accepted
    expansion: Mapped[str | None]  # how far its listing is (domain.states.Expansion); None: no playlist or channel
    error_code: Mapped[str | None]  # why its listing ended early
    state: Mapped[str]
    revision: Mapped[int] = mapped_column(BigInteger)  # grows with every change, under this row's lock
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]

    __table_args__ = (
        Index("ix_jobs_created_at_id", "created_at", "id"),
        Index("ix_jobs_state_created_at_id", "state", "created_at", "id"),
    )


class IdempotencyKey(Base):
    """An Idempotency-Key that was used, kept for 24 hours."""

    __tablename__ = "idempotency_keys"

    owner_id: Mapped[str] = mapped_column(primary_key=True)  # empty while there are no accounts
    key: Mapped[str] = mapped_column(primary_key=True)
    request_hash: Mapped[str]
    job_id: Mapped[str] = mapped_column(ForeignKey("jobs.id", ondelete="CASCADE"))
    created_at: Mapped[datetime] = mapped_column(index=True)


class Video(Base):
    """What a site says of a video."""

    __tablename__ = "videos"

    id: Mapped[str] = mapped_column(primary_key=True)
    extractor: Mapped[str]
    video_id: Mapped[str]
    title: Mapped[str]
    webpage_url: Mapped[str]
    channel: Mapped[str | None]
    channel_id: Mapped[str | None]
    upload_date: Mapped[str | None]  # YYYYMMDD
    duration_seconds: Mapped[float | None]
    description: Mapped[str | None]
    live: Mapped[bool | None]  # is, was, or will be a live stream or premiere
    short: Mapped[bool | None]
    gone_code: Mapped[str | None]  # private_video | video_unavailable: what its site says since `gone_at`
    gone_at: Mapped[datetime | None]
    first_seen_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    __table_args__ = (Index("uq_videos_extractor_video_id", "extractor", "video_id", unique=True),)


class VideoAlias(Base):
    """An address that is known to lead to a video, so that the next request for it is answered at once."""

    __tablename__ = "video_aliases"

    url_key: Mapped[str] = mapped_column(primary_key=True)  # sha256 of the canonical address
    extractor: Mapped[str]
    video_id: Mapped[str]
    created_at: Mapped[datetime]


class Download(Base):
    """One rendition of a video: the unit of deduplication, shared by all jobs that want it."""

    __tablename__ = "downloads"

    id: Mapped[str] = mapped_column(primary_key=True)
    extractor: Mapped[str]
    video_id: Mapped[str]
    container_policy: Mapped[str]
    selection: Mapped[str]
    access_scope: Mapped[str]
    state: Mapped[str] = mapped_column(index=True)
    source_url: Mapped[str]
    entry_index: Mapped[int | None]  # which video of a page that has several without addresses of their own, from 1
    extras: Mapped[dict[str, Any] | None]  # domain.choices.Extras: what everybody who asked wants with the media
    delivered: Mapped[dict[str, Any] | None]  # the Extras that were fetched, or found not to be there
    access: Mapped[dict[str, Any] | None]  # domain.choices.AccessWish
    embed_metadata: Mapped[bool]  # these two are what `extras` says, for workers of version 0.1
    embed_cover_art: Mapped[bool]
    cancel_requested: Mapped[bool]  # the worker is asked to stop; decided under this row's lock
    container: Mapped[str | None]  # what it is stored in, known from P7 on
    policy_met: Mapped[bool | None]
    cover: Mapped[str | None]  # embedded | sidecar | dropped | none
    height: Mapped[int | None]
    video_codec: Mapped[str | None]
    audio_codec: Mapped[str | None]
    transcoded_from: Mapped[str | None]  # the codec of the sound before it was re-encoded
    made_from: Mapped[str | None]  # the archived download whose streams were copied instead of a transfer
    notes: Mapped[list[str] | None]  # what was wanted and could not be had: codes of services/notes.py
    duration_seconds: Mapped[float | None]
    error_code: Mapped[str | None]  # of the last failure, also while waiting for the next try
    error_detail: Mapped[str | None]  # for operators; never shown to users
    superseded_by: Mapped[str | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    finalized_at: Mapped[datetime | None]

    __table_args__ = (
        Index(
            "uq_downloads_live_identity",
            "extractor",
            "video_id",
            "container_policy",
            "selection",
            "access_scope",
            unique=True,
            sqlite_where=text(f"state IN ({_LIVE})"),
            postgresql_where=text(f"state IN ({_LIVE})"),
        ),
    )


class JobVideo(Base):
    """An item: one video inside a job."""

    __tablename__ = "job_videos"

    id: Mapped[str] = mapped_column(primary_key=True)
    job_id: Mapped[str] = mapped_column(ForeignKey("jobs.id", ondelete="CASCADE"))
    position: Mapped[int]
    entry_key: Mapped[str | None]  # which entry of its playlist: each becomes one item; None for the only item
    title: Mapped[str | None]  # as the playlist tells it
    download_id: Mapped[str] = mapped_column(ForeignKey("downloads.id"), index=True)
    state: Mapped[str]
    error_code: Mapped[str | None]
    finished_at: Mapped[datetime | None]

    __table_args__ = (
        Index("uq_job_videos_job_id_position", "job_id", "position", unique=True),
        Index("uq_job_videos_job_id_entry_key", "job_id", "entry_key", unique=True),
        Index("ix_job_videos_job_id_state_position", "job_id", "state", "position"),
    )


class Playlist(Base):
    """A playlist, a channel, or a page with many videos, as its site last listed it. Shared by all its jobs."""

    __tablename__ = "playlists"

    id: Mapped[str] = mapped_column(primary_key=True)
    source_key: Mapped[str]  # sha256 of the canonical address
    access_scope: Mapped[str]  # as in downloads: a private list is known only to the owner of the cookies
    source_url: Mapped[str]
    entity_type: Mapped[str]  # playlist | channel | url
    extractor: Mapped[str | None]
    list_id: Mapped[str | None]
    title: Mapped[str | None]
    channel: Mapped[str | None]
    listing: Mapped[int] = mapped_column(BigInteger)  # how often a listing was begun
    parts: Mapped[list[str] | None]  # what a complete listing was made of: the tabs of a channel
    listed_at: Mapped[datetime | None]  # when one was last completed
    created_at: Mapped[datetime]

    __table_args__ = (Index("uq_playlists_source_key_access_scope", "source_key", "access_scope", unique=True),)


class PlaylistItem(Base):
    """One entry of a playlist, also long after it was taken out of it."""

    __tablename__ = "playlist_items"

    id: Mapped[str] = mapped_column(primary_key=True)
    playlist_id: Mapped[str] = mapped_column(ForeignKey("playlists.id", ondelete="CASCADE"))
    entry_key: Mapped[str]  # "youtube ID", or "url SHA256": the same video counts once
    position: Mapped[int]  # in the last listing it was part of, from 1
    extractor: Mapped[str | None]
    video_id: Mapped[str | None]
    source_url: Mapped[str]
    entry_index: Mapped[int | None]  # see downloads
    title: Mapped[str | None]
    duration_seconds: Mapped[float | None]
    upload_date: Mapped[str | None]  # YYYYMMDD
    live: Mapped[bool | None]
    short: Mapped[bool | None]
    gone_code: Mapped[str | None]  # what the listing says has become of it
    listing: Mapped[int] = mapped_column(BigInteger)  # the newest listing it was seen in
    first_seen_at: Mapped[datetime]
    removed_at: Mapped[datetime | None]  # when a complete listing was first without it

    __table_args__ = (
        Index("uq_playlist_items_playlist_id_entry_key", "playlist_id", "entry_key", unique=True),
        Index("ix_playlist_items_playlist_id_position", "playlist_id", "position", "id"),
        Index("ix_playlist_items_extractor_video_id", "extractor", "video_id"),
    )


class JobListing(Base):
    """How far the listing of one job is: written with every batch, so that any worker can go on."""

    __tablename__ = "job_listings"

    job_id: Mapped[str] = mapped_column(ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True)
    playlist_id: Mapped[str] = mapped_column(ForeignKey("playlists.id"), index=True)
    listing: Mapped[int] = mapped_column(BigInteger)  # which of the playlist's listings this is
    source: Mapped[str | None]  # data_api | extraction
    note: Mapped[str | None]  # in sentences: why not the Data API, and whether it was cut off
    part: Mapped[int]  # of a channel: which tab, from 0
    part_offset: Mapped[int]  # entries of the parts before it
    page_token: Mapped[str | None]  # of the Data API: where to go on
    listed: Mapped[int]  # entries seen so far
    taken: Mapped[int]  # entries that became items
    told: Mapped[int | None]  # how many entries the list is said to have
    read: Mapped[bool]  # no page is left to be read; items may still have to be made
    complete: Mapped[bool]  # everything was listed, but for tabs that the job skips
    cursor: Mapped[str | None]  # the entry that was judged last, where that is done only after the listing
    updated_at: Mapped[datetime]


class Work(Base):
    """One unit a worker can lease. The row goes when there is nothing left to do."""

    __tablename__ = "work"

    id: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]  # archive and enrich (a download), expand (a job), probe (a probe)
    download_id: Mapped[str | None] = mapped_column(ForeignKey("downloads.id"), unique=True)
    job_id: Mapped[str | None] = mapped_column(ForeignKey("jobs.id", ondelete="CASCADE"), unique=True)
    probe_id: Mapped[str | None] = mapped_column(ForeignKey("probes.id", ondelete="CASCADE"), unique=True)
    priority: Mapped[int]  # smaller comes first
    due_at: Mapped[datetime]
    owner: Mapped[str | None]  # a worker's id; None: free
    epoch: Mapped[int] = mapped_column(BigInteger)  # grows with every claim; a write with an older one changes nothing
    beat: Mapped[int] = mapped_column(BigInteger)  # grows with every heartbeat
    progress_bytes: Mapped[int] = mapped_column(BigInteger)  # most bytes any run ever had; of a listing: entries
    crash_count: Mapped[int]  # runs in a row that died without a new byte
    retry_count: Mapped[int]  # spent on what may be the download's own fault
    outage_count: Mapped[int]  # failures in a row of one kind of outage
    created_at: Mapped[datetime]

    __table_args__ = (
        Index("ix_work_owner_priority_due_at", "owner", "priority", "due_at", "id"),
        # For services/due.py: whether anything is due is asked every few seconds.
        Index("ix_work_owner_due_at", "owner", "due_at"),
        Index("ix_work_owner_kind", "owner", "kind", "retry_count", "outage_count"),
    )


class Run(Base):
    """One claim of a work unit by one worker: where it works and under which epoch."""

    __tablename__ = "staging"

    id: Mapped[str] = mapped_column(primary_key=True)
    work_id: Mapped[str | None]  # None: written by version 0.1
    download_id: Mapped[str | None] = mapped_column(ForeignKey("downloads.id"), index=True)  # None: no download's
    worker_id: Mapped[str]
    host: Mapped[str]
    epoch: Mapped[int] = mapped_column(BigInteger)
    folder: Mapped[str | None]  # name inside the staging folder
    process_group: Mapped[int | None]
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    outcome: Mapped[str | None]  # finalized | failed | waiting | queued | cancelled | superseded | crashed | lost


class Attempt(Base):
    """One rung of the client ladder within a run."""

    __tablename__ = "download_attempts"

    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer(), "sqlite"), primary_key=True)
    download_id: Mapped[str] = mapped_column(ForeignKey("downloads.id"), index=True)
    epoch: Mapped[int] = mapped_column(BigInteger)
    client: Mapped[str]
    outcome: Mapped[str]  # satisfied | inferior | skipped | failed
    reason: Mapped[str | None]  # why it was skipped (domain/ladder.py)
    error_code: Mapped[str | None]
    height: Mapped[int | None]
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime]


class File(Base):
    """A file of a download in the library: reserved at P7, published at P9."""

    __tablename__ = "files"

    id: Mapped[str] = mapped_column(primary_key=True)
    download_id: Mapped[str] = mapped_column(ForeignKey("downloads.id"), index=True)
    kind: Mapped[str]  # media | cover | thumbnail | subtitle | info_json | nfo
    language: Mapped[str | None]
    path: Mapped[str] = mapped_column(unique=True)  # relative to the library
    collision_key: Mapped[str] = mapped_column(unique=True)  # NFC + casefold: one name on every file system
    staged_name: Mapped[str]  # where it lies in staging until it is published
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str]
    state: Mapped[str]  # intended | published
    created_at: Mapped[datetime]


class Probe(Base):
    """What a site offers at an address, asked for by GET /formats; kept for a while."""

    __tablename__ = "probes"

    id: Mapped[str] = mapped_column(primary_key=True)
    url_key: Mapped[str] = mapped_column(unique=True)
    source_url: Mapped[str]
    state: Mapped[str]  # queued | done | failed
    result: Mapped[dict[str, Any] | None]
    error_code: Mapped[str | None]
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]


class Preset(Base):
    """A named set of choices. Those that are shipped are in domain/presets.py, not here."""

    __tablename__ = "presets"

    owner_id: Mapped[str] = mapped_column(primary_key=True)  # empty while there are no accounts
    name: Mapped[str] = mapped_column(primary_key=True)
    description: Mapped[str]
    choices: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class CookieJar(Base):
    """The cookies somebody uploaded for a site, encrypted with the installation's key; never returned."""

    __tablename__ = "cookie_jars"

    owner_id: Mapped[str] = mapped_column(primary_key=True)  # empty while there are no accounts
    site: Mapped[str] = mapped_column(primary_key=True)  # e.g. youtube.com
    sealed: Mapped[bytes]
    cookie_count: Mapped[int]
    expires_at: Mapped[datetime | None]  # when the first of them does
    updated_at: Mapped[datetime]


class ApiUsage(Base):
    """How much of the YouTube Data API's quota was used on one day."""

    __tablename__ = "api_usage"

    day: Mapped[str] = mapped_column(primary_key=True)  # YYYY-MM-DD in Pacific time, where the quota is counted
    units: Mapped[int]
    exhausted_at: Mapped[datetime | None]
    last_fault: Mapped[str | None]


class ClientHealth(Base):
    """What all workers remember of a player client."""

    __tablename__ = "client_health"

    client: Mapped[str] = mapped_column(primary_key=True)
    poor_in_a_row: Mapped[int]  # failures and inferior offers since it last satisfied
    last_poor_at: Mapped[datetime | None]
    last_good_at: Mapped[datetime | None]


class Worker(Base):
    """A worker process that is, or was, alive."""

    __tablename__ = "workers"

    id: Mapped[str] = mapped_column(primary_key=True)
    machine: Mapped[str]  # host, boot and process namespace: within one, a process id means something
    process_id: Mapped[int]
    process_started: Mapped[str]  # the kernel's start time of that process, against reused ids
    threads: Mapped[int]
    beat: Mapped[int] = mapped_column(BigInteger)
    started_at: Mapped[datetime]
    seen_at: Mapped[datetime]
