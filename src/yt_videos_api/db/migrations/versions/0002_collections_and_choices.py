"""Playlists, channels, and the choices of users.

Only adds: a process of version 0.1 goes on beside it, but cannot work on lists. Start new workers before a new API.

Revision: 0002, after 0001, written 2026-11-20 16:27:18.205762
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy import Text
from sqlalchemy.dialects import postgresql

from yt_videos_api.db.types import UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_JSON = sa.JSON().with_variant(postgresql.JSONB(astext_type=Text()), "postgresql")


def upgrade() -> None:
    """Take the database forward."""
    op.create_table(
        "api_usage",
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("units", sa.Integer(), nullable=False),
        sa.Column("exhausted_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("last_fault", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_api_usage")),
    )
    op.create_table(
        "cookie_jars",
        sa.Column("owner_id", sa.Text(), nullable=False),
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("cookie_count", sa.Integer(), nullable=False),
        sa.Column("expires_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("updated_at", UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("owner_id", "site", name=op.f("pk_cookie_jars")),
    )
    op.create_table(
        "playlists",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("source_key", sa.Text(), nullable=False),
        sa.Column("access_scope", sa.Text(), nullable=False),
        sa.Column("source_url", sa.Text(), nullable=False),
        sa.Column("entity_type", sa.Text(), nullable=False),
        sa.Column("extractor", sa.Text(), nullable=True),
        sa.Column("list_id", sa.Text(), nullable=True),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("channel", sa.Text(), nullable=True),
        sa.Column("listing", sa.BigInteger(), nullable=False),
        sa.Column("parts", _JSON, nullable=True),
        sa.Column("listed_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("created_at", UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_playlists")),
    )
    with op.batch_alter_table("playlists", schema=None) as batch_op:
        batch_op.create_index("uq_playlists_source_key_access_scope", ["source_key", "access_scope"], unique=True)

    op.create_table(
        "presets",
        sa.Column("owner_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("choices", _JSON, nullable=False),
        sa.Column("created_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("owner_id", "name", name=op.f("pk_presets")),
    )
    op.create_table(
        "probes",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("url_key", sa.Text(), nullable=False),
        sa.Column("source_url", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("result", _JSON, nullable=True),
        sa.Column("error_code", sa.Text(), nullable=True),
        sa.Column("created_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("finished_at", UtcDateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_probes")),
        sa.UniqueConstraint("url_key", name=op.f("uq_probes_url_key")),
    )
    op.create_table(
        "job_listings",
        sa.Column("job_id", sa.Text(), nullable=False),
        sa.Column("playlist_id", sa.Text(), nullable=False),
        sa.Column("listing", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("part_offset", sa.Integer(), nullable=False),
        sa.Column("page_token", sa.Text(), nullable=True),
        sa.Column("listed", sa.Integer(), nullable=False),
        sa.Column("taken", sa.Integer(), nullable=False),
        sa.Column("told", sa.Integer(), nullable=True),
        sa.Column("read", sa.Boolean(), nullable=False),
        sa.Column("complete", sa.Boolean(), nullable=False),
        sa.Column("cursor", sa.Text(), nullable=True),
        sa.Column("updated_at", UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name=op.f("fk_job_listings_job_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["playlist_id"], ["playlists.id"], name=op.f("fk_job_listings_playlist_id")),
        sa.PrimaryKeyConstraint("job_id", name=op.f("pk_job_listings")),
    )
    with op.batch_alter_table("job_listings", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_job_listings_playlist_id"), ["playlist_id"], unique=False)

    op.create_table(
        "playlist_items",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("playlist_id", sa.Text(), nullable=False),
        sa.Column("entry_key", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("extractor", sa.Text(), nullable=True),
        sa.Column("video_id", sa.Text(), nullable=True),
        sa.Column("source_url", sa.Text(), nullable=False),
        sa.Column("entry_index", sa.Integer(), nullable=True),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("duration_seconds", sa.Double(), nullable=True),
        sa.Column("upload_date", sa.Text(), nullable=True),
        sa.Column("live", sa.Boolean(), nullable=True),
        sa.Column("short", sa.Boolean(), nullable=True),
        sa.Column("gone_code", sa.Text(), nullable=True),
        sa.Column("listing", sa.BigInteger(), nullable=False),
        sa.Column("first_seen_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("removed_at", UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["playlist_id"], ["playlists.id"], name=op.f("fk_playlist_items_playlist_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_playlist_items")),
    )
    with op.batch_alter_table("playlist_items", schema=None) as batch_op:
        batch_op.create_index("ix_playlist_items_extractor_video_id", ["extractor", "video_id"], unique=False)
        batch_op.create_index("ix_playlist_items_playlist_id_position", ["playlist_id", "position", "id"], unique=False)
        batch_op.create_index("uq_playlist_items_playlist_id_entry_key", ["playlist_id", "entry_key"], unique=True)

    _add_columns()


def _add_columns() -> None:
    """To the tables of 0001."""
    with op.batch_alter_table("download_attempts", schema=None) as batch_op:
        batch_op.add_column(sa.Column("reason", sa.Text(), nullable=True))

    with op.batch_alter_table("downloads", schema=None) as batch_op:
        batch_op.add_column(sa.Column("entry_index", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("extras", _JSON, nullable=True))
        batch_op.add_column(sa.Column("delivered", _JSON, nullable=True))
        batch_op.add_column(sa.Column("access", _JSON, nullable=True))
        batch_op.add_column(sa.Column("video_codec", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("audio_codec", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("transcoded_from", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("made_from", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("notes", _JSON, nullable=True))

    with op.batch_alter_table("job_videos", schema=None) as batch_op:
        batch_op.add_column(sa.Column("entry_key", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("title", sa.Text(), nullable=True))
        batch_op.create_index("ix_job_videos_job_id_state_position", ["job_id", "state", "position"], unique=False)
        batch_op.create_index("uq_job_videos_job_id_entry_key", ["job_id", "entry_key"], unique=True)

    with op.batch_alter_table("jobs", schema=None) as batch_op:
        batch_op.add_column(sa.Column("expansion", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("error_code", sa.Text(), nullable=True))

    with op.batch_alter_table("staging", schema=None) as batch_op:
        batch_op.add_column(sa.Column("work_id", sa.Text(), nullable=True))
        batch_op.alter_column("download_id", existing_type=sa.TEXT(), nullable=True)

    with op.batch_alter_table("videos", schema=None) as batch_op:
        batch_op.add_column(sa.Column("live", sa.Boolean(), nullable=True))
        batch_op.add_column(sa.Column("short", sa.Boolean(), nullable=True))
        batch_op.add_column(sa.Column("gone_code", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("gone_at", UtcDateTime(timezone=True), nullable=True))

    with op.batch_alter_table("work", schema=None) as batch_op:
        batch_op.add_column(sa.Column("job_id", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("probe_id", sa.Text(), nullable=True))
        batch_op.alter_column("download_id", existing_type=sa.TEXT(), nullable=True)
        batch_op.create_unique_constraint(batch_op.f("uq_work_job_id"), ["job_id"])
        batch_op.create_unique_constraint(batch_op.f("uq_work_probe_id"), ["probe_id"])
        batch_op.create_foreign_key(batch_op.f("fk_work_probe_id"), "probes", ["probe_id"], ["id"], ondelete="CASCADE")
        batch_op.create_foreign_key(batch_op.f("fk_work_job_id"), "jobs", ["job_id"], ["id"], ondelete="CASCADE")
        batch_op.create_index("ix_work_owner_due_at", ["owner", "due_at"], unique=False)
        batch_op.create_index("ix_work_owner_kind", ["owner", "kind", "retry_count", "outage_count"], unique=False)


def downgrade() -> None:
    """Take the database back."""
    _drop_columns()
    with op.batch_alter_table("playlist_items", schema=None) as batch_op:
        batch_op.drop_index("uq_playlist_items_playlist_id_entry_key")
        batch_op.drop_index("ix_playlist_items_playlist_id_position")
        batch_op.drop_index("ix_playlist_items_extractor_video_id")

    op.drop_table("playlist_items")
    with op.batch_alter_table("job_listings", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_job_listings_playlist_id"))

    op.drop_table("job_listings")
    op.drop_table("probes")
    op.drop_table("presets")
    with op.batch_alter_table("playlists", schema=None) as batch_op:
        batch_op.drop_index("uq_playlists_source_key_access_scope")

    op.drop_table("playlists")
    op.drop_table("cookie_jars")
    op.drop_table("api_usage")


def _drop_columns() -> None:
    """From the tables of 0001."""
    with op.batch_alter_table("download_attempts", schema=None) as batch_op:
        batch_op.drop_column("reason")

    with op.batch_alter_table("work", schema=None) as batch_op:
        batch_op.drop_index("ix_work_owner_kind")
        batch_op.drop_index("ix_work_owner_due_at")
        batch_op.drop_constraint(batch_op.f("fk_work_job_id"), type_="foreignkey")
        batch_op.drop_constraint(batch_op.f("fk_work_probe_id"), type_="foreignkey")
        batch_op.drop_constraint(batch_op.f("uq_work_probe_id"), type_="unique")
        batch_op.drop_constraint(batch_op.f("uq_work_job_id"), type_="unique")
        batch_op.alter_column("download_id", existing_type=sa.TEXT(), nullable=False)
        batch_op.drop_column("probe_id")
        batch_op.drop_column("job_id")

    with op.batch_alter_table("videos", schema=None) as batch_op:
        batch_op.drop_column("gone_at")
        batch_op.drop_column("gone_code")
        batch_op.drop_column("short")
        batch_op.drop_column("live")

    with op.batch_alter_table("staging", schema=None) as batch_op:
        batch_op.alter_column("download_id", existing_type=sa.TEXT(), nullable=False)
        batch_op.drop_column("work_id")

    with op.batch_alter_table("jobs", schema=None) as batch_op:
        batch_op.drop_column("error_code")
        batch_op.drop_column("expansion")

    with op.batch_alter_table("job_videos", schema=None) as batch_op:
        batch_op.drop_index("uq_job_videos_job_id_entry_key")
        batch_op.drop_index("ix_job_videos_job_id_state_position")
        batch_op.drop_column("title")
        batch_op.drop_column("entry_key")

    with op.batch_alter_table("downloads", schema=None) as batch_op:
        batch_op.drop_column("notes")
        batch_op.drop_column("made_from")
        batch_op.drop_column("transcoded_from")
        batch_op.drop_column("audio_codec")
        batch_op.drop_column("video_codec")
        batch_op.drop_column("access")
        batch_op.drop_column("delivered")
        batch_op.drop_column("extras")
        batch_op.drop_column("entry_index")
