"""Format selectors: what is understood, and what is refused with a reason."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yt_videos_api.domain.errors import InvalidInput
from yt_videos_api.domain.selectors import MOST_CHARACTERS, parse_selector


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("bv*+ba/b", "bv*+ba/b"),
        ("137+140", "137+140"),
        ("hls-720p_v2/22", "hls-720p_v2/22"),
        ("  best [ height <= 720 ] / worst ", "best[height<=720]/worst"),
        ("[filesize<50m]", "best[filesize<50M]"),
        ("(bv[ext=mp4]/bv)+(ba[ext=m4a]/ba)", "(bv[ext='mp4']/bv)+(ba[ext='m4a']/ba)"),
        ("(137/bv)+ba", "(137/bv)+ba"),
        ("bv.2+ba.10", "bv.2+ba.10"),
        ("bestvideo[vcodec ! ^= av01]+bestaudio", "bestvideo[vcodec!^='av01']+bestaudio"),
        ("b[height<=?720][fps>30.5]", "b[height<=?720][fps>30.5]"),
        ("b[format_id=137]", "b[format_id='137']"),
        ('b[language*="pt br"]', "b[language*='pt br']"),
        ("(bv+ba/b)[height<720]", "(bv+ba/b)[height<720]"),
    ],
)
def test_a_selector_has_one_spelling(text: str, canonical: str) -> None:
    assert parse_selector(text) == canonical
    assert parse_selector(canonical) == canonical


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "ends where"),
        ("bv+", "ends where"),
        ("bv/", "ends where"),
        ("/bv", "character 1"),
        ("all", "does not mean one video"),
        ("mergeall[height=1]", "does not mean one video"),
        ("mhtml", "does not mean one video"),
        ("bv,ba", "character 3"),
        ("bv+ba+ba", "character 6"),
        ("(bv+ba)+ba", "exactly one video"),
        ("bv+wv", "exactly one video"),
        ("(ba/wa)+ba*", "exactly one video"),
        ("b+ba", "exactly one video"),
        ("(bv", "lacks a )"),
        ("bv)", "character 3"),
        ("bv[height<=720", "lacks a ]"),
        ("bv[height<=x]", "cannot be read"),
        ("bv[height^=7]", "cannot be read"),
        ("bv[height]", "cannot be read"),
        ("bv[ext<mp4]", "cannot be read"),
        ("bv[ext~='(a+)+']", "cannot be read"),
        ("bv[ext='a\"b']", "cannot be read"),
        ("bv[ext='a\\']", "cannot be read"),
        ("bv[title=x]", "filters by title"),
        ("bv[__class__=x]", "filters by __class__"),
        ("bv[]", "filters at character 4"),
        ("bv.0", "character 1"),
        ("bv.100", "character 1"),
        ("bv**", "character 1"),
        ("x" * 33, "character 1"),
        ("@bv", "character 1"),
        ("-f\nbest", "character 3"),
        ("bést", "character 1"),
        ("b" + "/b" * 200, f"more than {MOST_CHARACTERS}"),
        ("(" * 7 + "b" + ")" * 7, "parentheses"),
    ],
)
def test_what_is_no_selector_is_refused_with_the_reason(text: str, why: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        parse_selector(text)
    assert refused.value.field == "format_selector"
    assert why in refused.value.problem


@given(st.text(max_size=40) | st.text("bvwa*+/()[]<>=!^$.'\" 19hext~,@", max_size=60))
def test_any_text_is_either_understood_or_refused(text: str) -> None:
    try:
        canonical = parse_selector(text)
    except InvalidInput:
        return
    assert parse_selector(canonical) == canonical
