"""What playlists of live streams say, how recordings of two of them begin together, and how long they may be."""

from __future__ import annotations

import time

import pytest

from yt_videos_api.cage.runs import RunLimits
from yt_videos_api.domain.choices import Live
from yt_videos_api.domain.errors import DownloadFailure
from yt_videos_api.engine.live import over, require_begun
from yt_videos_api.engine.live_bounds import Bounds, StreamOver
from yt_videos_api.engine.live_clock import begins_at, moved, ticks_per_second
from yt_videos_api.engine.live_playlist import Key, Piece, Playlist, parse_playlist
from yt_videos_api.engine.live_transfer import common_beginning

URL = "https://live.example/a/list.m3u8?token=1"
FULL = """#EXTM3U
#EXT-X-VERSION:7
#EXT-X-TARGETDURATION:4
#EXT-X-MEDIA-SEQUENCE:100
#EXT-X-UNKNOWN:whatever
#EXT-X-MAP:URI="init.mp4",BYTERANGE="700@20"
#EXT-X-PROGRAM-DATE-TIME:2026-01-02T03:04:05.500Z
#EXTINF:4.0,a title, with a comma
#EXT-X-BYTERANGE:1000@720
one.mp4
#EXTINF:3.5
#EXT-X-BYTERANGE:500
one.mp4
#EXT-X-DISCONTINUITY
#EXT-X-KEY:METHOD=AES-128,URI="/key",IV=0x0102
#EXTINF:4
../two.ts?x=1
#EXT-X-KEY:METHOD=NONE
#EXT-X-GAP
#EXTINF:nan,
three.ts
#EXT-X-ENDLIST
"""


def parse(*lines: str) -> Playlist:
    return parse_playlist("\n".join(["#EXTM3U", *lines]), URL)


def test_all_that_a_playlist_tells_is_read() -> None:
    playlist = parse_playlist(FULL, URL)
    one, two, three, four = playlist.segments
    assert (playlist.target_seconds, playlist.ended) == (4.0, True)
    assert [segment.sequence for segment in playlist.segments] == [100, 101, 102, 103]
    assert [segment.seconds for segment in playlist.segments] == [4.0, 3.5, 4.0, 0.0]
    assert one.piece == Piece("https://live.example/a/one.mp4", 720, 1000)
    assert two.piece == Piece("https://live.example/a/one.mp4", 1720, 500)
    assert three.piece == Piece("https://live.example/two.ts?x=1")
    assert one.header == Piece("https://live.example/a/init.mp4", 20, 700)
    assert three.key == Key("https://live.example/key", bytes(14) + b"\x01\x02")
    assert (four.key, four.missing, four.discontinuity) == (None, True, False)
    assert [segment.discontinuity for segment in (one, two, three)] == [False, False, True]
    assert two.starts_at is not None
    assert two.starts_at == pytest.approx((one.starts_at or 0) + 4)


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        (("#EXT-X-KEY:METHOD=SAMPLE-AES,URI=k",), "drm_protected"),
        (('#EXT-X-KEY:METHOD=AES-128,URI="k",KEYFORMAT="com.apple.streamingkeydelivery"',), "drm_protected"),
        (("#EXT-X-STREAM-INF:BANDWIDTH=1", "a.m3u8"), "extraction_failed"),
        (("#EXTINF:x,", "a.ts"), "extraction_failed"),
        (("#EXT-X-MEDIA-SEQUENCE:-1",), "extraction_failed"),
        (("#EXT-X-BYTERANGE:x@y",), "extraction_failed"),
        (("#EXT-X-MAP:BYTERANGE=1@2",), "extraction_failed"),
        (("#EXTINF:1,", "file:///etc/passwd"), "blocked_address"),
        (('#EXT-X-MAP:URI="data:text/plain,x"',), "blocked_address"),
    ],
)
def test_a_playlist_that_cannot_be_recorded_has_a_code(lines: tuple[str, ...], code: str) -> None:
    with pytest.raises(DownloadFailure) as caught:
        parse(*lines)
    assert caught.value.code == code


def test_a_web_page_is_no_playlist() -> None:
    with pytest.raises(DownloadFailure, match="extraction_failed"):
        parse_playlist("<!doctype html>", URL)


