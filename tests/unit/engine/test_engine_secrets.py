"""What the process of a run never writes, and how cookies are made plain."""

from __future__ import annotations

import http.cookiejar
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yt_videos_api.engine.cookies import cookie_values, plain_cookie_file
from yt_videos_api.engine.secrets import MaskedWriter, Secrets

GOOD = ".site.example\tTRUE\t/\tTRUE\t4102444800\tsession\tthe value"


def cookies(text: str) -> list[tuple[str, str, str | None]]:
    """Domain, name and value as Python's own reader finds them in what we made of `text`."""
    jar = http.cookiejar.MozillaCookieJar()
    jar._really_load(io.StringIO(plain_cookie_file(text)), "", True, True)  # type: ignore[attr-defined]  # as yt-dlp does
    return [(cookie.domain, cookie.name, cookie.value) for cookie in jar]


@pytest.mark.parametrize("text", ["an-account", "with ' and \\ in it", "größer als"])
def test_secrets_are_masked_in_what_is_written(text: str) -> None:
    stream = io.StringIO()
    writer = MaskedWriter(stream, Secrets([text, "no"]))
    writer.write(f"no {text} and {text!a} https://x/?a=1&pot=provided&b=2 https://x/pot/provided/c\n")
    written = stream.getvalue()
    assert text not in written
    assert ascii(text)[1:-1] not in written
    assert "provided" not in written
    assert written.startswith("no ***")
    assert "&b=2" in written


def test_a_secret_that_holds_another_is_masked_as_a_whole() -> None:
    assert Secrets(["secret", "secret-and-more"]).masked("secret-and-more") == "***"


def test_cookies_of_any_browser_are_understood() -> None:
    text = "\r\n".join(
        [
            "# HTTP Cookie File",
            "#HttpOnly_" + GOOD,
            "plain.example\tFALSE\t/\tFALSE\t0\tname\tvalue",
            "below.example\tTRUE\t/\tFALSE\t\tname\tvalue",
        ]
    )
    assert cookies(text) == [
        (".site.example", "session", "the value"),
        ("plain.example", "name", "value"),
        (".below.example", "name", "value"),
    ]
    assert cookie_values(text) == ["the value", "value", "value"]


@pytest.mark.parametrize(
    "line",
    [
        "session=the value",
        GOOD.replace("\t", " "),
        GOOD + "\tmore",
        GOOD.replace("the value", "the\x00value"),
        GOOD.replace(".site.example", ".com"),
        GOOD.replace(".site.example", "."),
        '{"name": "session"}',
    ],
)
def test_what_is_no_cookie_of_one_site_is_left_out(line: str) -> None:
    assert cookies(line) == []
    assert cookies(f"{line}\n{GOOD}") == [(".site.example", "session", "the value")]


FIELD = st.sampled_from(
    ["", ".a.b", "a", ".", "TRUE", "FALSE", "true", "/", "0", "12.5", "-1", "x", '"', "\x0b", "\u2028", "#"]
)
LINE = st.lists(FIELD, min_size=6, max_size=8).map("\t".join)


@given(st.lists(LINE, max_size=5))
def test_nothing_makes_a_reader_complain_of_what_is_left(lines: list[str]) -> None:
    assert len(cookies("\n".join(lines))) <= len(lines)
