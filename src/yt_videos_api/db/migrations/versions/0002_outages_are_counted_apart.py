"""Outages are counted apart from retries.

Revision: 0002, after 0001, written 2026-11-20 14:50:00.000000
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Take the database forward."""
    with op.batch_alter_table("work", schema=None) as batch_op:
        batch_op.add_column(sa.Column("outage_count", sa.Integer(), server_default="0", nullable=False))


def downgrade() -> None:
    """Take the database back."""
    with op.batch_alter_table("work", schema=None) as batch_op:
        batch_op.drop_column("outage_count")
