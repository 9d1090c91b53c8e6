"""Transfers with the real yt-dlp: whole or a failure, continued only when it is the same file."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.integration.engine.conftest import VIDEO, OpenRun
from tests.integration.engine.machine import members, wait_until
from tests.origin import Origin, Video, faults
from yt_videos_api.cage.runs import RunLimits
from yt_videos_api.domain.errors import DownloadFailure
from yt_videos_api.domain.offers import Part
from yt_videos_api.engine.run import YtDlpRun

SITE = "http://site.example"
FILE = SITE + "/media/x.mp4"
HLS = SITE + "/hls/x/master.m3u8"


def fetch(run: YtDlpRun, rung: str = "default") -> list[Part]:
    return run.transfer(run.extract(rung), lambda _: None)


def failure(run: YtDlpRun) -> str:
    with pytest.raises(DownloadFailure) as caught:
        fetch(run)
    return caught.value.code


def digests(folder: Path, parts: list[Part]) -> list[str]:
    return [hashlib.sha256((folder / part.path).read_bytes()).hexdigest() for part in parts]


@pytest.fixture
def reference(open_run: OpenRun, tmp_path: Path) -> Callable[[str], list[str]]:
    """Digests of the parts behind an address, fetched without any trouble."""

    def make(url: str) -> list[str]:
        folder = tmp_path / "reference"
        with open_run(url, folder=folder) as run:
            return digests(folder, fetch(run))

    return make


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (faults.Status(403), "forbidden"),
        (faults.Status(404), "forbidden"),
        (faults.Status(429), "rate_limited"),
        (faults.Status(503), "network"),
        (faults.Truncate(20_000, "right"), "incomplete"),
        (faults.Truncate(20_000, "agreeing"), "incomplete"),
        (faults.Truncate(20_000, "none"), "incomplete"),
        (faults.LongerLength(100), "incomplete"),
        (faults.Drop(10_000), "incomplete"),
        (faults.Stall(10_000), "stalled"),
        (faults.Throttle(100), "stalled"),
        (faults.Throttle(1), "stalled"),
    ],
    ids=repr,
)
def test_what_goes_wrong_with_media_has_a_code(
    open_run: OpenRun, origin: Origin, fault: faults.Fault, code: str
) -> None:
    origin.inject("media", fault)
    assert failure(open_run(limits=RunLimits(stall_seconds=0.6))) == code


def test_a_web_page_in_place_of_media_is_not_media(open_run: OpenRun, origin: Origin) -> None:
    origin.inject("media", faults.Replace(b"<!doctype html><title>captcha</title>", "text/html"))
    assert failure(open_run()) == "not_media"


def test_a_short_file_is_not_taken_for_finished_by_the_next_run(open_run: OpenRun, origin: Origin) -> None:
    with origin.inject("media", faults.Truncate(20_000, "agreeing")), open_run() as run:
        assert failure(run) == "incomplete"
    with open_run() as run:
        assert [part.size_bytes for part in fetch(run)] == [
            stream.size_bytes for stream in run.extract("default").streams
        ]


def test_more_than_the_limit_is_too_large(open_run: OpenRun) -> None:
    assert failure(open_run(limits=RunLimits(file_bytes=50_000))) == "too_large"
    assert failure(open_run(FILE, limits=RunLimits(file_bytes=50_000))) == "too_large"


def test_what_grows_beyond_the_limit_is_too_large(open_run: OpenRun, origin: Origin) -> None:
    assert failure(open_run(HLS, limits=RunLimits(file_bytes=300_000))) == "too_large"


def test_a_missing_segment_in_the_middle_is_incomplete(open_run: OpenRun, origin: Origin) -> None:
    origin.inject("segment", faults.Status(404), address="1.ts")
    assert failure(open_run(HLS)) == "incomplete"


def test_a_dropped_connection_is_taken_up_again_in_the_same_run(
    open_run: OpenRun, origin: Origin, reference: Callable[[str], list[str]], tmp_path: Path
) -> None:
    expected = reference(f"https://www.youtube.com/watch?v={VIDEO.id}")
    origin.inject("media", faults.Drop(400_000), address="itag=248", times=1)
    assert digests(tmp_path / "staging", fetch(open_run())) == expected


def kill_while_fetching(run: YtDlpRun, reached: Callable[[], bool]) -> None:
    """The process of the run dies in the middle, as by the kernel's hand."""

    def kill() -> None:
        wait_until(reached, "the middle of the transfer")
        os.killpg(run.group, signal.SIGKILL)

    killer = threading.Thread(target=kill)
    offer = run.extract("default")
    killer.start()
    with pytest.raises(DownloadFailure, match="engine_crashed"):
        run.transfer(offer, lambda _: None)
    killer.join()
    wait_until(lambda: not members(run.group), "the end of the group")


