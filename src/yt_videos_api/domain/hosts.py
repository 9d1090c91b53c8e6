"""Host names: one spelling for each, and which of them cannot be on the public internet."""

from __future__ import annotations

import re
import unicodedata
from encodings import idna
from ipaddress import IPv6Address

from yt_videos_api.domain.addresses import IPAddress, ends_in_number, is_public, parse_host_as_address

_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,62})")
_DOTS = re.compile("[.\u3002\uff0e\uff61]")  # IDNA reads all four as a dot
# IDNA 2003 and 2008 send these to different domains (straße: strasse or xn--strae-oqa); whoever resolves next may
# belong to the other camp, so nobody can say which site was judged.
_DEVIATIONS = frozenset("ßẞς\u200c\u200d")
# Never delegated in the public DNS, or reserved for private networks (RFC 6761, 6762, 8375; ICANN on .internal).
_PRIVATE_SUFFIXES = (
    "localhost",
    "localdomain",
    "local",
    "internal",
    "intranet",
    "private",
    "corp",
    "home",
    "lan",
    "home.arpa",
)


class BadHost(ValueError):
    """A text that cannot be a host, or that readers understand differently. Its message says why."""


def normalise_host(text: str) -> str:
    """The one spelling of a host: lower case, ASCII, no trailing dot; addresses as their RFC form, without brackets.

    Raises BadHost for what is no host or is ambiguous.
    """
    if text.startswith("[") or ":" in text:
        return _normalise_v6(text)
    name = ".".join(_to_ascii(label) for label in _DOTS.split(_without_root(text)))
    address = parse_host_as_address(name)
    if address is not None:
        return _spell(address)
    if ends_in_number(name):
        raise BadHost("looks like an IP address but is none")
    if len(name) > 253:
        raise BadHost("is longer than a host name can be")
    return name


def why_not_public(host: str) -> str | None:
    """Why a normalised host cannot be on the public internet, as far as can be told without DNS; None if it may be."""
    address = parse_host_as_address(host)
    if address is not None:
        return None if is_public(address) else f"{host} is not a public address"
    if "." not in host:
        return f"{host} is a name of a local network"
    if any(host == suffix or host.endswith(f".{suffix}") for suffix in _PRIVATE_SUFFIXES):
        return f"{host} is reserved for local networks"
    return None


def _normalise_v6(text: str) -> str:
    address = parse_host_as_address(text) if text.isascii() else None
    if address is None:
        raise BadHost("is not an IPv6 address")
    return _spell(address)


def _spell(address: IPAddress) -> str:
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return str(mapped or address)


def _without_root(text: str) -> str:
    """Without the one trailing dot that a full name may carry."""
    return text[:-1] if len(text) > 1 and _DOTS.match(text[-1]) else text


def _to_ascii(label: str) -> str:
    ascii_label = label.lower() if label.isascii() else _encode(label)
    if not _LABEL.fullmatch(ascii_label):
        raise BadHost("has a character or a length that host names do not have")
    if ascii_label.startswith("xn--"):
        _require_real_punycode(ascii_label)
    return ascii_label


def _encode(label: str) -> str:
    if not _DEVIATIONS.isdisjoint(label):
        raise BadHost("has a letter that stands for different domains in different programs; write it as xn--...")
    try:
        prepared = idna.nameprep(label)
        ascii_label = idna.ToASCII(label).decode("ascii")
    except UnicodeError:
        raise BadHost("has a character that host names do not have") from None
    # nameprep stops at Unicode 3.2: a newer letter with a case or a compatibility form would pass as it is.
    if prepared != unicodedata.normalize("NFKC", prepared).casefold():
        raise BadHost("has a letter that programs read differently")
    return ascii_label.lower()


def _require_real_punycode(label: str) -> None:
    try:
        decoded = label[4:].encode("ascii").decode("punycode")
    except UnicodeError:
        raise BadHost("has an xn-- label that is not Punycode") from None
    if decoded.isascii() or unicodedata.normalize("NFKC", decoded) != decoded:
        raise BadHost("has an xn-- label that stands for another name")
