"""Three letters for what sites say in two or more."""

from __future__ import annotations

import pytest

from yt_videos_api.media.language_codes import is_language_tag, three_letters


@pytest.mark.parametrize(
    ("tag", "terminological", "bibliographic"),
    [
        ("en", "eng", "eng"),
        ("de", "deu", "ger"),
        ("pt-BR", "por", "por"),
        ("zh_Hant_TW", "zho", "chi"),
        ("iw", "heb", "heb"),
        ("deu", "deu", "ger"),
        ("gsw-CH", "gsw", "gsw"),
        ("FR", "fra", "fre"),
        ("xx", "und", "und"),
        ("", "und", "und"),
        ("-metadata", "und", "und"),
        ("en title=x", "und", "und"),
    ],
)
def test_each_container_gets_the_code_it_asks_for(tag: str, terminological: str, bibliographic: str) -> None:
    assert three_letters(tag, bibliographic=False) == terminological
    assert three_letters(tag, bibliographic=True) == bibliographic


@pytest.mark.parametrize("text", ["", "e", "en\n", "en=x", "en us", "-en", "en-", "ｅｎ", "en-" + "a" * 9])
def test_only_what_has_the_form_of_a_tag_is_one(text: str) -> None:
    assert not is_language_tag(text)
    assert is_language_tag("es-419")
