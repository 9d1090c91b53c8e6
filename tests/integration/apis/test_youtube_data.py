"""The YouTube Data API, as the stand-in answers it, through the real gate and TLS."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from tests.origin import Answer, Channel, Origin, Playlist, Video, faults
from tests.origin.faults import Fault
from yt_videos_api.apis.fault import ApiFault, FaultReason
from yt_videos_api.apis.http import HttpLimits, JsonClient
from yt_videos_api.apis.youtube_data import YouTubeData
from yt_videos_api.cage.gate import Gate
from yt_videos_api.domain.lists import ListEntry, ListFacts

KEY = "key-nobody-may-see"
PLAYLIST = "PLdataapi0000"
CHANNEL = Channel(videos=("channel0001", "channel0002"), streams=("channel0003",))
LIMITS = HttpLimits(read_seconds=0.3, total_seconds=2)


def ids(count: int) -> tuple[str, ...]:
    """Valid YouTube ids, all different."""
    return tuple(f"data{number:07}" for number in range(count))


@pytest.fixture(scope="module")
def shared_origin() -> Iterator[Origin]:
    with Origin.start() as origin:
        origin.add_channel(CHANNEL)
        yield origin


@pytest.fixture
def origin(shared_origin: Origin) -> Iterator[Origin]:
    shared_origin.api_key = KEY
    yield shared_origin
    shared_origin.heal()
    shared_origin.api_quota = None


@pytest.fixture(scope="module")
def gate(shared_origin: Origin) -> Iterator[Gate]:
    with Gate(upstream=shared_origin.proxy_url) as running:
        yield running


@pytest.fixture
def http(gate: Gate, shared_origin: Origin) -> Iterator[JsonClient]:
    address = "https://www.googleapis.com/youtube/v3"
    with JsonClient(gate, address, ca_file=shared_origin.ca_bundle, limits=LIMITS) as client:
        yield client


@pytest.fixture
def spent() -> list[int]:
    """The units that were told of."""
    return []


@pytest.fixture
def youtube(http: JsonClient, spent: list[int], origin: Origin) -> YouTubeData:
    return YouTubeData(http, KEY, spent.append)


def all_entries(youtube: YouTubeData, playlist_id: str) -> list[ListEntry]:
    """A whole playlist."""
    page = youtube.entries(playlist_id)
    entries = [*page.entries]
    while page.next_page_token is not None:
        page = youtube.entries(playlist_id, page.next_page_token)
        entries += page.entries
    return entries


def test_playlist_is_complete_and_in_order_for_two_units_a_page(
    youtube: YouTubeData, origin: Origin, spent: list[int]
) -> None:
    wanted = ids(120)
    origin.add_playlist(Playlist(PLAYLIST, wanted, default_video=Video))
    before = origin.api_units

    entries = all_entries(youtube, PLAYLIST)

    assert tuple(entry.video_id for entry in entries) == wanted
    assert [entry.index for entry in entries] == list(range(1, 121))
    assert sum(spent) == 6 == origin.api_units - before


def test_every_fact_of_a_video_is_told(youtube: YouTubeData, origin: Origin) -> None:
    uploaded_at = datetime(2024, 2, 29, 23, 59, tzinfo=UTC)
    video = origin.add(Video("factsfacts1", title="A\u0301 title", channel="Ch", uploaded_at=uploaded_at))
    origin.add_playlist(Playlist(PLAYLIST, (video.id,)))

    [entry] = all_entries(youtube, PLAYLIST)

    assert entry == ListEntry(
        index=1,
        url="https://www.youtube.com/watch?v=factsfacts1",
        extractor="youtube",
        video_id="factsfacts1",
        title="A\u0301 title",
        duration_seconds=3.0,
        upload_date="20240229",
        channel="Ch",
        live=False,
    )


def test_what_is_gone_live_or_to_come_is_told_as_such(youtube: YouTubeData, origin: Origin) -> None:
    answers = {
        "private0000": Answer.PRIVATE,
        "removed0000": Answer.REMOVED,
        "live0000000": Answer.LIVE,
        "premiere000": Answer.PREMIERE,
        "usual000000": Answer.FULL,
    }
    for video_id, answer in answers.items():
        origin.add(Video(video_id, answer=answer))
    origin.add_playlist(Playlist(PLAYLIST, tuple(answers)))

    told = {str(entry.video_id): entry for entry in all_entries(youtube, PLAYLIST)}

    assert {video_id: entry.gone for video_id, entry in told.items()} == {
        "private0000": "private_video",
        "removed0000": "video_unavailable",
        "live0000000": None,
        "premiere000": None,
        "usual000000": None,
    }
    assert {video_id: entry.live for video_id, entry in told.items()} == {
        "private0000": None,
        "removed0000": None,
        "live0000000": True,
        "premiere000": True,
        "usual000000": False,
    }
    assert told["private0000"].title is told["removed0000"].title is None
    assert told["live0000000"].duration_seconds is None


@pytest.mark.parametrize("name", [CHANNEL.id, CHANNEL.handle, CHANNEL.handle.removeprefix("@")])
def test_channel_is_found_by_each_of_its_names(youtube: YouTubeData, name: str, spent: list[int]) -> None:
    channel = youtube.channel(name)

    assert channel.playlist_id == CHANNEL.uploads_id
    assert channel.facts == ListFacts(
        extractor="youtube:tab",
        list_id=CHANNEL.id,
        title=CHANNEL.title,
        webpage_url=f"https://www.youtube.com/channel/{CHANNEL.id}",
        channel=CHANNEL.title,
        channel_id=CHANNEL.id,
        count=3,
    )
    assert spent == [1]


def test_uploads_of_a_channel_are_listed_and_described(youtube: YouTubeData) -> None:
    uploads = youtube.channel(CHANNEL.handle).playlist_id
    assert {entry.video_id for entry in all_entries(youtube, uploads)} <= {*CHANNEL.videos, *CHANNEL.streams}
    assert youtube.playlist(uploads).channel_id == CHANNEL.id


def test_playlist_is_described(youtube: YouTubeData, origin: Origin) -> None:
    origin.add_playlist(Playlist(PLAYLIST, ids(7), title="Seven"))

    assert youtube.playlist(PLAYLIST) == ListFacts(
        extractor="youtube:tab",
        list_id=PLAYLIST,
        title="Seven",
        webpage_url=f"https://www.youtube.com/playlist?list={PLAYLIST}",
        channel="Stand-in Channel",
        channel_id="UCstandinchannel00000000",
        count=7,
    )


def test_empty_playlist_costs_one_unit(youtube: YouTubeData, origin: Origin, spent: list[int]) -> None:
    origin.add_playlist(Playlist(PLAYLIST, ()))
    assert all_entries(youtube, PLAYLIST) == []
    assert spent == [1]


def test_what_does_not_exist_or_is_private_is_not_found(youtube: YouTubeData, origin: Origin) -> None:
    origin.add_playlist(Playlist("PLprivate0000", ids(3), private=True))
    for playlist_id in ("PLnowhere0000", "PLprivate0000"):
        for ask in (youtube.entries, youtube.playlist):
            with pytest.raises(ApiFault) as caught:
                ask(playlist_id)
            assert caught.value.reason is FaultReason.NOT_FOUND
    for name in ("UC" + "x" * 22, "@nobody", "nobody"):
        with pytest.raises(ApiFault) as caught:
            youtube.channel(name)
        assert caught.value.reason is FaultReason.NOT_FOUND
        assert not caught.value.quota


def test_quota_that_ends_in_the_middle_of_a_list_is_told_as_that(
    youtube: YouTubeData, origin: Origin, spent: list[int]
) -> None:
    origin.add_playlist(Playlist(PLAYLIST, ids(60), default_video=Video))
    origin.api_quota = origin.api_units + 2
    page = youtube.entries(PLAYLIST)

    with pytest.raises(ApiFault) as caught:
        youtube.entries(PLAYLIST, page.next_page_token)

    assert caught.value.quota
    assert sum(spent) == 3, "calls that fail are counted, too"


def test_wrong_key_is_told_without_it(http: JsonClient, origin: Origin) -> None:
    wrong = YouTubeData(http, "another-secret", lambda _: None)
    with pytest.raises(ApiFault) as caught:
        wrong.playlist(PLAYLIST)
    assert caught.value.reason is FaultReason.KEY_REFUSED
    assert "another-secret" not in f"{caught.value} {caught.value!r} {wrong!r}"


def test_page_token_that_is_not_good_any_more_is_told_as_that(youtube: YouTubeData, origin: Origin) -> None:
    origin.add_playlist(Playlist(PLAYLIST, ids(3)))
    with pytest.raises(ApiFault) as caught:
        youtube.entries(PLAYLIST, "expired")
    assert caught.value.reason is FaultReason.BAD_PAGE_TOKEN


@pytest.mark.parametrize(
    ("fault", "reasons"),
    [
        (faults.Status(500), {FaultReason.UNAVAILABLE}),
        (faults.Status(503), {FaultReason.UNAVAILABLE}),
        (faults.Status(429), {FaultReason.RATE_LIMITED}),
        (faults.Status(418), {FaultReason.REFUSED}),
        (faults.Status(200), {FaultReason.BAD_ANSWER}),
        (faults.Stall(10), {FaultReason.TIMEOUT}),
        (faults.Latency(1), {FaultReason.TIMEOUT}),
        (faults.Drop(10), {FaultReason.NETWORK}),
        (faults.Truncate(10), {FaultReason.NETWORK}),
        (faults.Truncate(10, "agreeing"), {FaultReason.BAD_ANSWER}),
    ],
)
def test_whatever_goes_wrong_is_a_fault_counted_once_and_the_next_call_succeeds(
    youtube: YouTubeData, origin: Origin, spent: list[int], fault: Fault, reasons: set[FaultReason]
) -> None:
    origin.add_playlist(Playlist(PLAYLIST, ids(3)))
    origin.inject("api", fault, times=1)

    with pytest.raises(ApiFault) as caught:
        youtube.playlist(PLAYLIST)

    assert caught.value.reason in reasons
    assert not caught.value.quota
    assert spent == [1]
    assert youtube.playlist(PLAYLIST).count == 3
