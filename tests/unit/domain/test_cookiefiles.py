"""Netscape cookie files: what is kept, and that what is refused is never repeated."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from yt_videos_api.domain.cookiefiles import HEADER, MOST_BYTES, parse_cookie_file, parse_site, same_site, sites_of
from yt_videos_api.domain.errors import InvalidInput

NOW = datetime(2026, 1, 1, tzinfo=UTC)
LATER = int(datetime(2027, 1, 1, tzinfo=UTC).timestamp())
SOONER = int(datetime(2026, 6, 1, tzinfo=UTC).timestamp())
SECRET = "topsecretvalue"


def line(domain: str = ".youtube.com", expires: object = LATER, name: str = "SID", value: str = SECRET) -> str:
    return f"{domain}\tTRUE\t/\tTRUE\t{expires}\t{name}\t{value}"


def test_a_file_is_read_with_its_comments_line_ends_and_marks() -> None:
    text = "\ufeff# Netscape HTTP Cookie File\r\n\r\n# by a browser\r\n" + "\r\n".join(
        [line(), f"#HttpOnly_{line('www.youtube.com', SOONER, 'HSID')}", line(expires=0, name="session", value="")]
    )
    read = parse_cookie_file(text, "youtube.com", NOW)
    assert (read.cookie_count, read.expired_count) == (3, 0)
    assert read.expires_at == datetime.fromtimestamp(SOONER, UTC)
    assert read.text.splitlines()[0] == HEADER
    assert read.text.splitlines()[2] == line()
    assert f"#HttpOnly_{line('www.youtube.com', SOONER, 'HSID')}" in read.text.splitlines()
    assert parse_cookie_file(read.text, "youtube.com", NOW) == read


def test_expired_cookies_are_left_out() -> None:
    past = int(NOW.timestamp())
    read = parse_cookie_file(f"{line()}\n{line(expires=past, name='OLD', value='oldvalue')}\n", "youtube.com", NOW)
    assert (read.cookie_count, read.expired_count) == (1, 1)
    assert "oldvalue" not in read.text


def test_a_moment_beyond_all_calendars_is_far_away() -> None:
    read = parse_cookie_file(line(expires=999999999999), "youtube.com", NOW)
    assert read.expires_at is not None
    assert read.expires_at.year == 9999


def test_cookies_of_a_session_expire_at_no_moment() -> None:
    assert parse_cookie_file(line(expires=0), "youtube.com", NOW).expires_at is None


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "holds no cookie"),
        ("# Netscape HTTP Cookie File\n\n", "holds no cookie"),
        (line(expires=1), "have expired"),
        (f"{line()}\n{line().replace(chr(9), ' ')}", "line 2 has 1 fields"),
        (f"{line()}\t{SECRET}", "line 1 has 8 fields"),
        (f'{{"SID": "{SECRET}"}}', "line 1 has 1 fields"),
        (line("evil.example"), "cookies of other sites than youtube.com: evil.example; delete their lines."),
        (line("notyoutube.com"), "other sites than youtube.com: notyoutube.com;"),
        (line("youtube.com.evil.example"), "other sites than youtube.com: youtube.com.evil.example;"),
        ("\n".join(line(f"{name}.example") for name in "gbacfedb"), ": a.example, b.example, c.example, d.example, e"),
        ("\n".join(line(f"{name}.example") for name in "gbacfedb"), "e.example and 2 more; delete their lines."),
        (line(".com"), "line 1 has a cookie of something that is no site"),
        (line(SECRET), "line 1 has a cookie of something that is no site"),
        (line(value=f"{SECRET}\x00"), "line 1 has a control character"),
        (line(value=f"{SECRET}\r\r"), "line 1 has a control character"),
        (line(value=f"{SECRET}\u2028"), "line 1 has a control character"),
        (line(name=""), "line 1 is no cookie"),
        (line().replace("TRUE", "yes"), "line 1 is no cookie"),
        (line().replace("\t/\t", "\tC:\t"), "line 1 is no cookie"),
        (line(expires="tomorrow"), "line 1 has a moment"),
        (line(expires="-5"), "line 1 has a moment"),
        (line(expires="1e400"), "line 1 has a moment"),
        ("x" * (MOST_BYTES + 1), f"more than {MOST_BYTES}"),
        ("é" * (MOST_BYTES - 1), f"more than {MOST_BYTES}"),
    ],
)
def test_what_is_no_cookie_file_is_refused_by_line_without_repeating_it(text: str, why: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        parse_cookie_file(text, "youtube.com", NOW)
    assert why in refused.value.problem
    assert SECRET not in str(refused.value)


@pytest.mark.parametrize(
    ("text", "site"),
    [("youtube.com", "youtube.com"), ("YouTube.COM.", "youtube.com"), ("video.example.co.uk", "video.example.co.uk")],
)
def test_a_site_has_one_spelling(text: str, site: str) -> None:
    assert parse_site(text) == site


@pytest.mark.parametrize(
    "text",
    [
        "",
        "com",
        "localhost",
        "co.uk",
        "com.au",
        "127.0.0.1",
        "[::1]",
        "a b.example",
        "https://a.example",
        "..",
        "\x00.de",
    ],
)
def test_what_is_no_site_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        parse_site(text)
    assert refused.value.field == "site"


def test_a_host_belongs_to_itself_and_to_what_is_above_it() -> None:
    assert sites_of("m.www.youtube.com") == ("m.www.youtube.com", "www.youtube.com", "youtube.com")
    assert sites_of("localhost") == ()


@pytest.mark.parametrize(
    ("url", "other", "same"),
    [
        ("https://www.youtube.com/playlist?list=x", "https://www.youtube.com/watch?v=x", True),
        ("https://site.example/feed", "http://media.site.example/x.mp4", True),
        ("https://site.example/feed", "https://bank.example/transfer", False),
        ("https://shop.co.uk/feed", "https://bank.co.uk/transfer", False),
        ("https://a.shop.co.uk/feed", "https://b.shop.co.uk/x", True),
        ("https://site.example/feed", "https://site.example.evil.test/x", False),
    ],
)
def test_addresses_of_one_site_are_told_from_those_of_others(url: str, other: str, same: bool) -> None:
    assert same_site(url, other) is same
