"""Subtitles are read from whatever a site sends, and written anew as nothing but times and text."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yt_videos_api.domain import webvtt
from yt_videos_api.domain.webvtt import (
    MAX_CHARACTERS,
    Cue,
    NotSubtitles,
    clean_text,
    parse,
    parse_srt,
    tidy,
    write_srt,
    write_vtt,
)

MOMENTS = st.integers(0, 359_999_999)
TEXTS = st.text(st.characters(codec="utf-8"), max_size=60).map(clean_text).filter(bool)


@st.composite
def cue_lists(draw: st.DrawFn) -> tuple[Cue, ...]:
    """Cues as `tidy` leaves them."""
    cues = []
    for start in draw(st.lists(MOMENTS, min_size=1, max_size=8)):
        cues.append(Cue(start / 1000, (start + draw(st.integers(1, 10_000))) / 1000, draw(TEXTS)))
    return tidy(cues)


def vtt(text: str, times: str = "00:01.000 --> 00:02.000") -> str:
    """A file with one cue."""
    return f"WEBVTT\n\n{times}\n{text}\n"


@given(cue_lists())
def test_what_is_written_is_read_again(cues: tuple[Cue, ...]) -> None:
    assert parse(write_vtt(cues)) == cues


@given(cue_lists())
def test_subrip_keeps_times_and_text_up_to_brackets(cues: tuple[Cue, ...]) -> None:
    again = parse_srt(write_srt(cues))
    assert [(cue.start_seconds, cue.end_seconds) for cue in again] == [
        (cue.start_seconds, cue.end_seconds) for cue in cues
    ]
    assert [cue.text for cue in again] == [cue.text.replace("<", "‹").replace(">", "›") for cue in cues]


@given(st.text(max_size=300))
def test_no_content_brings_markup_through(text: str) -> None:
    try:
        cues = parse(vtt(text))
    except NotSubtitles:
        return
    assert re.sub(r"-->|\n", "", write_vtt(cues)).count("<") == 0
    for line in write_vtt(cues).split("\n"):
        assert "<" not in line
        assert "-->" not in line or re.fullmatch(r"[0-9:.]+ --> [0-9:.]+", line)
    assert "<" not in write_srt(cues)


@given(st.text(max_size=300), st.sampled_from([parse, parse_srt]))
def test_anything_else_is_refused_as_no_subtitles(content: str, read: object) -> None:
    for text in (content, f"WEBVTT\n{content}"):
        try:
            found = read(text)  # type: ignore[operator]  # one of the two readers
        except NotSubtitles:
            continue
        assert found


def test_markup_goes_and_its_text_stays() -> None:
    text = "<v Ann>Hi <b>you</b><00:00:01.500><c.red> there</c></v>\n<i>1 &lt; 2 &amp; 3 &nbsp;&#39;x&#39;</i>"
    assert parse(vtt(text)) == (Cue(1.0, 2.0, "Hi you there\n1 < 2 & 3 'x'"),)


def test_styles_regions_notes_and_positions_are_dropped() -> None:
    content = (
        "\ufeffWEBVTT - made by hand\nKind: captions\nX-TIMESTAMP-MAP=LOCAL:00:00:00.000,MPEGTS:0\n\n"
        "STYLE\n::cue { background: url(http://evil.example/x) }\n\n"
        "REGION\nid:fred\n\nNOTE a secret\nof two lines\n\n"
        "1\n00:00:01.000 --> 00:00:02.000 align:start position:10% region:fred\nHello\n"
    )
    written = write_vtt(parse(content))
    assert written == "WEBVTT\n\n00:00:01.000 --> 00:00:02.000\nHello\n"


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<scr<b>ipt>alert(1)</scr</b>ipt>",
        "&lt;script&gt;alert(1)&lt;/script&gt;",
        "&amp;lt;script&amp;gt;",
        "<img src=x onerror=alert(1)>",
        "<iframe srcdoc='&lt;script>'",
    ],
)
def test_a_script_arrives_as_text_at_most(text: str) -> None:
    try:
        cues = parse(vtt(text))
    except NotSubtitles:
        return  # nothing was left of it
    for written in (write_vtt(cues), write_srt(cues)):
        assert "<" not in written


def test_cues_come_in_order_and_impossible_ones_not_at_all() -> None:
    content = "WEBVTT\n\n" + "\n".join(
        f"{times}\n{text}\n"
        for times, text in [
            ("01:00:00.000 --> 01:00:01.000", "late"),
            ("00:05.000 --> 00:04.000", "backwards"),
            ("00:03.000 --> 00:03.000", "no time"),
            ("00:61.000 --> 00:62.000", "no such second"),
            ("00:01.5 --> 00:02.25", "early"),
            ("00:07.000 --> 00:08.000", "<b></b>"),
        ]
    )
    assert parse(content) == (Cue(1.5, 2.25, "early"), Cue(3600.0, 3601.0, "late"))


def test_line_ends_of_all_kinds_are_understood() -> None:
    assert parse("WEBVTT\r\n\r\n00:01.000 --> 00:02.000\r\na\r\nb\r\n") == (Cue(1.0, 2.0, "a\nb"),)
    assert parse_srt("1\r00:00:01,000 --> 00:00:02,000\ra\r\r") == (Cue(1.0, 2.0, "a"),)


def test_overrides_of_subrip_players_go_even_when_nested() -> None:
    assert clean_text(r"{\an8}a{\b{\i1}1}b {c}") == "ab {c}"
    assert clean_text(r"{{\a}\b}{x{\c}\d}{\e{y}") == r"{x\d}{\e{y}"


@given(st.text("{}\\ab", max_size=30))
def test_no_override_is_left_and_nothing_else_goes(text: str) -> None:
    expected = text
    while (less := re.sub(r"\{\\[^{}]*\}", "", expected)) != expected:
        expected = less
    assert clean_text(text) == expected


@pytest.mark.timeout(5)  # taking away the innermost ones again and again would take half a minute
def test_overrides_that_stand_inside_of_each_other_take_no_time() -> None:
    assert clean_text("{\\" * 100_000 + "}" * 100_000 + "a") == "a"
    assert len(clean_text("{\\" * 100_000 + "{" + "}" * 100_000)) == 5000


def test_a_character_with_too_many_digits_is_no_subtitle() -> None:
    with pytest.raises(NotSubtitles, match="character"):
        parse(vtt(f"&#{'9' * 5000};"))


@pytest.mark.parametrize(
    "content", ["", "<html>", "WEBVTTX\n\n00:01.000 --> 00:02.000\na", "WEBVTT", "WEBVTT\n\nNOTE nothing"]
)
def test_what_has_no_cues_is_no_track(content: str) -> None:
    with pytest.raises(NotSubtitles):
        parse(content)


def test_there_are_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(NotSubtitles, match="too long"):
        parse("WEBVTT" + " " * MAX_CHARACTERS)
    monkeypatch.setattr(webvtt, "MAX_CUES", 10)
    with pytest.raises(NotSubtitles, match="too many"):
        tidy(Cue(0.0, 1.0, "x") for _ in range(11))
    assert len(parse(vtt("x" * 100_000))[0].text) == 5000
