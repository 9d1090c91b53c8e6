"""The YouTube Data API of the stand-in origin, asked by a bare HTTP client; what is listed, by the real yt-dlp, too."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any, Literal

import pytest
import urllib3

from tests.origin import Answer, Channel, Mark, Origin, Playlist, Video, faults
from tests.origin.ytdlp import asking

PLAYLIST_ID = "PLstandinapi"
HOST = "https://www.googleapis.com/youtube/v3"

Call = Callable[..., tuple[int, dict[str, Any]]]


def ids(count: int, prefix: str = "api") -> tuple[str, ...]:
    """Valid YouTube ids, all different."""
    return tuple(f"{prefix}{number:0{11 - len(prefix)}}" for number in range(count))


@pytest.fixture(scope="module")
def shared_origin() -> Iterator[Origin]:
    with Origin.start() as origin:
        yield origin


@pytest.fixture
def origin(shared_origin: Origin) -> Iterator[Origin]:
    yield shared_origin
    shared_origin.heal()
    shared_origin.api_quota = shared_origin.api_key = None
    shared_origin.journal.clear()


@pytest.fixture(scope="module")
def pools(shared_origin: Origin) -> Iterator[dict[str, urllib3.PoolManager]]:
    """A client that goes through the proxy, and one that does not."""
    with (
        urllib3.ProxyManager(shared_origin.proxy_url, ca_certs=str(shared_origin.ca_bundle)) as proxied,
        urllib3.PoolManager() as plain,
    ):
        yield {HOST: proxied, shared_origin.plain_url: plain}


@pytest.fixture
def call(pools: dict[str, urllib3.PoolManager]) -> Call:
    """Calls a method with a key; `base` is where the API is."""

    def call(method: str, *, base: str = HOST, **query: Any) -> tuple[int, dict[str, Any]]:
        fields = {name: str(value) for name, value in ({"key": "a-key"} | query).items()}
        answer = pools[base.removesuffix("/youtube/v3") if base != HOST else HOST].request(
            "GET", f"{base}/{method}", fields=fields, timeout=20, retries=False
        )
        return answer.status, json.loads(answer.data)

    return call


def reason(answer: tuple[int, dict[str, Any]]) -> tuple[int, str]:
    """Status and Google's word for a refusal."""
    status, told = answer
    assert told["error"]["code"] == status
    return status, told["error"]["errors"][0]["reason"]


def listed(call: Call, playlist_id: str) -> list[dict[str, Any]]:
    """All items of a playlist, page by page."""
    items: list[dict[str, Any]] = []
    token: dict[str, str] = {}
    while True:
        status, page = call(
            "playlistItems", part="snippet,contentDetails,status", playlistId=playlist_id, maxResults=50, **token
        )
        assert status == 200, page
        items += page["items"]
        if "nextPageToken" not in page:
            return items
        token = {"pageToken": page["nextPageToken"]}


def test_channel_of_250_costs_six_units(origin: Origin, call: Call) -> None:
    origin.add_channel(Channel(videos=ids(200, "vid"), shorts=ids(30, "sho"), streams=ids(20, "str")))
    before = origin.api_units

    _, told = call("channels", part="contentDetails", forHandle="@standin")
    uploads = told["items"][0]["contentDetails"]["relatedPlaylists"]["uploads"]
    found = [item["contentDetails"]["videoId"] for item in listed(call, uploads)]

    assert found == [*ids(200, "vid"), *ids(30, "sho"), *ids(20, "str")]
    assert origin.api_units - before == 6
    assert "snippet" not in told["items"][0]


@pytest.mark.parametrize(
    "name", [{"id": "UCstandinchannel00000000"}, {"forHandle": "standin"}, {"forUsername": "standin"}]
)
def test_channel_is_found_by_each_of_its_names(origin: Origin, call: Call, name: dict[str, str]) -> None:
    origin.add_channel(Channel())

    _, told = call("channels", part="id,snippet", **name)

    assert [channel["snippet"]["title"] for channel in told["items"]] == ["Stand-in Channel"]


def test_nobodys_channel_has_no_items_at_all(call: Call) -> None:
    status, told = call("channels", part="id", forHandle="@nobody")

    assert (status, told["pageInfo"]["totalResults"], "items" in told) == (200, 0, False)


def test_api_is_the_same_without_a_proxy(origin: Origin, call: Call) -> None:
    origin.add_playlist(Playlist(PLAYLIST_ID, ids(3)))
    query = {"part": "snippet,contentDetails,status", "playlistId": PLAYLIST_ID}

    assert call("playlistItems", base=f"{origin.plain_url}/youtube/v3", **query) == call("playlistItems", **query)


def test_private_and_removed_videos_are_items_without_a_day_and_no_videos(origin: Origin, call: Call) -> None:
    good, private, removed = ids(3)
    origin.add(Video(good, title="Good", uploaded_at=datetime(2026, 5, 6, 7, 8, 9, tzinfo=UTC)))
    origin.add(Video(private, answer=Answer.PRIVATE))
    origin.add(Video(removed, answer=Answer.REMOVED))
    origin.add_playlist(Playlist(PLAYLIST_ID, (good, private, removed)))

    items = listed(call, PLAYLIST_ID)
    asked = ",".join((good, private, removed, "neverListed"))
    _, videos = call("videos", part="snippet,contentDetails,status", id=asked)

    assert [
        (item["snippet"]["title"], item["status"]["privacyStatus"], item["contentDetails"].get("videoPublishedAt"))
        for item in items
    ] == [
        ("Good", "public", "2026-05-06T07:08:09Z"),
        ("Private video", "private", None),
        ("Deleted video", "privacyStatusUnspecified", None),
    ]
    (video,) = videos["items"]
    assert (video["id"], video["contentDetails"]["duration"]) == (good, "PT3S")
    assert (video["snippet"]["publishedAt"], video["snippet"]["liveBroadcastContent"]) == (
        "2026-05-06T07:08:09Z",
        "none",
    )


