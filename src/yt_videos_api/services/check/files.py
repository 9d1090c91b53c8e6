"""I1: every file of a finalized download is there, once and whole. I12: what lies beside the media is what it says.

Files are looked at without any lock; what seems wrong is looked at again under the download's lock, where neither a
publication nor a removal can be under way. A row names one content for as long as it lives, so a hash that was taken
while the row was there both before and after is a verdict.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from sqlalchemy import select

from yt_videos_api.db import queries
from yt_videos_api.db.engine import Database
from yt_videos_api.db.tables import File
from yt_videos_api.domain.errors import DownloadFailure, NotFound, Unavailable
from yt_videos_api.domain.states import DownloadState
from yt_videos_api.services.check.file_rows import is_on_its_way
from yt_videos_api.services.check.mend_files import FileMends
from yt_videos_api.services.check.report import Finding, Tally
from yt_videos_api.services.check.rows import DownloadRows
from yt_videos_api.services.check.sidecars import sidecar_problem
from yt_videos_api.services.installation import LibraryGuard
from yt_videos_api.storage.base import Library


@dataclass(frozen=True, slots=True)
class Sample:
    """Which files are hashed: part `number` of `count` equal parts, always the same ones."""

    number: int
    count: int

    def holds(self, file: File) -> bool:
        """Whether `file` is in this part."""
        return zlib.crc32(file.id.encode()) % self.count == self.number - 1


@dataclass(frozen=True, slots=True)
class _Trouble:
    """What is wrong with a file."""

    message: str
    readable: bool = True  # False: it may be whole, and only cannot be read now
    in_content: bool = False  # found by reading all of it, which is not done again
    invariant: str = "I1"


_MISSING = _Trouble("The file is missing.")


class FileRules:
    """Looks at the files themselves."""

    def __init__(
        self, database: Database, library: Library, guard: LibraryGuard, mends: FileMends, tally: Tally
    ) -> None:
        self._database = database
        self._library = library
        self._guard = guard
        self._mends = mends
        self._tally = tally

    def judge(self, rows: DownloadRows, sample: Sample | None) -> Iterator[Finding]:
        """What is wrong with the files of this download; those in `sample` are read whole.

        Raises Unavailable when the library has gone meanwhile.
        """
        if rows.download.state != DownloadState.FINALIZED:
            return
        for file in rows.files:
            if is_on_its_way(rows, file):
                continue
            self._tally.files += 1
            trouble = self._look(file)
            if trouble is None and sample is not None and sample.holds(file):
                trouble = self._read(file)
            trouble = trouble and self._confirm(file, trouble)
            if trouble:
                yield self._finding(file, trouble)

    def _look(self, file: File) -> _Trouble | None:
        try:
            stored = self._library.stat(file.path)
            if stored is None:
                return _MISSING
            if not stored.plain:
                self._library.open(file.path).close()  # raises NotFound for a link; exec bits are no loss
        except NotFound:
            return _Trouble("Something that is not a regular file stands in the place of the file.")
        except ValueError:
            return None  # not a name inside the library: I10 tells
        except DownloadFailure as failure:
            return _Trouble(f"The file cannot be looked at: {failure.detail}.", readable=False)
        if stored.size_bytes != file.size_bytes:
            return _Trouble(f"The file has {stored.size_bytes} bytes; {file.size_bytes} were published.")
        return None

    def _read(self, file: File) -> _Trouble | None:
        try:
            digest = self._library.sha256(file.path)
        except NotFound:
            return _MISSING
        except ValueError:
            return None
        except DownloadFailure as failure:
            return _Trouble(f"The file cannot be read: {failure.detail}.", readable=False, in_content=True)
        self._tally.bytes_hashed += file.size_bytes
        if digest == file.sha256:
            problem = sidecar_problem(self._library, file)
            return (
                _Trouble(f"It is not what it says it is: {problem}.", invariant="I12", in_content=True)
                if problem
                else None
            )
        return _Trouble("The content of the file has changed since it was published (its SHA-256).", in_content=True)

    def _confirm(self, file: File, trouble: _Trouble) -> _Trouble | None:
        """The trouble, when it is one of a row that still stands and of the library that we know."""
        with self._database.transaction() as session:
            download = queries.lock_download(session, file.download_id)
            stands = session.scalar(select(File.id).where(File.id == file.id, File.path == file.path))
            if stands is None or download.state != DownloadState.FINALIZED:
                return None
            still = trouble if trouble.in_content else self._look(file)
        if problem := self._guard.problem():
            raise Unavailable(problem)
        return still

    def _finding(self, file: File, trouble: _Trouble) -> Finding:
        if not trouble.readable:
            return Finding(
                trouble.invariant, file.path, trouble.message, "Look at the disk and at who may read the folder."
            )
        again = "the next request for it fetches it again" if file.kind == "media" else "the video itself stays"
        advice = f"Run `yt-videos check --deep --repair`: the file is given up and {again}."
        return Finding(trouble.invariant, file.path, trouble.message, advice, partial(self._mends.replace, file.id))
