"""Heads of HTTP messages as a proxy sees them: read strictly, rewritten, written again. No I/O.

What is not understood in one way only is refused: the next reader might understand the other way.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import re
from dataclasses import dataclass, replace

MAX_HEAD_BYTES = 64 << 10
END = b"\r\n\r\n"
END_OF_ANSWER = re.compile(rb"\r?\n\r?\n")

_TOKEN = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_REQUEST_LINE = re.compile(rb"([A-Z]{1,32}) ([\x21-\x7e]+) (HTTP/1\.[01])")
_STATUS_LINE = re.compile(rb"HTTP/1\.[01] ([0-9]{3})(?: [^\r\n\0]*)?")
_VALUE = re.compile(rb"[^\r\n\0]*")
_HOP_BY_HOP = frozenset(
    {
        b"connection",
        b"keep-alive",
        b"proxy-connection",
        b"proxy-authorization",
        b"proxy-authenticate",
        b"te",
        b"upgrade",
    }
)

Fields = tuple[tuple[bytes, bytes], ...]


class BadHead(ValueError):
    """The head of a message cannot be read, or could be read in two ways."""


@dataclass(frozen=True, slots=True)
class Head:
    """The first line and the header fields of a message."""

    line: bytes
    fields: Fields

    @classmethod
    def parse(cls, raw: bytes) -> Head:
        """`raw` is everything before the empty line. Raises BadHead."""
        line, *rest = raw.split(b"\r\n")
        return cls(line, tuple(_parse_field(text) for text in rest))

    @classmethod
    def parse_leniently(cls, raw: bytes) -> Head:
        """The same for answers of origins, which need not be well formed: what is no field is dropped."""
        line, *rest = (text.removesuffix(b"\r") for text in raw.split(b"\n"))
        fields = []
        for text in rest:
            with contextlib.suppress(BadHead):
                fields.append(_parse_field(text))
        return cls(line, tuple(fields))

    def values(self, name: bytes) -> list[bytes]:
        """All values of a field; `name` in lower case."""
        return [value for given, value in self.fields if given.lower() == name]

    def for_next_hop(self, *more: tuple[bytes, bytes]) -> Head:
        """Without what concerns one connection only, which ends with this message, and with `more` fields."""
        dropped = _HOP_BY_HOP.union(
            *(_split_list(value) for value in self.values(b"connection")), {name.lower() for name, _ in more}
        )
        kept = tuple(field for field in self.fields if field[0].lower() not in dropped)
        return replace(self, fields=(*more, *kept, (b"Connection", b"close")))

    def __bytes__(self) -> bytes:
        return self.line + b"".join(b"\r\n%b: %b" % field for field in self.fields) + END


@dataclass(frozen=True, slots=True)
class Request:
    """What a client asks of the proxy."""

    method: bytes
    host: str  # without brackets; as it was written until `judged`
    port: int
    path: bytes  # empty for CONNECT
    version: bytes
    head: Head

    @classmethod
    def parse(cls, head: Head) -> Request:
        """Raises BadHead for anything but CONNECT and requests with an absolute http:// URL."""
        match = _REQUEST_LINE.fullmatch(head.line)
        if match is None:
            raise BadHead("request line")
        method, target, version = match.groups()
        if method == b"CONNECT":
            return cls(method, *_split_authority(target, None), b"", version, head)
        if target[:7].lower() != b"http://":
            raise BadHead("only CONNECT and absolute http:// URLs")
        authority, path = _split_target(target[7:])
        return cls(method, *_split_authority(authority, 80), path, version, head)

    def judged(self, host: str) -> Request:
        """The same for the one spelling of the host, so that the next hop reads what was judged."""
        return replace(self, host=host)

    def for_origin(self) -> Head:
        """The head as the origin expects it."""
        line = b"%b %b %b" % (self.method, self.path, self.version)
        return replace(self.head, line=line).for_next_hop((b"Host", self.authority))

    def for_upstream(self, *credentials: tuple[bytes, bytes]) -> Head:
        """The head as the next proxy expects it: the URL built anew from what was judged."""
        line = b"%b http://%b%b %b" % (self.method, self.authority, self.path, self.version)
        return replace(self.head, line=line).for_next_hop((b"Host", self.authority), *credentials)

    @property
    def authority(self) -> bytes:
        """Host and port as requests name them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        named_port = self.port != 80 or self.method == b"CONNECT"
        return (f"{host}:{self.port}" if named_port else host).encode("ascii")


def status_of(head: Head) -> int:
    """The status of a response. Raises BadHead."""
    match = _STATUS_LINE.fullmatch(head.line)
    if match is None:
        raise BadHead("status line")
    return int(match[1])


def credentials_of(head: Head) -> str | None:
    """What the client proves to the proxy, as `user:password`; None when it proves nothing."""
    values = head.values(b"proxy-authorization")
    if len(values) != 1 or values[0][:6].lower() != b"basic ":
        return None
    try:
        return base64.b64decode(values[0][6:].strip(), validate=True).decode("ascii")
    except (binascii.Error, UnicodeDecodeError):
        return None


def basic_credentials(user_and_password: str) -> tuple[bytes, bytes]:
    """The field that proves `user:password` to a proxy."""
    return b"Proxy-Authorization", b"Basic " + base64.b64encode(user_and_password.encode())


def _parse_field(text: bytes) -> tuple[bytes, bytes]:
    name, colon, value = text.partition(b":")
    if not colon or not _TOKEN.fullmatch(name) or not _VALUE.fullmatch(value):
        raise BadHead("header field")
    return name, value.strip(b" \t")


def _split_list(value: bytes) -> set[bytes]:
    return {item.strip().lower() for item in value.split(b",")}


def _split_target(rest: bytes) -> tuple[bytes, bytes]:
    match = re.fullmatch(rb"([^/?#]*)([^#]*)(?:#.*)?", rest)
    assert match is not None  # every text has this shape
    path = match[2] or b"/"
    return match[1], path if path.startswith(b"/") else b"/" + path


def _split_authority(authority: bytes, default_port: int | None) -> tuple[str, int]:
    match = re.fullmatch(rb"(\[[^\[\]@]+\]|[^:\[\]@]+)(?::([0-9]{1,5}))?", authority)
    if match is None or (match[2] is None and default_port is None):
        raise BadHead("host and port")
    return match[1].decode("ascii"), int(match[2] or default_port or 0)