@pytest.fixture
def half_way(open_run: OpenRun, origin: Origin, tmp_path: Path) -> int:
    """A killed run has left more than half a megabyte of the video stream; the exact number of bytes."""
    partial = tmp_path / "staging" / "248.webm.part"
    with origin.hold("media", address="itag=248", after_bytes=800_000), open_run() as run:
        kill_while_fetching(run, lambda: partial.exists() and partial.stat().st_size > 500_000)
    return partial.stat().st_size


def test_a_killed_transfer_is_continued_and_the_bytes_are_right(
    open_run: OpenRun, origin: Origin, half_way: int, reference: Callable[[str], list[str]], tmp_path: Path
) -> None:
    before = len(origin.requests(kind="media"))
    parts = fetch(open_run())
    assert parts[0].resumed_bytes == half_way
    asked = [request for request in origin.requests(kind="media")[before:] if request.query["itag"] == "248"]
    assert [request.headers["range"].split("-")[0] for request in asked] == [f"bytes={half_way}"]
    assert digests(tmp_path / "staging", parts) == reference(f"https://www.youtube.com/watch?v={VIDEO.id}")


def test_a_file_that_changed_meanwhile_is_started_over(open_run: OpenRun, origin: Origin, half_way: int) -> None:
    origin.inject("media", faults.Changing(), address="itag=248", times=1)
    before = len(origin.requests(kind="media"))
    parts = fetch(open_run())
    assert (parts[0].resumed_bytes, parts[0].size_bytes) == (0, parts[0].stream.size_bytes)
    asked = [request for request in origin.requests(kind="media")[before:] if request.query["itag"] == "248"]
    assert asked[0].headers["range"].startswith(f"bytes={half_way}-")


def unname(part: Path) -> None:
    """As if killed after the last byte, before the file had its name."""
    stamp = part.with_name(f"{part.name}.stamp")
    noted = json.loads(stamp.read_text())
    assert noted["finished_bytes"] == part.stat().st_size
    stamp.write_text(json.dumps({**noted, "finished_bytes": None}))
    part.rename(part.with_name(f"{part.name}.part"))


@pytest.mark.parametrize("url", [f"https://www.youtube.com/watch?v={VIDEO.id}", FILE], ids=["size told", "not told"])
def test_a_run_killed_after_the_last_byte_is_continued(open_run: OpenRun, tmp_path: Path, url: str) -> None:
    with open_run(url) as run:
        first = fetch(run)
    expected = digests(tmp_path / "staging", first)
    unname(tmp_path / "staging" / first[0].path)
    with open_run(url) as run:
        assert digests(tmp_path / "staging", fetch(run)) == expected


def test_of_a_file_whose_size_is_known_only_the_last_byte_is_fetched_again(
    open_run: OpenRun, origin: Origin, tmp_path: Path
) -> None:
    with open_run() as run:
        first = fetch(run)
    unname(tmp_path / "staging" / first[0].path)
    before = len(origin.requests(kind="media"))
    assert fetch(open_run())[0].resumed_bytes == first[0].size_bytes - 1
    assert [asked.headers["range"].split("-")[0] for asked in origin.requests(kind="media")[before:]] == [
        f"bytes={first[0].size_bytes - 1}"
    ]


@pytest.mark.usefixtures("half_way")
def test_a_part_without_its_stamp_is_started_over(open_run: OpenRun, tmp_path: Path) -> None:
    (tmp_path / "staging" / "248.webm.stamp").unlink()
    assert fetch(open_run())[0].resumed_bytes == 0


