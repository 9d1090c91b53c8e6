"""From what a user typed to what is to be archived."""

from __future__ import annotations

import pytest

from yt_videos_api.domain.errors import InvalidInput
from yt_videos_api.domain.identity import VideoIdentity
from yt_videos_api.domain.targets import (
    EntityType,
    ListTarget,
    Target,
    is_youtube_address,
    leads_only_to_youtube,
    resolve_target,
)

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
    assert isinstance(target, Target)
    assert target.identity == VideoIdentity("youtube", ID)
    assert target.source_url == f"https://www.youtube.com/watch?v={ID}"


def test_a_youtube_address_given_as_url_is_that_video_too() -> None:
    by_url = resolve_target(EntityType.URL, f"https://youtu.be/{ID}")
    assert by_url == resolve_target(EntityType.VIDEO, ID)


def test_any_other_address_is_provisional_until_its_site_was_asked() -> None:
    target = resolve_target(EntityType.URL, "https://EXAMPLE.com:443/a?b=c#d")
    assert isinstance(target, Target)
    assert target.identity.provisional
    assert target.source_url == "https://example.com/a?b=c"
    assert target == resolve_target(EntityType.URL, "https://example.com/a?b=c")


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


CHANNEL_ID = "UC" + "a1-_" * 5 + "Xy"


@pytest.mark.parametrize(
    "text",
    [
        "PLabcdefghijk",
        "https://www.youtube.com/playlist?list=PLabcdefghijk",
        "https://m.youtube.com/playlist?list=PLabcdefghijk&si=tracking",
        "youtube.com/playlist?list=PLabcdefghijk",
        f"https://www.youtube.com/watch?v={ID}&list=PLabcdefghijk&index=3",
    ],
)
def test_every_way_to_name_a_playlist_is_the_same_playlist(text: str) -> None:
    target = resolve_target(EntityType.PLAYLIST, text)
    address = "https://www.youtube.com/playlist?list=PLabcdefghijk"
    assert target == ListTarget(EntityType.PLAYLIST, address, (address,), "PLabcdefghijk")


@pytest.mark.parametrize(
    ("text", "root", "list_id"),
    [
        ("@standin", "https://www.youtube.com/@standin", "@standin"),
        ("https://www.youtube.com/@standin/featured", "https://www.youtube.com/@standin", "@standin"),
        (CHANNEL_ID, f"https://www.youtube.com/channel/{CHANNEL_ID}", CHANNEL_ID),
        (f"youtube.com/channel/{CHANNEL_ID}", f"https://www.youtube.com/channel/{CHANNEL_ID}", CHANNEL_ID),
        ("https://www.youtube.com/c/old-name", "https://www.youtube.com/c/old-name", None),
    ],
)
def test_a_channel_is_its_three_tabs(text: str, root: str, list_id: str | None) -> None:
    target = resolve_target(EntityType.CHANNEL, text)
    assert isinstance(target, ListTarget)
    assert target.parts == (f"{root}/videos", f"{root}/shorts", f"{root}/streams")
    assert (target.source_url, target.list_id, target.tab) == (root, list_id, None)


def test_a_tab_of_a_channel_is_listed_alone() -> None:
    target = resolve_target(EntityType.CHANNEL, "https://www.youtube.com/@standin/shorts")
    assert isinstance(target, ListTarget)
    assert (target.parts, target.tab) == (("https://www.youtube.com/@standin/shorts",), "shorts")


def test_the_address_of_a_list_given_as_url_is_that_list_and_one_of_a_video_in_a_list_that_video() -> None:
    assert isinstance(resolve_target(EntityType.URL, "https://www.youtube.com/@standin"), ListTarget)
    assert isinstance(resolve_target(EntityType.URL, "https://www.youtube.com/playlist?list=PLabcdefghijk"), ListTarget)
    assert isinstance(
        resolve_target(EntityType.URL, f"https://www.youtube.com/watch?v={ID}&list=PLabcdefghijk"), Target
    )


@pytest.mark.parametrize(
    ("entity_type", "text"),
    [
        (EntityType.PLAYLIST, ID),
        (EntityType.PLAYLIST, "@standin"),
        (EntityType.PLAYLIST, "https://example.com/playlist?list=PLabcdefghijk"),
        (EntityType.PLAYLIST, "--playlist-items=1"),
        (EntityType.CHANNEL, "PLabcdefghijk"),
        (EntityType.CHANNEL, "@x y"),
        (EntityType.CHANNEL, "https://www.youtube.com/feed/trending"),
        (EntityType.CHANNEL, ""),
    ],
)
def test_what_is_no_list_of_youtube_is_refused_by_name(entity_type: EntityType, text: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        resolve_target(entity_type, text)
    assert caught.value.field == "entity_id"


@pytest.mark.parametrize(
    ("asked", "text", "kind"),
    [
        (EntityType.VIDEO, "https://www.youtube.com/playlist?list=PLabcdefghijk", "playlist"),
        (EntityType.VIDEO, "PLabcdefghijk", "playlist"),
        (EntityType.VIDEO, "youtube.com/@standin/shorts", "channel"),
        (EntityType.VIDEO, "@standin", "channel"),
        (EntityType.VIDEO, CHANNEL_ID, "channel"),
        (EntityType.PLAYLIST, "@standin", "channel"),
        (EntityType.CHANNEL, "https://www.youtube.com/playlist?list=PLabcdefghijk", "playlist"),
        (EntityType.CHANNEL, f"https://youtu.be/{ID}", "video"),
    ],
)
def test_what_is_of_another_kind_than_was_said_is_told_to_be_of_that(asked: EntityType, text: str, kind: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        resolve_target(asked, text)
    assert caught.value.problem == f'is a {kind}; use entity_type "{kind}".'


@pytest.mark.parametrize("text", ["abcdefghijklm", "https://example.com/@standin", "--exec=reboot", "@x y"])
def test_what_is_of_no_kind_that_is_known_is_not_called_one(text: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        resolve_target(EntityType.VIDEO, text)
    assert caught.value.code == "video.id"


@pytest.mark.parametrize(
    ("url", "stays"),
    [
        ("https://www.youtube.com/watch?v=jNQXAC9IVRw", True),
        ("https://youtu.be/jNQXAC9IVRw", True),
        ("https://www.youtube.com/playlist?list=PL0123456789", True),
        ("https://www.youtube.com/@jawed/videos", True),
        ("https://www.youtube.com/@jawed/live", True),
        ("https://www.youtube.com/redirect?q=https://site.example/", False),
        ("https://www.youtube.com/redirect?q=https://site.example/live", False),
        ("https://consent.youtube.com/m?continue=https://www.youtube.com/watch?v=jNQXAC9IVRw", False),
        ("https://site.example/watch?v=jNQXAC9IVRw", False),
        ("http://127.0.0.1:4416/@jawed", False),
    ],
)
def test_addresses_that_stay_with_youtube_are_told_from_those_that_lead_anywhere(url: str, stays: bool) -> None:
    assert leads_only_to_youtube(url) is stays
