"""Wishes for subtitle languages."""

from __future__ import annotations

import pytest

from yt_videos_api.domain.languages import choose, is_specific, matches


@pytest.mark.parametrize(
    ("pattern", "language", "meant"),
    [
        ("en", "en", True),
        ("EN", "en", True),
        ("en", "en-US", False),
        ("en", "eng", False),
        ("en-*", "en-US", True),
        ("en-*", "en_GB", True),
        ("en-*", "en", True),
        ("en-*", "eng", False),
        ("en-*-*", "en-US", True),
        ("en.*", "en", True),
        ("en.*", "en-US", True),
        ("en.*", "eno", False),
        ("pt-BR", "pt-br", True),
        ("*", "zh-Hans", True),
        ("*-Hans", "zh-Hans", True),
        ("*-Hans", "Hans", False),
        ("z*h*s", "zh-Hans", True),
        ("z*z", "z", False),
        ("", "en", False),
        (".", "e", False),
    ],
)
def test_a_pattern_means_what_it_says(pattern: str, language: str, meant: bool) -> None:
    assert matches(pattern, language) is meant


@pytest.mark.parametrize("track", ["live_chat", "comments", "danmaku", "rechat"])
def test_chats_and_comments_are_no_languages(track: str) -> None:
    assert not any(matches(pattern, track) for pattern in ("*", track, "live.*", "c*"))


def test_languages_come_in_the_order_of_the_patterns_and_once() -> None:
    assert choose(["de", "en", "en-US", "live_chat", "en"], ["en.*", "*"]) == ("en", "en-US", "de")


def test_a_pattern_of_stars_takes_no_time() -> None:
    assert not matches("*a" * 1000, "a" * 999)


@pytest.mark.parametrize(
    ("pattern", "specific"), [("*", False), ("**", False), (".*", False), ("en", True), ("en-*", True)]
)
def test_a_wish_for_everything_names_no_language(pattern: str, specific: bool) -> None:
    assert is_specific(pattern) is specific
