"""Looks at what the server says of a file before its bytes are used: is it media, whole, and still the same file?"""

from __future__ import annotations

import re
from dataclasses import replace
from http import HTTPStatus
from pathlib import Path
from typing import Any

from yt_dlp.networking.exceptions import HTTPError

from yt_videos_api.domain.errors import DownloadFailure
from yt_videos_api.engine.stamp import Stamp

_RANGE_START = re.compile(r"bytes=([0-9]+)-")
_TOTAL = re.compile(r"bytes [0-9]+-[0-9]+/([0-9]+)")
_PAGES = ("text/html", "application/xhtml+xml")


class SourceChanged(Exception):
    """What the server has now is not what the part was begun with: start over."""


class FileGuard:
    """Guards the requests for one file; keeps its validator in the stamp beside it."""

    def __init__(self, stamp: Stamp, stamp_path: Path, largest_bytes: int) -> None:
        self._stamp = stamp
        self._largest_bytes = largest_bytes
        self._path = stamp_path
        self._wants_rest = False
        self.total_bytes: int | None = None  # as told by the server
        self.began_again = False  # asked for the rest, the server sent everything

    def before(self, request: Any) -> None:
        """Ask for the rest of the file only if it is still the same file."""
        match = _RANGE_START.match(request.headers.get("Range") or "")
        self._wants_rest = match is not None and int(match[1]) > 0
        validator = self._stamp.validator
        if self._wants_rest and validator and validator.startswith('"'):
            request.headers["If-Range"] = validator

    def refused(self, error: HTTPError) -> None:
        """Raises SourceChanged when there is no such rest: all of it is here already, or it is another file."""
        if error.status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE and self._wants_rest:
            error.close()
            raise SourceChanged from error

    def after(self, response: Any) -> None:
        """Raises SourceChanged, DownloadFailure("not_media") for a web page, and "too_large" before it is too late."""
        headers = response.headers
        if (headers.get("Content-Type") or "").split(";")[0].strip().lower() in _PAGES:
            response.close()
            raise DownloadFailure("not_media", "the server sent a web page")
        validator = headers.get("ETag") or headers.get("Last-Modified")
        total = _total(response)
        if response.status == 206 and self._changed(validator, total):
            response.close()
            raise SourceChanged
        if total is not None and total > self._largest_bytes:
            response.close()
            raise DownloadFailure("too_large", f"{total} bytes")
        self.total_bytes = total
        self.began_again |= self._wants_rest and response.status == 200
        if validator and validator != self._stamp.validator:
            self._stamp = replace(self._stamp, validator=validator)
            self._stamp.save(self._path)

    def _changed(self, validator: str | None, total: int | None) -> bool:
        known = self._stamp.validator
        other_validator = known is not None and validator is not None and known != validator
        other_size = total is not None and self.total_bytes is not None and total != self.total_bytes
        return other_validator or other_size


def _total(response: Any) -> int | None:
    """Length of the whole file; None where the server does not tell, or compresses."""
    if response.status == 206:
        match = _TOTAL.match(response.headers.get("Content-Range") or "")
        return int(match[1]) if match else None
    length = response.headers.get("Content-Length") or ""
    plain = (response.headers.get("Content-Encoding") or "identity") == "identity"
    return int(length) if plain and length.isdecimal() else None