def test_refusals_come_in_googles_words(origin: Origin, call: Call) -> None:
    origin.add_playlist(Playlist(PLAYLIST_ID, ids(3)))
    origin.add_playlist(Playlist("PLprivate000", ids(3), private=True))
    origin.api_key = "the-key"
    items = {"part": "id", "key": "the-key", "playlistId": PLAYLIST_ID}

    assert reason(call("playlistItems", **items | {"key": "other"})) == (400, "keyInvalid")
    assert reason(call("playlistItems", **items | {"key": ""})) == (403, "forbidden")
    assert reason(call("playlistItems", **items | {"playlistId": "PLnowhere000"})) == (404, "playlistNotFound")
    assert reason(call("playlistItems", **items | {"playlistId": "PLprivate000"})) == (
        403,
        "playlistItemsNotAccessible",
    )
    assert reason(call("playlistItems", **items | {"pageToken": "x"})) == (400, "invalidPageToken")
    assert reason(call("playlistItems", **items | {"maxResults": 51})) == (400, "invalidParameter")
    assert reason(call("playlistItems", **items | {"part": ""})) == (400, "missingRequiredParameter")
    assert reason(call("videos", part="id", key="the-key", id=",".join(ids(51)))) == (400, "invalidFilters")


def test_calls_beyond_the_quota_are_refused_and_cost_nothing(origin: Origin, call: Call) -> None:
    origin.add_playlist(Playlist(PLAYLIST_ID, ids(120)))
    used = origin.api_units
    origin.api_quota = used + 2
    items = {"part": "id", "playlistId": PLAYLIST_ID}

    assert [call("playlistItems", **items)[0] for _ in range(2)] == [200, 200]
    assert reason(call("playlistItems", **items)) == (403, "quotaExceeded")
    assert origin.api_units == used + 2


def test_sponsorblock_tells_marks_by_hash_also_to_yt_dlp(origin: Origin, pools: dict[str, urllib3.PoolManager]) -> None:
    (video_id,) = ids(1, "spo")
    origin.add(Video(video_id))
    origin.mark(video_id, Mark(1.2, 1.8), Mark(2, 3, "outro", video_duration=3))
    wanted = {"key": "SponsorBlock", "when": "after_filter", "categories": ["sponsor", "outro"]}
    with asking(origin) as ask:
        info = ask(f"https://www.youtube.com/watch?v={video_id}", postprocessors=[wanted], download=True,
                   skip_download=True)  # fmt: skip

    assert [(each["start_time"], each["end_time"], each["category"]) for each in info["sponsorblock_chapters"]] == [
        (1.2, 1.8, "sponsor"),
        (2, 3, "outro"),
    ]
    plain = f"{origin.plain_url}/api/skipSegments/"
    prefix = hashlib.sha256(video_id.encode()).hexdigest()[:4]
    found = pools[origin.plain_url].request("GET", plain + prefix, retries=False)
    assert [(each["videoID"], len(each["segments"])) for each in found.json()][1:] == [(video_id, 1)]
    with origin.inject("api", faults.Status(503), address="skipSegments"):
        assert pools[origin.plain_url].request("GET", plain + prefix, retries=False).status == 503
    assert pools[origin.plain_url].request("GET", plain + "0000", retries=False).status == 404


def test_call_for_a_certain_page_can_fail(origin: Origin, call: Call) -> None:
    origin.add_playlist(Playlist(PLAYLIST_ID, ids(150)))
    failing = origin.inject("api", faults.Replace(b"{"), video=PLAYLIST_ID, page=3)

    with pytest.raises(ValueError, match="Expecting"):
        listed(call, PLAYLIST_ID)

    assert failing.hits == 1


def test_pages_of_ten_thousand_items_come_fast_in_both_ways_of_listing(origin: Origin, call: Call) -> None:
    wanted = ids(10_000)
    origin.add_playlist(Playlist(PLAYLIST_ID, wanted))

    assert tuple(item["contentDetails"]["videoId"] for item in listed(call, PLAYLIST_ID)) == wanted
    with asking(origin, extract_flat=True, playlistend=500) as ask:  # yt-dlp itself takes 50 ms for a page
        told = ask(f"https://www.youtube.com/playlist?list={PLAYLIST_ID}")
    assert tuple(entry["id"] for entry in told["entries"]) == wanted[:500]

    expected: dict[Literal["api", "list"], int] = {"api": 200, "list": 5}
    for kind, pages in expected.items():
        asked = origin.requests(kind=kind, video=PLAYLIST_ID)
        took = sorted((each.ended_at or 0) - each.started_at for each in asked)
        assert len(took) >= pages
        assert took[len(took) // 2] < 0.02, kind
