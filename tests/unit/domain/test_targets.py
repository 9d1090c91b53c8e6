"""From what a user typed to what is to be archived."""

from __future__ import annotations

import pytest

from yt_videos_api.domain.errors import InvalidInput
from yt_videos_api.domain.identity import VideoIdentity
from yt_videos_api.domain.targets import EntityType, is_youtube_address, resolve_target

ID = "dQw4w9WgXcQ"


@pytest.mark.parametrize(
    "text",
    [
        ID,
        f" {ID} ",
        f"https://www.youtube.com/watch?v={ID}",
        f"https://youtu.be/{ID}?t=42",
        f"https://m.youtube.com/watch?v={ID}&list=PL1",
        f"https://www.youtube.com/shorts/{ID}",
        f"https://www.youtube.com/live/{ID}?feature=share",
    ],
)
def test_every_way_to_name_a_youtube_video_is_the_same_video(text: str) -> None:
    target = resolve_target(EntityType.VIDEO, text)
    assert target.identity == VideoIdentity("youtube", ID)
    assert target.source_url == f"https://www.youtube.com/watch?v={ID}"


def test_a_youtube_address_given_as_url_is_that_video_too() -> None:
    by_url = resolve_target(EntityType.URL, f"https://youtu.be/{ID}")
    assert by_url == resolve_target(EntityType.VIDEO, ID)


def test_any_other_address_is_provisional_until_its_site_was_asked() -> None:
    target = resolve_target(EntityType.URL, "https://EXAMPLE.com:443/a?b=c#d")
    assert target.identity.provisional
    assert target.source_url == "https://example.com/a?b=c"
    assert target.url_key == resolve_target(EntityType.URL, "https://example.com/a?b=c").url_key


@pytest.mark.parametrize(
    ("entity_type", "text", "code"),
    [
        (EntityType.VIDEO, "too-short", "video.id"),
        (EntityType.VIDEO, "https://example.com/video", "video.id"),
        (EntityType.VIDEO, "", "video.id"),
        (EntityType.URL, ID, "url.syntax"),
        (EntityType.URL, "file:///etc/passwd", "url.scheme"),
        (EntityType.URL, "http://127.0.0.1/", "url.address_not_public"),
        (EntityType.URL, "--exec=reboot", "url.syntax"),
    ],
)
def test_what_cannot_be_archived_is_refused_by_name(entity_type: EntityType, text: str, code: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        resolve_target(entity_type, text)
    assert caught.value.field == "entity_id"
    assert caught.value.code == code


def test_an_exception_lets_exactly_that_host_and_port_through() -> None:
    exceptions = frozenset({("127.0.0.1", 9000)})
    assert resolve_target(EntityType.URL, "http://127.0.0.1:9000/x", exceptions=exceptions).source_url
    with pytest.raises(InvalidInput):
        resolve_target(EntityType.URL, "http://127.0.0.1:9001/x", exceptions=exceptions)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://www.youtube.com/@channel/live", True),
        ("https://youtu.be/aaaaaaaaaaa", True),
        ("https://m.youtube.com/watch?v=aaaaaaaaaaa", True),
        ("https://www.youtube-nocookie.com/embed/aaaaaaaaaaa", True),
        ("https://youtube.com.evil.example/watch", False),
        ("https://notyoutube.com/watch", False),
        ("https://example.org/?u=youtube.com", False),
    ],
)
def test_youtube_is_told_by_its_host(url: str, expected: bool) -> None:
    assert is_youtube_address(url) is expected
