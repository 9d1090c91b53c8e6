"""I12: sidecars are what they say, whatever program wrote them. Judged on the bytes that were just found to be ours."""

from __future__ import annotations

import shutil
from pathlib import Path, PurePosixPath
from tempfile import NamedTemporaryFile

from yt_videos_api.db.tables import File
from yt_videos_api.domain.errors import NotFound
from yt_videos_api.media.sidecars import find_sidecar_problem
from yt_videos_api.storage.base import Library


def sidecar_problem(library: Library, file: File) -> str | None:
    """What is wrong with it, in a few words; None for media, and for what has gone meanwhile.

    Read from a copy: not every library has paths, and one that has could show another file at the second look.
    """
    if file.kind == "media":
        return None
    with NamedTemporaryFile(suffix=PurePosixPath(file.path).suffix) as copy:
        try:
            with library.open(file.path) as source:
                shutil.copyfileobj(source, copy)
        except NotFound:
            return None
        copy.flush()
        return find_sidecar_problem(file.kind, Path(copy.name))
