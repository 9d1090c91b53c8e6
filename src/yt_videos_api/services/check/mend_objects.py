"""Repairs of what lies in the library."""

from __future__ import annotations

from sqlalchemy import ColumnElement, or_, select

from yt_videos_api.db.engine import Database
from yt_videos_api.db.tables import File
from yt_videos_api.domain.errors import NotFound
from yt_videos_api.domain.names import collision_key
from yt_videos_api.services.check.key_text import is_text
from yt_videos_api.services.check.mend_files import told
from yt_videos_api.services.check.report import MENDED_MEANWHILE
from yt_videos_api.services.installation import LibraryGuard
from yt_videos_api.storage.base import Library


class ObjectMends:
    """What can be done about objects. None of them is deleted: they may be the only copy of something."""

    def __init__(self, database: Database, library: Library, guard: LibraryGuard) -> None:
        self._database = database
        self._library = library
        self._guard = guard

    def set_aside(self, key: str) -> str | None:
        """Take an object that no row knows out of sight."""
        with self._database.transaction() as session:  # on SQLite nobody can reserve the name meanwhile
            if is_text(key) and session.scalar(select(File.id).where(_of_row(key))):
                return MENDED_MEANWHILE
            if self._guard.problem():
                return None
            try:
                place = self._library.set_aside(key)
            except NotFound:
                return MENDED_MEANWHILE
        return told([place]).strip()

    def make_plain(self, key: str) -> str:
        """Take the exec bits away."""
        return "It cannot be executed any more." if self._library.make_plain(key) else MENDED_MEANWHILE


def _of_row(key: str) -> ColumnElement[bool]:
    """Rows of this object; a disk that ignores case may spell it in another way."""
    return or_(File.path == key, File.collision_key == collision_key(key))
