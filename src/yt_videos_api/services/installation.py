"""Which library belongs to this database. An unmounted disk looks like an empty folder; the marker tells them apart."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import structlog
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from yt_videos_api.db.engine import Database
from yt_videos_api.db.inserts import insert_unless_exists
from yt_videos_api.db.tables import Download, File, Installation
from yt_videos_api.domain.errors import DownloadFailure, Misconfigured
from yt_videos_api.services.clock import Now, utc_now
from yt_videos_api.storage.base import Library, NameTaken

log = structlog.get_logger()
_ONLY_ROW = 1


def find_library_location(database: Database) -> str | None:
    """Where the library was at the last start; None before the first one."""
    with database.reading() as session:
        known = session.get(Installation, _ONLY_ROW)
        return known.library_location if known else None


def tie_library(
    database: Database, library: Library, location: str, *, holds_other_files: Callable[[], bool], now: Now = utc_now
) -> str:
    """Tie `library` to this database at the first start, recognise it at every other one; the UUID is returned.

    A library without a marker is only marked when this database has never published anything: else its disk is not
    mounted, and workers wait (see `LibraryGuard`). Other files in it are no hindrance: nothing is ever overwritten.
    Raises Misconfigured when it belongs to another installation.
    """
    marker = library.marker()
    with database.transaction() as session:
        known = _installation(session, location, marker, now)
        is_new = marker is None and not _ever_published(session)
        if marker == known.library_uuid:
            known.library_location = location
    # The row is committed before the marker is written: the other way round, dying in between would leave a library
    # that seems to belong to somebody else.
    if is_new:
        if holds_other_files():
            log.warning("library_holds_other_files", location=location, advice="`yt-videos check` will report them.")
        marker = _mark(library, known.library_uuid)
    if marker is not None and marker != known.library_uuid:
        raise Misconfigured(
            f"The library {location} belongs to another installation of yt-videos-api (another database). Choose"
            " another folder with YT_VIDEOS_OUTPUT_DIRECTORY, or the database it belongs to."
        )
    return known.library_uuid


def _mark(library: Library, uuid: str) -> str | None:
    """Write the marker; the one that is there now."""
    try:
        library.write_marker(uuid)
    except NameTaken:
        return library.marker()
    return uuid


def _installation(session: Session, location: str, marker: str | None, now: Now) -> Installation:
    created = insert_unless_exists(
        session, Installation, id=_ONLY_ROW, library_uuid=str(uuid4()), library_location=location, created_at=now()
    )
    if created and marker is not None:
        raise Misconfigured(
            f"The library {location} has been used with another database. Name that one with YT_VIDEOS_DATABASE_URL or"
            " YT_VIDEOS_STATE_DIRECTORY, or choose another folder with YT_VIDEOS_OUTPUT_DIRECTORY."
        )
    return session.get_one(Installation, _ONLY_ROW)


def _ever_published(session: Session) -> bool:
    archived = select(Download.id).where(Download.finalized_at.is_not(None))  # also what has been removed since
    under_way = select(File.id)
    return bool(session.scalar(select(or_(archived.exists(), under_way.exists()))))


class LibraryGuard:
    """Tells before every claim whether the library is the one this database knows."""

    def __init__(self, library: Library, uuid: str) -> None:
        self._library = library
        self._uuid = uuid
        self._was_ready = True

    def ready(self) -> bool:
        """Whether files may be published now. Says so in the log when that changes."""
        ready = self.problem() is None
        if ready != self._was_ready:
            log.info("library_is_back") if ready else log.error("library_missing", problem=self.problem())
            self._was_ready = ready
        return ready

    def problem(self) -> str | None:
        """What is wrong with the library, in one sentence; None when all is well."""
        try:
            marker = self._library.marker()
        except DownloadFailure:
            return "The library folder cannot be read. Jobs wait until it is back."
        if marker == self._uuid:
            return None
        if marker is None:
            return (
                "The library folder has lost its marker: its disk is probably not mounted. Jobs wait until it is back."
                " Should the disk really be a new one, restore the library to it, with its marker .yt-videos-library,"
                " or name with YT_VIDEOS_OUTPUT_DIRECTORY where the library is."
            )
        return "The library folder belongs to another installation. Jobs wait until the right one is back."


def holds_other_files(root: Path) -> bool:
    """Whether something lies in the folder of a new library that `check` will report."""
    return any(not entry.name.startswith(".") and entry.name != "lost+found" for entry in root.iterdir())