@pytest.mark.usefixtures("half_way")
def test_another_video_in_the_same_folder_does_not_continue_the_first(open_run: OpenRun, origin: Origin) -> None:
    other = origin.add(Video("bbbbbbbbbbb"))
    parts = fetch(open_run(f"https://www.youtube.com/watch?v={other.id}"))
    assert (parts[0].resumed_bytes, parts[0].size_bytes) == (0, parts[0].stream.size_bytes)


@dataclass
class Interrupted:
    """A killed transfer of segments, and what it would have come to."""

    url: str
    folder: Path
    digests: list[str]
    refetched: Callable[[], int]  # how many segments were asked for since
    all_segments: int

    @property
    def note(self) -> Path:
        """yt-dlp's note of the first part that has one."""
        return min(self.folder.glob("*.ytdl"))


LISTS = ["/hls/x/master.m3u8", "/hls-fmp4/x/master.m3u8", "/dash/x.mpd"]


@pytest.fixture(params=LISTS)
def interrupted(request: pytest.FixtureRequest, open_run: OpenRun, origin: Origin, tmp_path: Path) -> Interrupted:
    """Killed while it waits for the last but one segment of the video."""
    url = SITE + request.param
    reference = tmp_path / "reference"
    before = len(origin.requests(kind="segment"))
    with open_run(url, folder=reference) as run:
        whole = digests(reference, fetch(run))
    paths = [each.path for each in origin.requests(kind="segment")[before:]]
    video = [path for path in paths if "1080" in path or "video" in path] or paths
    with origin.hold("segment", address=video[-2]) as hold, open_run(url) as run:
        kill_while_fetching(run, lambda: hold.reached)
    after = len(origin.requests(kind="segment"))
    return Interrupted(
        url,
        tmp_path / "staging",
        whole,
        refetched=lambda: len(origin.requests(kind="segment")) - after,
        all_segments=len(set(paths)),
    )


def read_note(interrupted: Interrupted) -> dict[str, Any]:
    """What yt-dlp noted of its segments; it may have been killed while it wrote that."""
    noted: dict[str, Any] = json.loads(
        interrupted.note.read_text() or '{"downloader": {"current_fragment": {"index": 1}}}'
    )
    return noted


def test_killed_segments_come_out_right(open_run: OpenRun, interrupted: Interrupted) -> None:
    parts = fetch(open_run(interrupted.url))
    assert digests(interrupted.folder, parts) == interrupted.digests


@pytest.mark.parametrize("interrupted", ["/hls/x/master.m3u8", "/dash/x.mpd"], indirect=True)
def test_killed_segments_are_continued(open_run: OpenRun, interrupted: Interrupted) -> None:
    parts = fetch(open_run(interrupted.url))
    assert sum(part.resumed_bytes for part in parts) > 0
    assert interrupted.refetched() < interrupted.all_segments


def test_a_segment_that_was_appended_but_not_noted_is_not_there_twice(
    open_run: OpenRun, interrupted: Interrupted
) -> None:
    noted = read_note(interrupted)
    noted["downloader"]["current_fragment"]["index"] -= 1
    interrupted.note.write_text(json.dumps(noted))
    parts = fetch(open_run(interrupted.url))
    assert digests(interrupted.folder, parts) == interrupted.digests


def test_a_run_killed_after_the_last_byte_of_a_segment_is_continued(
    open_run: OpenRun, interrupted: Interrupted
) -> None:
    index = read_note(interrupted)["downloader"]["current_fragment"]["index"]
    part = interrupted.note.name.removesuffix(".ytdl")
    (interrupted.folder / f"{part}.part-Frag{index + 1}.part").write_bytes(bytes(10_000_000))
    parts = fetch(open_run(interrupted.url))
    assert digests(interrupted.folder, parts) == interrupted.digests


@pytest.mark.parametrize("note", ["", "{", '{"downloader": {"current_fragment": {"index": 99}}}'])
def test_a_broken_note_of_segments_does_not_break_the_file(
    open_run: OpenRun, interrupted: Interrupted, note: str
) -> None:
    interrupted.note.write_text(note)
    parts = fetch(open_run(interrupted.url))
    assert digests(interrupted.folder, parts) == interrupted.digests
