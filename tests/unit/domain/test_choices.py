"""What people choose: written down, read back, merged, and compared with what was delivered."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yt_videos_api.domain.choices import (
    AccessWish,
    Browser,
    Extras,
    Hdr,
    Live,
    Selection,
    SponsorBlockCategory,
    SubtitleFormat,
    VideoCodec,
)

NOTHING = Extras(embed_metadata=False, embed_cover_art=False, embed_chapters=False)
_names = st.lists(st.sampled_from(["en", "de", "en-*", "*"]), unique=True).map(lambda names: tuple(sorted(names)))
EXTRAS = st.builds(
    Extras,
    embed_metadata=st.booleans(),
    embed_cover_art=st.booleans(),
    embed_chapters=st.booleans(),
    subtitle_languages=_names,
    automatic_subtitles=st.booleans(),
    embed_subtitles=st.booleans(),
    subtitle_sidecars=st.sampled_from([(), (SubtitleFormat.SRT,), (SubtitleFormat.SRT, SubtitleFormat.VTT)]),
    thumbnail=st.booleans(),
    info_json=st.booleans(),
    nfo=st.booleans(),
    sponsorblock=st.sampled_from([(), (SponsorBlockCategory.INTRO, SponsorBlockCategory.SPONSOR)]),
)
SELECTIONS = st.builds(
    Selection,
    max_height=st.none() | st.integers(1, 9999),
    max_fps=st.none() | st.integers(1, 240),
    hdr=st.sampled_from(Hdr),
    video_codec=st.none() | st.sampled_from(VideoCodec),
    max_size_bytes=st.none() | st.integers(1, 2**50),
    audio_language=st.none() | st.sampled_from(["en", "pt-br"]),
    format_selector=st.none() | st.sampled_from(["bv*[height<=720]+ba/b", "22/18", "b[format_id=x;y]"]),
)


@given(SELECTIONS)
def test_a_selection_is_read_back_from_its_key_and_from_json(selection: Selection) -> None:
    assert Selection.from_key(selection.key()) == selection
    assert Selection.from_json(json.loads(json.dumps(selection.to_json()))) == selection


@given(SELECTIONS, st.integers(0, 2**31))
def test_a_recording_that_was_cut_short_is_no_other_and_nobody_can_wish_for_it(wished: Selection, moment: int) -> None:
    ended = wished.cut_short(5.7, datetime.fromtimestamp(moment, UTC))
    assert ended.cut == f"6@{moment}"
    assert Selection.from_key(ended.key()) == ended
    assert ended.key() != wished.key()
    assert Selection.from_json(ended.to_json()) == Selection.from_json({**wished.to_json(), "cut": "6@1"}) == wished


def test_the_default_selection_has_an_empty_key_and_a_height_the_one_of_version_0_1() -> None:
    assert Selection().key() == ""
    assert Selection(max_height=720).key() == "height<=720"


@given(EXTRAS)
def test_extras_are_read_back_from_json(extras: Extras) -> None:
    assert Extras.from_json(json.loads(json.dumps(extras.to_json()))) == extras


def test_what_a_later_version_wrote_is_read_without_what_is_unknown() -> None:
    assert Extras.from_json({"nfo": True, "hologram": True}) == Extras(nfo=True)
    assert AccessWish.from_json({"teleport": 1}) == AccessWish()


def test_an_access_wish_is_read_back_from_json() -> None:
    wish = AccessWish(
        use_cookies=True, proxy_name="home", browser=Browser.CHROME, live=Live.RECORD, live_limit_seconds=60
    )
    assert AccessWish.from_json(json.loads(json.dumps(wish.to_json()))) == wish


@given(EXTRAS, EXTRAS)
def test_merged_extras_lack_nothing_of_either(one: Extras, other: Extras) -> None:
    both = one.merged(other)
    assert both == other.merged(one)
    assert not one.missing_in(both)
    assert not other.missing_in(both)


@given(EXTRAS, EXTRAS)
def test_once_the_rest_is_delivered_nothing_is_missing(wanted: Extras, delivered: Extras) -> None:
    rest = wanted.without(delivered).beside()
    assert not wanted.missing_in(delivered.merged(wanted.beside()))
    if not wanted.missing_in(delivered):
        assert rest == NOTHING


@pytest.mark.parametrize(
    ("wanted", "known", "missing"),
    [
        (("de", "en"), ("en",), ("de",)),
        (("en", "en-gb", "eng"), ("en-*",), ("eng",)),
        (("en",), ("*",), ()),
        (("en-*",), ("*",), ("en-*",)),  # whether one kind is part of another is not worth knowing
    ],
)
def test_of_subtitles_only_further_languages_are_missing(
    wanted: tuple[str, ...], known: tuple[str, ...], missing: tuple[str, ...]
) -> None:
    asked = replace(NOTHING, subtitle_languages=wanted, subtitle_sidecars=(SubtitleFormat.VTT,))
    delivered = replace(asked, subtitle_languages=known)
    assert asked.without(delivered).subtitle_languages == missing
    assert asked.missing_in(delivered) is bool(missing)
    in_both_forms = replace(asked, subtitle_sidecars=(SubtitleFormat.SRT, SubtitleFormat.VTT))
    assert in_both_forms.without(delivered) == in_both_forms


@given(EXTRAS, EXTRAS)
def test_what_was_given_up_is_missing_no_more(wanted: Extras, delivered: Extras) -> None:
    left = wanted.reduced_to(delivered)
    assert not left.missing_in(delivered)
    assert (left.embed_metadata, left.sponsorblock) == (wanted.embed_metadata, wanted.sponsorblock)


def test_what_can_only_be_inside_of_a_file_is_never_missing_later() -> None:
    inside = Extras(
        embed_metadata=True, embed_cover_art=True, embed_chapters=True, sponsorblock=(SponsorBlockCategory.INTRO,)
    )
    assert not inside.missing_in(NOTHING)


def test_subtitles_that_were_to_be_embedded_lie_beside_an_archived_file() -> None:
    wanted = replace(NOTHING, subtitle_languages=("en",), embed_subtitles=True)
    assert wanted.missing_in(NOTHING)
    assert wanted.beside().subtitle_sidecars == (SubtitleFormat.VTT,)


def test_subtitles_that_are_embedded_are_not_asked_for_again() -> None:
    delivered = replace(NOTHING, subtitle_languages=("en",), embed_subtitles=True)
    assert not delivered.missing_in(delivered)


@pytest.mark.parametrize(
    ("first", "second", "limit"),
    [
        (AccessWish(), AccessWish(live=Live.RECORD, live_limit_seconds=60), 60),
        (AccessWish(live=Live.RECORD, live_limit_seconds=60), AccessWish(), 60),
        (AccessWish(live=Live.RECORD, live_limit_seconds=60), AccessWish(live=Live.RECORD), None),
        (
            AccessWish(live=Live.RECORD, live_limit_seconds=60),
            AccessWish(live=Live.RECORD, live_limit_seconds=90),
            90,
        ),
    ],
)
def test_a_stream_that_two_want_is_recorded_as_long_as_either_wants(
    first: AccessWish, second: AccessWish, limit: int | None
) -> None:
    assert first.joined(second) == AccessWish(live=Live.RECORD, live_limit_seconds=limit)


def test_of_two_ways_to_ask_the_first_one_stays() -> None:
    office, cookies = AccessWish(proxy_name="office"), AccessWish(use_cookies=True, proxy_name="branch")
    assert office.joined(cookies) == AccessWish(use_cookies=True, proxy_name="office")
