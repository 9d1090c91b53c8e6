"""What lies in the library (I2, I5, I10): every object belongs to a row, is whole, and is a plain file.

An object is published after its row is committed and removed before its row is. So one without a row is either being
removed right now, or does not belong here: it is looked at three times before that is said.
"""

from __future__ import annotations

import re
import time
from collections.abc import Collection, Iterator, Sequence
from functools import partial
from itertools import islice

from sqlalchemy import or_, select

from yt_videos_api.db.engine import Database
from yt_videos_api.db.tables import File
from yt_videos_api.domain.errors import NotFound
from yt_videos_api.domain.names import collision_key
from yt_videos_api.services.check.key_text import is_text, printable
from yt_videos_api.services.check.mend_objects import ObjectMends
from yt_videos_api.services.check.report import Finding, Tally
from yt_videos_api.services.check.scan import BATCH
from yt_videos_api.storage.base import Library

_LOOKS = 3
# What yt-dlp and we call files that are not finished; published names end in the extension of a container.
_PARTIAL = re.compile(r"\.(part|ytdl|tmp|temp)(-frag\d+)?(\.part)?$|\.temp\.\w+$", re.IGNORECASE)


class ObjectRules:
    """Walks the library."""

    def __init__(
        self, database: Database, library: Library, mends: ObjectMends, tally: Tally, *, pause_seconds: float
    ) -> None:
        self._database = database
        self._library = library
        self._mends = mends
        self._tally = tally
        self._pause_seconds = pause_seconds

    def judge_all(self) -> Iterator[Finding]:
        """What lies in the library and should not, or not like this."""
        keys = self._library.keys()
        while batch := list(islice(keys, BATCH)):
            self._tally.objects += len(batch)
            yield from self._judge(batch).values()

    def _judge(self, keys: Collection[str]) -> dict[str, Finding]:
        found = self._look(keys)
        for _ in range(_LOOKS - 1):
            if not found:
                break
            time.sleep(self._pause_seconds)
            found = self._look(found)
        return found

    def _look(self, keys: Collection[str]) -> dict[str, Finding]:
        stored = {key: self._shape(key) for key in keys}
        present = [key for key, shape in stored.items() if shape != "gone"]
        owned = self._owned(present)
        findings = {key: self._finding(key, stored[key], owned=key in owned) for key in present}
        return {key: finding for key, finding in findings.items() if finding is not None}

    def _shape(self, key: str) -> str:
        """plain, executable, irregular (a link, a fifo), lookalike (of our hidden parts), or gone."""
        try:
            stored = self._library.stat(key)
        except ValueError:
            return "lookalike"
        if stored is None or stored.plain:
            return "gone" if stored is None else "plain"
        try:
            self._library.open(key).close()
        except NotFound:
            return "irregular"
        return "executable"

    def _owned(self, keys: Sequence[str]) -> set[str]:
        """Those that belong to a row; by their collision keys, too.

        On a disk that ignores case, the channels NASA and Nasa share a folder, and half of the files are found under
        another spelling than that of their rows.
        """
        collision_keys = {key: collision_key(key) for key in keys if is_text(key)}
        known = or_(File.path.in_(collision_keys), File.collision_key.in_(collision_keys.values()))
        with self._database.reading() as session:
            rows = session.execute(select(File.path, File.collision_key).where(known)).all()
        names = {name for row in rows for name in row}
        return {key for key, folded in collision_keys.items() if key in names or folded in names}

    def _finding(self, key: str, shape: str, *, owned: bool) -> Finding | None:
        subject, aside = printable(key), partial(self._mends.set_aside, key)
        if shape == "lookalike":
            advice = "Move it elsewhere by hand: repair does not touch what bears the name of our hidden parts."
            return Finding("I2", subject, "It lies in the library, but no row knows it.", advice)
        if shape == "irregular":
            message = "It is a link, or something else that is not a regular file."
            return Finding("I10", subject, message, mend=None if owned else aside)
        if _PARTIAL.search(key):
            message = "It has the name of an unfinished file and can be seen in the library."
            return Finding("I5", subject, message, mend=None if owned else aside)
        if not owned:
            advice = "Run `yt-videos check --repair` to set it aside, or move it elsewhere if it is yours."
            return Finding("I2", subject, "It lies in the library, but no row knows it.", advice, aside)
        if shape == "executable":
            message = "The file may be executed as a program."
            return Finding("I10", subject, message, mend=partial(self._mends.make_plain, key))
        return None
