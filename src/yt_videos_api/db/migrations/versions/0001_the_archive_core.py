"""The archive core: jobs, downloads, work, files.

Revision: 0001, after , written 2026-11-20 13:45:12.195493
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy import Text
from sqlalchemy.dialects import postgresql

from yt_videos_api.db.types import UtcDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Take the database forward."""
    op.create_table(
        "client_health",
        sa.Column("client", sa.Text(), nullable=False),
        sa.Column("poor_in_a_row", sa.Integer(), nullable=False),
        sa.Column("last_poor_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("last_good_at", UtcDateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("client", name=op.f("pk_client_health")),
    )
    op.create_table(
        "downloads",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("extractor", sa.Text(), nullable=False),
        sa.Column("video_id", sa.Text(), nullable=False),
        sa.Column("container_policy", sa.Text(), nullable=False),
        sa.Column("selection", sa.Text(), nullable=False),
        sa.Column("access_scope", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("source_url", sa.Text(), nullable=False),
        sa.Column("embed_metadata", sa.Boolean(), nullable=False),
        sa.Column("embed_cover_art", sa.Boolean(), nullable=False),
        sa.Column("cancel_requested", sa.Boolean(), nullable=False),
        sa.Column("container", sa.Text(), nullable=True),
        sa.Column("policy_met", sa.Boolean(), nullable=True),
        sa.Column("cover", sa.Text(), nullable=True),
        sa.Column("height", sa.Integer(), nullable=True),
        sa.Column("duration_seconds", sa.Double(), nullable=True),
        sa.Column("error_code", sa.Text(), nullable=True),
        sa.Column("error_detail", sa.Text(), nullable=True),
        sa.Column("superseded_by", sa.Text(), nullable=True),
        sa.Column("created_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("finalized_at", UtcDateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_downloads")),
    )
    with op.batch_alter_table("downloads", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_downloads_state"), ["state"], unique=False)
        batch_op.create_index(
            "uq_downloads_live_identity",
            ["extractor", "video_id", "container_policy", "selection", "access_scope"],
            unique=True,
            sqlite_where=sa.text("state IN ('finalized', 'publishing', 'queued', 'removing', 'running', 'waiting')"),
            postgresql_where=sa.text(
                "state IN ('finalized', 'publishing', 'queued', 'removing', 'running', 'waiting')"
            ),
        )

    op.create_table(
        "installation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("library_uuid", sa.Text(), nullable=False),
        sa.Column("library_location", sa.Text(), nullable=False),
        sa.Column("created_at", UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_installation")),
    )
    op.create_table(
        "jobs",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.Text(), nullable=True),
        sa.Column("entity_type", sa.Text(), nullable=False),
        sa.Column("entity_id", sa.Text(), nullable=False),
        sa.Column("container_policy", sa.Text(), nullable=False),
        sa.Column(
            "options", sa.JSON().with_variant(postgresql.JSONB(astext_type=Text()), "postgresql"), nullable=False
        ),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("created_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("finished_at", UtcDateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_jobs")),
    )
    with op.batch_alter_table("jobs", schema=None) as batch_op:
        batch_op.create_index("ix_jobs_created_at_id", ["created_at", "id"], unique=False)
        batch_op.create_index("ix_jobs_state_created_at_id", ["state", "created_at", "id"], unique=False)

    op.create_table(
        "video_aliases",
        sa.Column("url_key", sa.Text(), nullable=False),
        sa.Column("extractor", sa.Text(), nullable=False),
        sa.Column("video_id", sa.Text(), nullable=False),
        sa.Column("created_at", UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("url_key", name=op.f("pk_video_aliases")),
    )
    op.create_table(
        "videos",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("extractor", sa.Text(), nullable=False),
        sa.Column("video_id", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("webpage_url", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=True),
        sa.Column("channel_id", sa.Text(), nullable=True),
        sa.Column("upload_date", sa.Text(), nullable=True),
        sa.Column("duration_seconds", sa.Double(), nullable=True),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("first_seen_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_videos")),
    )
    with op.batch_alter_table("videos", schema=None) as batch_op:
        batch_op.create_index("uq_videos_extractor_video_id", ["extractor", "video_id"], unique=True)

    op.create_table(
        "workers",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("machine", sa.Text(), nullable=False),
        sa.Column("process_id", sa.Integer(), nullable=False),
        sa.Column("process_started", sa.Text(), nullable=False),
        sa.Column("threads", sa.Integer(), nullable=False),
        sa.Column("beat", sa.BigInteger(), nullable=False),
        sa.Column("started_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("seen_at", UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_workers")),
    )
    op.create_table(
        "download_attempts",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("download_id", sa.Text(), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("client", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("error_code", sa.Text(), nullable=True),
        sa.Column("height", sa.Integer(), nullable=True),
        sa.Column("started_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("ended_at", UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["download_id"], ["downloads.id"], name=op.f("fk_download_attempts_download_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_download_attempts")),
    )
    with op.batch_alter_table("download_attempts", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_download_attempts_download_id"), ["download_id"], unique=False)

    op.create_table(
        "files",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("download_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("collision_key", sa.Text(), nullable=False),
        sa.Column("staged_name", sa.Text(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("created_at", UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["download_id"], ["downloads.id"], name=op.f("fk_files_download_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_files")),
        sa.UniqueConstraint("collision_key", name=op.f("uq_files_collision_key")),
        sa.UniqueConstraint("path", name=op.f("uq_files_path")),
    )
    with op.batch_alter_table("files", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_files_download_id"), ["download_id"], unique=False)

    op.create_table(
        "idempotency_keys",
        sa.Column("owner_id", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("request_hash", sa.Text(), nullable=False),
        sa.Column("job_id", sa.Text(), nullable=False),
        sa.Column("created_at", UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name=op.f("fk_idempotency_keys_job_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("owner_id", "key", name=op.f("pk_idempotency_keys")),
    )
    with op.batch_alter_table("idempotency_keys", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_idempotency_keys_created_at"), ["created_at"], unique=False)

    op.create_table(
        "job_videos",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("job_id", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("download_id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("error_code", sa.Text(), nullable=True),
        sa.Column("finished_at", UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["download_id"], ["downloads.id"], name=op.f("fk_job_videos_download_id")),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name=op.f("fk_job_videos_job_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job_videos")),
    )
    with op.batch_alter_table("job_videos", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_job_videos_download_id"), ["download_id"], unique=False)
        batch_op.create_index("uq_job_videos_job_id_position", ["job_id", "position"], unique=True)

    op.create_table(
        "staging",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("download_id", sa.Text(), nullable=False),
        sa.Column("worker_id", sa.Text(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("folder", sa.Text(), nullable=True),
        sa.Column("process_group", sa.Integer(), nullable=True),
        sa.Column("started_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("ended_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["download_id"], ["downloads.id"], name=op.f("fk_staging_download_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staging")),
    )
    with op.batch_alter_table("staging", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_staging_download_id"), ["download_id"], unique=False)

    op.create_table(
        "work",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("download_id", sa.Text(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("due_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("owner", sa.Text(), nullable=True),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("beat", sa.BigInteger(), nullable=False),
        sa.Column("progress_bytes", sa.BigInteger(), nullable=False),
        sa.Column("crash_count", sa.Integer(), nullable=False),
        sa.Column("retry_count", sa.Integer(), nullable=False),
        sa.Column("outage_count", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["download_id"], ["downloads.id"], name=op.f("fk_work_download_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_work")),
        sa.UniqueConstraint("download_id", name=op.f("uq_work_download_id")),
    )
    with op.batch_alter_table("work", schema=None) as batch_op:
        batch_op.create_index("ix_work_owner_priority_due_at", ["owner", "priority", "due_at", "id"], unique=False)

    if op.get_bind().dialect.name == "postgresql":
        # Live progress: no write-ahead log, empty after a crash. SQLite has a file of its own for it.
        op.execute(
            "CREATE UNLOGGED TABLE progress (download_id text PRIMARY KEY, stage text NOT NULL,"
            " percentage double precision NOT NULL, done_bytes bigint NOT NULL, total_bytes bigint,"
            " bytes_per_second double precision, eta_seconds double precision)"
        )


def downgrade() -> None:
    """Take the database back."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP TABLE progress")
    with op.batch_alter_table("work", schema=None) as batch_op:
        batch_op.drop_index("ix_work_owner_priority_due_at")

    op.drop_table("work")
    with op.batch_alter_table("staging", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_staging_download_id"))

    op.drop_table("staging")
    with op.batch_alter_table("job_videos", schema=None) as batch_op:
        batch_op.drop_index("uq_job_videos_job_id_position")
        batch_op.drop_index(batch_op.f("ix_job_videos_download_id"))

    op.drop_table("job_videos")
    with op.batch_alter_table("idempotency_keys", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_idempotency_keys_created_at"))

    op.drop_table("idempotency_keys")
    with op.batch_alter_table("files", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_files_download_id"))

    op.drop_table("files")
    with op.batch_alter_table("download_attempts", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_download_attempts_download_id"))

    op.drop_table("download_attempts")
    op.drop_table("workers")
    with op.batch_alter_table("videos", schema=None) as batch_op:
        batch_op.drop_index("uq_videos_extractor_video_id")

    op.drop_table("videos")
    op.drop_table("video_aliases")
    with op.batch_alter_table("jobs", schema=None) as batch_op:
        batch_op.drop_index("ix_jobs_state_created_at_id")
        batch_op.drop_index("ix_jobs_created_at_id")

    op.drop_table("jobs")
    op.drop_table("installation")
    with op.batch_alter_table("downloads", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_downloads_live_identity",
            sqlite_where=sa.text("state IN ('finalized', 'publishing', 'queued', 'removing', 'running', 'waiting')"),
            postgresql_where=sa.text(
                "state IN ('finalized', 'publishing', 'queued', 'removing', 'running', 'waiting')"
            ),
        )
        batch_op.drop_index(batch_op.f("ix_downloads_state"))

    op.drop_table("downloads")
    op.drop_table("client_health")
