"""Which IP addresses are on the public internet.

Our own table, because Python's does not serve here: 3.11's `is_global` says yes to 224.0.0.1, ::127.0.0.1,
64:ff9b::7f00:1, 2002:7f00:1:: and fec0::1. What is not known to be public is refused.
"""

from __future__ import annotations

import ipaddress
import re
import stringprep
import unicodedata
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

IPAddress = IPv4Address | IPv6Address

_PRIVATE_V4 = tuple(
    IPv4Network(text)
    for text in (
        "0.0.0.0/8",  # this network; Linux connects it to itself
        "10.0.0.0/8",
        "100.64.0.0/10",  # carrier NAT; 100.100.100.200 is a metadata service
        "127.0.0.0/8",
        "168.63.129.16/32",  # looks public, is the control channel of Azure's hosts
        "169.254.0.0/16",  # link local, metadata services
        "172.16.0.0/12",
        "192.0.0.0/24",  # IETF protocol assignments
        "192.0.2.0/24",  # documentation
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/3",  # multicast, reserved, broadcast
    )
)
# Only this block is handed out as global unicast: loopback, link local, site local, ULA and multicast lie outside.
_GLOBAL_V6 = IPv6Network("2000::/3")
_PRIVATE_V6 = tuple(
    IPv6Network(text)
    for text in (
        "2001::/23",  # IETF protocol assignments: Teredo, benchmarks, ORCHID
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4: an IPv4 address in disguise, and its relays are gone
        "3fff::/20",  # documentation
    )
)
_MAPPED = IPv6Network("::ffff:0:0/96")
_NAT64 = IPv6Network("64:ff9b::/96")  # what DNS64 makes of every IPv4 site on an IPv6-only network
_ISATAP_INTERFACES = (0x00005EFE, 0x02005EFE)

_NUMBER = re.compile(r"0[xX][0-9a-fA-F]*|[0-9]+")
_DOTS = str.maketrans({"。": "."})  # NFKC leaves this one of IDNA's four dots as it is


def is_public(ip: IPAddress) -> bool:
    """Whether connecting to `ip` leaves for the public internet, wherever an address is wrapped in another one."""
    if isinstance(ip, IPv4Address):
        return not any(ip in network for network in _PRIVATE_V4)
    if ip.scope_id is not None:
        return False
    if ip in _MAPPED or ip in _NAT64:
        return is_public(IPv4Address(int(ip) & 0xFFFFFFFF))
    if (int(ip) >> 32) & 0xFFFFFFFF in _ISATAP_INTERFACES:
        return False
    return ip in _GLOBAL_V6 and not any(ip in network for network in _PRIVATE_V6)


def parse_host_as_address(host: str) -> IPAddress | None:
    """The address that `host` spells, in any way in which some resolver reads it; None for a name.

    Knows `127.1`, `0177.0.0.1`, `0x7f000001`, `2130706433`, full-width digits, other dots, a trailing dot, brackets and
    zones. Where readers differ (leading zeros) it takes inet_aton's reading.
    """
    text = _plain(host)
    if text.startswith("[") and text.endswith("]"):
        return _parse_v6(text[1:-1])
    return _parse_v6(text) if ":" in text else _parse_v4(text)


def ends_in_number(host: str) -> bool:
    """Whether the last label is a number: an address, or an attempt at one that readers understand differently.

    No public name ends so (WHATWG URL, "ends in a number").
    """
    return _NUMBER.fullmatch(_plain(host).rpartition(".")[2]) is not None


def _plain(host: str) -> str:
    kept = "".join(letter for letter in host if not stringprep.in_table_b1(letter))  # soft hyphens, joiners, ...
    return unicodedata.normalize("NFKC", kept).translate(_DOTS).removesuffix(".")


def _parse_v6(text: str) -> IPv6Address | None:
    try:
        return IPv6Address(text)
    except ipaddress.AddressValueError:
        return None


def _parse_v4(text: str) -> IPv4Address | None:
    parts = text.split(".")
    if len(parts) > 4 or not all(_NUMBER.fullmatch(part) for part in parts):
        return None
    try:
        *heads, tail = map(_parse_number, parts)
    except ValueError:  # 08, or thousands of digits
        return None
    tail_bits = 8 * (4 - len(heads))  # the last number fills all that the others leave
    if any(head > 255 for head in heads) or tail >> tail_bits:
        return None
    return IPv4Address(int.from_bytes(bytes(heads), "big") << tail_bits | tail)


def _parse_number(text: str) -> int:
    if text[:2] in ("0x", "0X"):
        return int(text[2:] or "0", 16)
    return int(text, 8 if text.startswith("0") else 10)
