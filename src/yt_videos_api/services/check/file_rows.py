"""Rules of the rows of files (I4, I5, I8, I10): what a download in its state may reserve or have published."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from yt_videos_api.db.tables import File
from yt_videos_api.domain.names import collision_key
from yt_videos_api.domain.states import DownloadState
from yt_videos_api.services.check.mend_files import FileMends
from yt_videos_api.services.check.report import Finding
from yt_videos_api.services.check.rows import DownloadRows
from yt_videos_api.storage.base import split_key

_S = DownloadState
_KINDS = frozenset({"media", "cover", "thumbnail", "subtitle", "info_json", "nfo"})
# In which states its files may be; in a state that is not named here a download has no files.
_LEGAL = {
    _S.PUBLISHING.value: ("intended",),
    _S.FINALIZED.value: ("published",),
    _S.REMOVING.value: ("intended", "published"),
}


class FileRowRules:
    """What must hold between a download and the rows of its files. The files themselves are not looked at."""

    def __init__(self, mends: FileMends) -> None:
        self._mends = mends

    def judge(self, rows: DownloadRows) -> Iterator[Finding]:
        """What is wrong with the rows of this download's files."""
        for file in rows.files:
            yield from self._judge_name(file)
            yield from self._judge_state(rows, file)
        if rows.download.state == _S.FINALIZED and not any(file.kind == "media" for file in rows.files):
            message = "It is finalized but no row says which file holds the video."
            yield Finding("I8", rows.subject, message, mend=partial(self._mends.give_up, rows.download.id))

    def _judge_name(self, file: File) -> Iterator[Finding]:
        if file.kind not in _KINDS:
            advice = "Check it with the version of yt-videos-api that wrote it."
            yield Finding("I8", file.path, f"Its kind {file.kind!r} is unknown to this version.", advice)
        if not is_key(file.path):
            message = "A row gives a file this name, which does not lie inside the library."
            yield Finding("I10", file.path, message, mend=partial(self._mends.give_up, file.download_id))
        elif file.collision_key != collision_key(file.path):
            message = "Its collision key is not that of its name, so a name that collides with it counts as free."
            yield Finding("I4", file.path, message, mend=partial(self._mends.rekey, file.id))

    def _judge_state(self, rows: DownloadRows, file: File) -> Iterator[Finding]:
        state, mend = rows.download.state, partial(self._mends.agree, file.id)
        if file.state in _LEGAL.get(state, ()) or is_on_its_way(rows, file):
            return
        if state == _S.FINALIZED:
            message = f"Its download {rows.download.id} is finalized, but the file counts as {file.state}."
            yield Finding("I8", file.path, message, mend=mend)
        elif file.state == "intended":
            message = f"It is to be published, but its download {rows.download.id} is {state}: nobody will do so."
            yield Finding("I5", file.path, message, mend=mend)
        else:
            message = f"It counts as {file.state}, but its download {rows.download.id} is {state}."
            yield Finding("I8", file.path, message, mend=mend)


def is_on_its_way(rows: DownloadRows, file: File) -> bool:
    """Whether it is about to be published beside a video that is archived already."""
    later = rows.download.state == _S.FINALIZED and rows.enriched
    return later and file.state == "intended" and file.kind != "media"


def is_key(path: str) -> bool:
    """Whether `path` is a name inside the library."""
    try:
        split_key(path)
    except ValueError:
        return False
    return True
