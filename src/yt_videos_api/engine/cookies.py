"""A Netscape cookie file, made so plain that nothing which reads it complains.

yt-dlp and Python's own reader quote lines they do not understand, secret and all, in warnings and in errors. So what is
not a cookie goes, and what is one is written anew.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_HEADER = "# Netscape HTTP Cookie File"
_HTTP_ONLY = "#HttpOnly_"
_FIELDS = 7
_EXPIRES = re.compile(r"[0-9]{1,15}(\.[0-9]+)?")


def plain_cookie_file(text: str) -> str:
    """The cookies in `text`, one per line under the usual heading; nothing else that was in it."""
    return "\n".join([_HEADER, "", *("\t".join(fields) for fields in _cookies(text)), ""])


def cookie_values(text: str) -> list[str]:
    """The secret part of each cookie."""
    return [fields[-1] for fields in _cookies(text)]


def _cookies(text: str) -> Iterator[list[str]]:
    for raw in text.split("\n"):
        line = raw.rstrip("\r").removeprefix(_HTTP_ONLY)
        fields = line.split("\t")
        if line.startswith("#") or len(fields) != _FIELDS or not all(field.isprintable() for field in fields):
            continue
        domain, subdomains, path, secure, expires, name, value = fields
        bare = domain.lstrip(".")
        below = subdomains.upper() == "TRUE"
        if not bare or (below and "." not in bare):  # a cookie for all of .com is for other sites, too
            continue
        if not _EXPIRES.fullmatch(expires):
            expires = ""  # until the end of the session, which is the run
        host = f".{bare}" if below else bare
        yield [host, "TRUE" if below else "FALSE", path or "/", secure.upper(), expires, name, value]
