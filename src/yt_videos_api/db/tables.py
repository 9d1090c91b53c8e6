"""The tables. The database is the truth: everything else can be lost and is made again from here.

Times are aware and in UTC (`_at`), lengths in seconds, sizes in bytes. No schema is named: on PostgreSQL the engine
puts all of them into `yt_videos`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, Integer, MetaData, Text, text
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
    entity_type: Mapped[str]  # video | url
    entity_id: Mapped[str]  # as it was sent
    container_policy: Mapped[str]
    options: Mapped[dict[str, Any]]  # the other choices, resolved when the job was accepted
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
    embed_metadata: Mapped[bool]
    embed_cover_art: Mapped[bool]
    cancel_requested: Mapped[bool]  # the worker is asked to stop; decided under this row's lock
    container: Mapped[str | None]  # what it is stored in, known from P7 on
    policy_met: Mapped[bool | None]
    cover: Mapped[str | None]  # embedded | sidecar | dropped | none
    height: Mapped[int | None]
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
    download_id: Mapped[str] = mapped_column(ForeignKey("downloads.id"), index=True)
    state: Mapped[str]
    error_code: Mapped[str | None]
    finished_at: Mapped[datetime | None]

    __table_args__ = (Index("uq_job_videos_job_id_position", "job_id", "position", unique=True),)


class Work(Base):
    """One unit a worker can lease. The row goes when there is nothing left to do."""

    __tablename__ = "work"

    id: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]  # archive
    download_id: Mapped[str] = mapped_column(ForeignKey("downloads.id"), unique=True)
    priority: Mapped[int]  # smaller comes first
    due_at: Mapped[datetime]
    owner: Mapped[str | None]  # a worker's id; None: free
    epoch: Mapped[int] = mapped_column(BigInteger)  # grows with every claim; a write with an older one changes nothing
    beat: Mapped[int] = mapped_column(BigInteger)  # grows with every heartbeat
    progress_bytes: Mapped[int] = mapped_column(BigInteger)  # most bytes any run ever had
    crash_count: Mapped[int]  # runs in a row that died without a new byte
    retry_count: Mapped[int]  # spent on what may be the download's own fault
    outage_count: Mapped[int]  # failures in a row of one kind of outage
    created_at: Mapped[datetime]

    __table_args__ = (Index("ix_work_owner_priority_due_at", "owner", "priority", "due_at", "id"),)


class Run(Base):
    """One claim of a work unit by one worker: where it works and under which epoch."""

    __tablename__ = "staging"

    id: Mapped[str] = mapped_column(primary_key=True)
    download_id: Mapped[str] = mapped_column(ForeignKey("downloads.id"), index=True)
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
    error_code: Mapped[str | None]
    height: Mapped[int | None]
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime]


class File(Base):
    """A file of a download in the library: reserved at P7, published at P9."""

    __tablename__ = "files"

    id: Mapped[str] = mapped_column(primary_key=True)
    download_id: Mapped[str] = mapped_column(ForeignKey("downloads.id"), index=True)
    kind: Mapped[str]  # media | cover
    language: Mapped[str | None]
    path: Mapped[str] = mapped_column(unique=True)  # relative to the library
    collision_key: Mapped[str] = mapped_column(unique=True)  # NFC + casefold: one name on every file system
    staged_name: Mapped[str]  # where it lies in staging until it is published
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str]
    state: Mapped[str]  # intended | published
    created_at: Mapped[datetime]


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
