"""${message}

Revision: ${up_revision}, after ${down_revision | comma,n}, written ${create_date}
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy import Text
from sqlalchemy.dialects import postgresql

from yt_videos_api.db.types import UtcDateTime
${imports if imports else ""}

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = ${repr(branch_labels)}
depends_on = ${repr(depends_on)}


def upgrade() -> None:
    """Take the database forward."""
    ${upgrades if upgrades else "pass"}


def downgrade() -> None:
    """Take the database back."""
    ${downgrades if downgrades else "pass"}
