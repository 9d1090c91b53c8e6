from ipaddress import IPv4Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yt_videos_api.domain.addresses import ends_in_number, is_public, parse_host_as_address

PUBLIC = [
    "1.1.1.1",
    "8.8.8.8",
    "9.255.255.255",
    "11.0.0.0",
    "100.63.255.255",
    "100.128.0.0",
    "142.250.74.110",
    "168.63.129.17",
    "172.15.255.255",
    "172.32.0.0",
    "192.0.1.1",
    "192.167.255.255",
    "198.17.255.255",
    "198.20.0.0",
    "223.255.255.255",
    "::ffff:8.8.8.8",
    "64:ff9b::8.8.8.8",
    "2001:200::1",
    "2001:4860:4860::8888",
    "2606:4700::1111",
    "2a00:1450:4001:80b::200e",
    "2c0f:fb50:4003::1",
]
NOT_PUBLIC = [
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "100.64.0.1",
    "100.100.100.200",
    "127.0.0.1",
    "127.255.255.255",
    "168.63.129.16",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.1",
    "192.0.0.192",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::8.8.8.8",
    "::ffff:127.0.0.2",
    "::ffff:10.0.0.1",
    "::ffff:0:127.0.0.1",
    "64:ff9b::",
    "64:ff9b::127.0.0.1",
    "64:ff9b::169.254.169.254",
    "64:ff9b:1::7f00:1",
    "64:ff9b:1::808:808",
    "100::1",
    "2001::1",
    "2001:0:7f00:1::",
    "2001:2::1",
    "2001:10::1",
    "2001:20::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "2002:808:808::1",
    "2606:4700::5efe:127.0.0.1",
    "2606:4700::200:5efe:10.0.0.1",
    "3fff::1",
    "3fff:fff:ffff::1",
    "4000::1",
    "5f00::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%eth0",
    "2606:4700::1111%eth0",
    "fec0::1",
    "ff02::1",
    "ff0e::1",
]


@pytest.mark.parametrize("text", PUBLIC)
def test_public_address_is_public(text: str) -> None:
    assert is_public(ip_address(text))


@pytest.mark.parametrize("text", NOT_PUBLIC)
def test_any_other_address_is_not_public(text: str) -> None:
    assert not is_public(ip_address(text))


@given(st.ip_addresses(v=4))
def test_wrapping_never_makes_a_private_address_public(ip: IPv4Address) -> None:
    wrapped = [f"::ffff:{ip}", f"64:ff9b::{ip}"]
    assert {is_public(ip_address(text)) for text in wrapped} == {is_public(ip)}
    always_refused = [f"::{ip}", f"64:ff9b:1::{ip}", f"2002:{int(ip) >> 16:x}:{int(ip) & 0xFFFF:x}::1"]
    assert not any(is_public(ip_address(text)) for text in always_refused)


@pytest.mark.parametrize(
    "spelling",
    [
        "127.0.0.2",
        "127.0.0.2.",
        "127.2",
        "127.0.2",
        "0177.0.0.2",
        "0x7f.0.0.2",
        "0X7F000002",
        "0x7f000002",
        "2130706434",
        "017700000002",
        "127.000.000.002",
        "１２７.０.０.２",
        "127。0。0。2",
        "127．0．0．2",
        "127｡0｡0｡2",
        "①②⑦.0.0.2",
        "127.0\u00ad.0.2",
        "127.0.0\u200b.2",
    ],
)
def test_every_spelling_of_an_address_is_read_as_that_address(spelling: str) -> None:
    assert parse_host_as_address(spelling) == IPv4Address("127.0.0.2")


@given(st.ip_addresses(v=4))
def test_numbers_of_any_base_and_any_short_form_are_read(ip: IPv4Address) -> None:
    a, b, c, d = ip.packed
    value = int(ip)
    spellings = [f"{value}", f"{value:#x}", f"0{value:o}", f"{a}.{b}.{c * 256 + d}", f"{a}.{value & 0xFFFFFF}"]
    spellings.append(f"{a:#x}.0{b:o}.{c}.{d:#04x}")
    assert {parse_host_as_address(text) for text in spellings} == {ip}


@pytest.mark.parametrize(
    ("spelling", "address"),
    [("0", "0.0.0.0"), ("0x", "0.0.0.0"), ("[::1]", "::1"), ("::1", "::1"), ("::ffff:127.0.0.1", "::ffff:127.0.0.1")],
)
def test_other_spellings_of_addresses(spelling: str, address: str) -> None:
    assert parse_host_as_address(spelling) == ip_address(address)


@pytest.mark.parametrize(
    "text",
    [
        "",
        ".",
        "example.com",
        "1.2.3.4.com",
        "a1",
        "0xg",
        "1.2.3.4.5",
        "1.2.3.256",
        "256.1",
        "4294967296",
        "1..2",
        "08.1.1.1",
    ],
)
def test_what_spells_no_address_is_a_name(text: str) -> None:
    assert parse_host_as_address(text) is None


@pytest.mark.parametrize("text", ["1.2.3.256", "1.2.3.4.5", "08.1.1.1", "foo.0x7f", "x.1", "4294967296", "9" * 5000])
def test_failed_attempts_at_an_address_are_told_from_names(text: str) -> None:
    assert parse_host_as_address(text) is None
    assert ends_in_number(text)


@pytest.mark.parametrize("text", ["example.com", "1.2.3.4.com", "1e100.net", "0xg.com"])
def test_names_with_digits_are_not_taken_for_numbers(text: str) -> None:
    assert not ends_in_number(text)
