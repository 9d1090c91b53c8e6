"""Live streams and premieres of the stand-in origin: told to the real yt-dlp, followed by a bare HTTP client."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import urllib3
import yt_dlp

from tests.origin import Answer, Broadcast, Origin, Video
from tests.origin.ytdlp import Ask, asking

VIDEO_ID = "liveOrigin0"
WATCH_URL = f"https://www.youtube.com/watch?v={VIDEO_ID}"
QUICK = Broadcast(every_seconds=0.1)

Get = Callable[[str], tuple[int, bytes]]


@pytest.fixture(scope="module")
def shared_origin() -> Iterator[Origin]:
    with Origin.start() as origin:
        yield origin


@pytest.fixture
def origin(shared_origin: Origin) -> Origin:
    """The origin, with nothing asked of it yet."""
    shared_origin.journal.clear()
    return shared_origin


@pytest.fixture(scope="module")
def ask(shared_origin: Origin, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ask]:
    folder = tmp_path_factory.mktemp("live")
    with asking(shared_origin, outtmpl=str(folder / "%(id)s.%(ext)s"), ignore_no_formats_error=True) as ask:
        yield ask


@pytest.fixture(scope="module")
def get(shared_origin: Origin) -> Iterator[Get]:
    with urllib3.ProxyManager(shared_origin.proxy_url, ca_certs=str(shared_origin.ca_bundle)) as pool:

        def get(url: str) -> tuple[int, bytes]:
            answer = pool.request("GET", url, timeout=20, retries=False)
            return answer.status, answer.data

        yield get


def numbers(playlist: bytes) -> list[int]:
    """The numbers of the segments a playlist names."""
    return [int(number) for number in re.findall(rb"/sq/(\d+)/", playlist)]


def grown(get: Get, url: str, least: int) -> bytes:
    """The playlist, as soon as it names segment `least`."""
    until = time.monotonic() + 20
    while time.monotonic() < until:
        _, playlist = get(url)
        if numbers(playlist)[-1] >= least:
            return playlist
        time.sleep(0.02)
    raise AssertionError("the stream does not grow")


def test_running_stream_grows_until_it_is_ended_and_is_a_video_then(origin: Origin, ask: Ask, get: Get) -> None:
    origin.add(Video(VIDEO_ID, answer=Answer.LIVE, broadcast=QUICK))
    running = ask(WATCH_URL)
    assert (running["live_status"], {each["height"] for each in running["formats"]}) == ("is_live", {144, 360})
    assert running["release_timestamp"] == pytest.approx(time.time(), abs=30)

    address = running["formats"][-1]["url"]
    playlist = grown(get, address, numbers(get(address)[1])[-1] + 3)
    assert b"ENDLIST" not in playlist
    assert numbers(playlist) == list(range(len(numbers(playlist))))
    status, segment = get(re.findall(r"https://.*/sq/2/.*", playlist.decode())[0])
    assert (status, segment[:1]) == (200, b"\x47")  # how MPEG-TS begins

    origin.end_live(VIDEO_ID)
    _, last = get(address)
    assert last.endswith(b"#EXT-X-ENDLIST\n")
    assert get(address)[1] == last
    ended = ask(WATCH_URL)
    assert (ended["live_status"], len(ended["formats"])) == ("was_live", 9)


def test_old_segments_of_a_window_and_those_to_come_are_not_there(origin: Origin, get: Get) -> None:
    begun = Broadcast(every_seconds=0.05, window=3)
    origin.add(Video(VIDEO_ID, answer=Answer.LIVE, broadcast=begun))
    address = f"https://videos.example.org/live/{VIDEO_ID}/itag/91/playlist/index.m3u8"

    # Beyond the thirty segments there are: from here on they come again.
    playlist = grown(get, address, 31)
    origin.end_live(VIDEO_ID)
    first, *_, last = numbers(get(address)[1])

    assert len(numbers(playlist)) == 3
    assert b"#EXT-X-DISCONTINUITY" in playlist
    found = [get(address.replace("playlist/index.m3u8", f"sq/{number}/file/seg.ts"))[0] for number in
             (first - 1, first, last, last + 1)]  # fmt: skip
    assert found == [404, 200, 200, 404]


def test_ended_stream_of_a_plain_site_is_downloaded_whole(origin: Origin, ask: Ask) -> None:
    origin.add(Video(VIDEO_ID, answer=Answer.LIVE, broadcast=QUICK))
    address = f"https://videos.example.org/live/{VIDEO_ID}/index.m3u8"
    assert ask(address)["live_status"] == "is_live"
    origin.end_live(VIDEO_ID)

    told = ask(address, download=True, fixup="never", format="worst")

    assert told["height"] == 144
    (download,) = told["requested_downloads"]
    fetched = [each for each in origin.requests(kind="segment", host="videos.example.org") if "itag/91" in each.path]
    assert Path(download["filepath"]).stat().st_size == sum(each.bytes_sent for each in fetched) > 0


def test_premiere_tells_its_start_and_goes_live_by_itself(origin: Origin, ask: Ask) -> None:
    later = datetime.now(UTC) + timedelta(hours=50)
    origin.add(Video(VIDEO_ID, answer=Answer.PREMIERE, broadcast=Broadcast(starts_at=later)))
    told = ask(WATCH_URL)
    assert (told["live_status"], told["release_timestamp"]) == ("is_upcoming", int(later.timestamp()))
    with pytest.raises(yt_dlp.utils.DownloadError, match="Premieres in 2 days"):
        ask(WATCH_URL, ignore_no_formats_error=False)

    soon = datetime.now(UTC) + timedelta(seconds=0.2)
    origin.add(Video(VIDEO_ID, answer=Answer.PREMIERE, broadcast=Broadcast(starts_at=soon)))
    time.sleep(0.3)
    assert ask(WATCH_URL)["live_status"] == "is_live"


def test_late_premiere_begins_when_the_test_says_so(origin: Origin, ask: Ask) -> None:
    past = datetime.now(UTC) - timedelta(seconds=5)
    origin.add(Video(VIDEO_ID, answer=Answer.PREMIERE, broadcast=Broadcast(starts_at=past, punctual=False)))

    before = ask(WATCH_URL)["live_status"]
    origin.start_live(VIDEO_ID)
    origin.end_live(VIDEO_ID, then=Answer.PRIVATE)

    assert before == "is_upcoming"
    with pytest.raises(yt_dlp.utils.DownloadError, match="Private video"):
        ask(WATCH_URL, ignore_no_formats_error=False)