def clocked(first: int, second: int, count: int = 4) -> Playlist:
    date = f"#EXT-X-PROGRAM-DATE-TIME:2026-01-02T03:04:{second:02}Z"
    media = [line for _ in range(count) for line in ("#EXTINF:2,", "a.ts")]
    return parse(f"#EXT-X-MEDIA-SEQUENCE:{first}", date, *media)


def test_streams_begin_together_by_the_clock_whatever_their_numbers() -> None:
    assert common_beginning([clocked(100, 10), clocked(7, 14)]) == [102, 7]
    assert common_beginning([clocked(100, 11), clocked(7, 14)]) in ([101, 7], [102, 7])


def test_streams_without_a_clock_begin_together_by_number() -> None:
    plain = [parse(f"#EXT-X-MEDIA-SEQUENCE:{first}", "#EXTINF:2,", "a.ts") for first in (5, 7)]
    assert common_beginning(plain) == [7, 7]


def test_both_streams_together_must_fit_into_the_largest_file() -> None:
    bounds = Bounds(RunLimits(file_bytes=100), time.monotonic() + 1000, None)
    bounds.admit(60)
    with pytest.raises(StreamOver):
        bounds.admit(41)
    with pytest.raises(StreamOver):  # the other stream ends, too
        bounds.check()


def test_time_is_left_for_joining_what_was_recorded() -> None:
    limits = RunLimits(wall_seconds=6 * 3600, file_bytes=2**40)
    Bounds(limits, time.monotonic() + 61, None).check()
    with pytest.raises(StreamOver):
        Bounds(limits, time.monotonic() + 59, None).check()
    with pytest.raises(StreamOver):  # a minute and half an hour
        Bounds(limits, time.monotonic() + 1800, None).admit(30 * 2**30)


def box(kind: bytes, content: bytes) -> bytes:
    return (8 + len(content)).to_bytes(4, "big") + kind + content


def fragment(track: int, ticks: int, version: int) -> bytes:
    tfhd = box(b"tfhd", bytes(4) + track.to_bytes(4, "big"))
    tfdt = box(b"tfdt", bytes([version, 0, 0, 0]) + ticks.to_bytes(8 if version else 4, "big"))
    return box(b"sidx", bytes(24)) + box(b"moof", box(b"traf", tfhd + tfdt)) + box(b"mdat", b"media")


@pytest.mark.parametrize("version", [0, 1])
def test_fragments_are_moved_in_time_and_nothing_else_of_them(version: int) -> None:
    clocks = {1: 1000}
    later = moved(fragment(1, 5000, version), clocks, 2.5)
    assert begins_at(later, clocks) == 7.5
    assert later == fragment(1, 7500, version).replace(b"sidx", b"free")


def test_a_clock_that_cannot_tell_the_time_is_refused() -> None:
    with pytest.raises(ValueError, match="do not fit"):
        moved(fragment(1, 5000, 0), {1: 1000}, -6.0)
    with pytest.raises(ValueError, match="do not fit"):
        moved(fragment(1, 2**32 - 1, 0), {1: 1000}, 1.0)


@pytest.mark.parametrize("content", [b"", b"\x00\x00\x00\x01moof", b"\x00\x00\x00\x09moof", bytes(64), b"\xff" * 64])
def test_broken_boxes_tell_no_time(content: bytes) -> None:
    assert ticks_per_second(content) == {}
    assert begins_at(content, {0: 1000}) is None


@pytest.mark.parametrize("status", ["is_upcoming", "is_live", "post_live"])
def test_what_has_not_ended_is_refused_where_nothing_is_recorded(status: str) -> None:
    with pytest.raises(DownloadFailure, match="not_yet_available"):
        require_begun({"live_status": status}, Live.REFUSE)


def test_a_stream_that_has_just_ended_is_waited_for_until_the_site_has_made_a_video_of_it() -> None:
    with pytest.raises(DownloadFailure, match="not_started") as caught:
        require_begun({"live_status": "post_live"}, Live.RECORD)
    assert caught.value.retry_at is not None
    assert caught.value.retry_at > time.time()
    assert not over(caught.value)  # what was recorded of it stays where it is until then


def test_a_video_that_was_a_stream_is_a_video() -> None:
    for status in ("was_live", "not_live", None):
        require_begun({"live_status": status}, Live.REFUSE)
        require_begun({"live_status": status}, Live.RECORD)
