"""Repairs of files and their rows. No media is ever deleted: what is in the way is set aside, inside hidden staging."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from yt_videos_api.db import queries
from yt_videos_api.db.engine import Database
from yt_videos_api.db.tables import Download, File
from yt_videos_api.domain.errors import NotFound
from yt_videos_api.domain.names import collision_key
from yt_videos_api.domain.states import DownloadState
from yt_videos_api.services import downloads
from yt_videos_api.services.check.report import MENDED_MEANWHILE
from yt_videos_api.services.clock import Now
from yt_videos_api.services.installation import LibraryGuard
from yt_videos_api.storage.base import Library

_S = DownloadState
# What of domain.choices.Extras is not there any more without a file of this kind; all subtitles are fetched together.
_NOT_DELIVERED: dict[str, dict[str, Any]] = {
    "thumbnail": {"thumbnail": False},
    "info_json": {"info_json": False},
    "nfo": {"nfo": False},
    "subtitle": {"subtitle_sidecars": []},
}


class FileMends:
    """What can be done about files. Nothing is, once the library is no longer the one this database knows."""

    def __init__(self, database: Database, library: Library, guard: LibraryGuard, *, now: Now) -> None:
        self._database = database
        self._library = library
        self._guard = guard
        self._now = now

    def give_up(self, download_id: str) -> str | None:
        """Take a finalized download out of the archive, so that the next request for it fetches it again."""
        with self._database.transaction() as session:
            queries.lock_work_of(session, [download_id])
            download = queries.lock_download(session, download_id)
            if download.state != _S.FINALIZED or self._guard.problem():
                return None
            return self._retire(session, download)

    def replace(self, file_id: str) -> str | None:
        """Give up a file that is missing or damaged: the whole download for the media, else this sidecar alone."""
        with self._database.transaction() as session:
            file, download = self._lock(session, file_id)
            if file is None or download is None:
                return MENDED_MEANWHILE
            if download.state != _S.FINALIZED or self._guard.problem():
                return None
            if file.kind == "media":
                return self._retire(session, download)
            return self._do_without(session, file, download)

    def agree(self, file_id: str) -> str | None:
        """Make the row of a file agree with the state of its download."""
        whole = self._is_whole(file_id)
        with self._database.transaction() as session:
            file, download = self._lock(session, file_id)
            if file is None or download is None:
                return MENDED_MEANWHILE
            if self._guard.problem():
                return None
            if download.state == _S.FINALIZED and not whole:
                return None if file.kind == "media" else self._do_without(session, file, download)
            if download.state == _S.FINALIZED:
                file.state = "published"
                return "It counts as published now."
            if download.state == _S.PUBLISHING:
                file.state = "intended"
                return "Its publication is completed by the next worker."
            places = _set_aside(self._library, [file])
            session.delete(file)
            return f"The name is free again.{told(places)}"

    def rekey(self, file_id: str) -> str | None:
        """Compute the collision key again. None when another file has it: two files that one file system may mix up."""
        with self._database.transaction() as session:
            file, _ = self._lock(session, file_id)
            if file is None:
                return MENDED_MEANWHILE
            key = collision_key(file.path)
            if session.scalar(select(File.id).where(File.collision_key == key, File.id != file_id)):
                return None
            file.collision_key = key
        return "The key was computed again."

    def _lock(self, session: Session, file_id: str) -> tuple[File | None, Download | None]:
        """The file and its download, locked; None for a file that has gone."""
        download_id = session.scalar(select(File.download_id).where(File.id == file_id))
        if download_id is None:
            return None, None
        queries.lock_work_of(session, [download_id])
        download = queries.lock_download(session, download_id)
        return session.get(File, file_id, populate_existing=True), download

    def _do_without(self, session: Session, file: File, download: Download) -> str:
        """A video that may have gone from its site is not given up for the sake of what lies beside it.

        Who asks for that again gets it anew.
        """
        places = _set_aside(self._library, [file])
        session.delete(file)
        if file.kind == "cover":
            download.cover = "none"
        elif download.delivered:
            download.delivered = download.delivered | _NOT_DELIVERED.get(file.kind, {})
        return f"The archive goes on without it.{told(places)}"

    def _retire(self, session: Session, download: Download) -> str:
        places = set_aside_and_retire(session, self._library, download, self._now())
        return f"It is out of the archive: submit its address again, and it is fetched anew.{told(places)}"

    def _is_whole(self, file_id: str) -> bool:
        """Whether the file has the hash of its row; read without any lock, so that nobody waits for it."""
        with self._database.reading() as session:
            file = session.get(File, file_id)
        try:
            return file is not None and self._library.sha256(file.path) == file.sha256
        except (NotFound, ValueError):
            return False


def set_aside_and_retire(session: Session, library: Library, download: Download, now: datetime) -> list[str]:
    """Take a locked, finalized download out of the archive; where its files are now."""
    return _set_aside(library, downloads.retire(session, download, now))


def told(places: Sequence[str]) -> str:
    """A sentence, to be appended to others, on what was set aside."""
    return f" What was there has been set aside as {', '.join(places)}." if places else ""


def _set_aside(library: Library, files: Sequence[File]) -> list[str]:
    places = []
    for file in files:
        try:
            places.append(library.set_aside(file.path))
        except (NotFound, ValueError):  # ValueError: not a name inside the library, so nothing of ours lies there
            continue
    return places
