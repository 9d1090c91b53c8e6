"""What is told of a video to everybody: planted secrets appear nowhere."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yt_videos_api.engine.description import described, public_address
from yt_videos_api.engine.secrets import Secrets

SECRET = "s3cr3t-plant"
MEDIA = f"https://media.example/v?sig={SECRET}"


def told(info: dict[str, Any]) -> dict[str, Any]:
    """As it is written."""
    found = described(info, str)
    return dict(json.loads(json.dumps(found, allow_nan=False)))


PLANTED: dict[str, Any] = {
    "id": "a",
    "title": "A title, see https://site.example/about",
    "extractor_key": "Site",
    "webpage_url": f"https://user:{SECRET}@site.example/watch?v=a&token={SECRET}#{SECRET}",
    "original_url": f"https://site.example/{SECRET}",
    "channel_url": "https://site.example/c",
    "url": MEDIA,
    "manifest_url": MEDIA,
    "thumbnail": f"https://site.example/t.jpg?w=10&signature={SECRET}",
    "thumbnails": [{"id": "0", "url": f"https://site.example/t.jpg?expire={SECRET}", "http_headers": {"X": SECRET}}],
    "http_headers": {"Cookie": SECRET, "User-Agent": SECRET},
    "cookies": SECRET,
    "po_token": SECRET,
    "visitor_data": SECRET,
    "_private": SECRET,
    "requested_formats": [{"url": MEDIA}],
    "requested_downloads": [{"filepath": f"/staging/{SECRET}"}],
    "api_key": SECRET,
    "player": {"embed": {"page": MEDIA, "authorization": f"Bearer {SECRET}", "kept": 1}},
    "strange": [f"//media.example/{SECRET}", f"see http://media.example/{SECRET}", {"session_id": SECRET}],
    MEDIA: "as a name",
    "formats": [
        {
            "format_id": "22",
            "vcodec": "avc1",
            "filesize": 5,
            "url": MEDIA,
            "fragments": [{"url": MEDIA}],
            "fragment_base_url": MEDIA,
            "http_headers": {"Cookie": SECRET},
            "cookies": SECRET,
            "downloader_options": {"ffmpeg_args": ["-headers", SECRET]},
            "hls_aes": {"key": SECRET},
            "anything_else": SECRET,
        }
    ],
    "subtitles": {"en": [{"ext": "vtt", "name": "English", "url": MEDIA, "data": SECRET}]},
    "automatic_captions": {"de": [{"ext": "vtt", "url": MEDIA}]},
}


def test_planted_secrets_appear_nowhere() -> None:
    assert SECRET not in json.dumps(told(PLANTED))


def test_what_everybody_may_know_stays() -> None:
    found = told(PLANTED)
    assert found["title"] == PLANTED["title"]
    assert found["webpage_url"] == "https://site.example/watch?v=a"
    assert found["channel_url"] == "https://site.example/c"
    assert found["thumbnail"] == "https://site.example/t.jpg?w=10"
    assert found["thumbnails"] == [{"id": "0", "url": "https://site.example/t.jpg"}]
    assert found["formats"] == [{"format_id": "22", "vcodec": "avc1", "filesize": 5}]
    assert found["subtitles"] == {"en": [{"ext": "vtt", "name": "English"}]}
    assert found["extractor_key"] == "Site"
    assert found["player"] == {"embed": {"kept": 1}}


def test_secrets_that_are_known_are_masked_wherever_they_stand() -> None:
    secrets = Secrets([SECRET])
    info = {"title": f"by {SECRET}", "description": SECRET, "tags": [SECRET], "x": {SECRET: 1}, "webpage_url": MEDIA}
    assert SECRET not in json.dumps(described(info, secrets.masked))


def test_numbers_that_are_none_and_bottomless_depths_are_left_out() -> None:
    deep: dict[str, Any] = {}
    bottom = deep
    for _ in range(100):
        bottom["deeper"] = {}
        bottom = bottom["deeper"]
    bottom["deeper"] = deep
    found = told({"a": float("nan"), "b": [float("inf"), 1], "c": deep, "d": object()})
    assert found["b"] == [1]
    assert set(found) == {"b", "c"}


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("https://site.example/a?id=1", "https://site.example/a?id=1"),
        ("http://user@[::1]:8080/a", "http://[::1]:8080/a"),
        ("file:///etc/passwd", None),
        ("javascript:alert(1)", None),
        ("http://[", None),
        ("https://site.example:99999/", None),
    ],
)
def test_addresses_of_pages_lose_what_is_not_for_everybody(address: str, public: str | None) -> None:
    assert public_address(address) == public


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text() | st.binary(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_whatever_an_extractor_says_is_json_in_the_end(value: Any) -> None:
    told({"x": value, "formats": value, "thumbnails": value, "subtitles": value, "webpage_url": value})
