"""Damage is found: files cut anywhere, holes of zeros, missing pieces, and things that are no video at all."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.integration.media.studio import SECONDS, Studio, part
from yt_videos_api.domain.errors import DownloadFailure
from yt_videos_api.domain.policy import Container
from yt_videos_api.media.boxes import top_boxes
from yt_videos_api.media.expectation import Expectation

WHOLE_FILES = ["h264.mp4", "faststart.mp4", "fragmented.mp4", "dash.mp4", "av1.mp4", "vp9.webm", "vp8.webm", "ac3.mkv"]
# Every tenth here, so that the table takes seconds; all of 1 to 99 % were tried by hand on 5.1.9 and on the wheels.
CUTS_PERCENT = [1, *range(9, 99, 10), 99]


def refusal(check: Callable[..., object], *arguments: object, **more: object) -> str:
    """The code that `check` fails with; that it does fail is what the tests are about."""
    with pytest.raises(DownloadFailure) as refused:
        check(*arguments, **more)
    return refused.value.code


@pytest.mark.parametrize("name", WHOLE_FILES)
def test_a_file_cut_anywhere_is_found(studio: Studio, tmp_path: Path, name: str) -> None:
    whole = studio.clip(name).read_bytes()
    for percent in CUTS_PERCENT:
        path = tmp_path / name
        path.write_bytes(whole[: len(whole) * percent // 100])
        # Even without anybody telling how long it should be.
        assert refusal(studio.verify, path) == "damaged_media", percent


@pytest.mark.parametrize("name", ["h264.mp4", "fragmented.mp4", "vp9.webm", "hls.ts", "dash.mp4"])
def test_a_part_cut_anywhere_is_found(studio: Studio, tmp_path: Path, name: str) -> None:
    whole = studio.clip(name).read_bytes()
    for percent in CUTS_PERCENT:
        (tmp_path / name).write_bytes(whole[: len(whole) * percent // 100])
        assert refusal(studio.archive, tmp_path, Container.MKV, part(name)) == "damaged_media", percent


@pytest.mark.parametrize("lost_seconds", [1.5, 3, 5])
def test_a_transport_stream_that_ends_early_between_two_packets_is_found_by_its_length(
    studio: Studio, tmp_path: Path, lost_seconds: float
) -> None:
    whole = studio.clip("hls.ts").read_bytes()
    kept = int(len(whole) * (1 - lost_seconds / SECONDS)) // 188 * 188
    (tmp_path / "hls.ts").write_bytes(whole[:kept])
    assert refusal(studio.archive, tmp_path, Container.MP4, part("hls.ts")) == "damaged_media"


@pytest.mark.parametrize("name", [*WHOLE_FILES, "live.webm"])
def test_zeros_in_the_middle_are_found(studio: Studio, tmp_path: Path, name: str) -> None:
    whole = studio.clip(name).read_bytes()
    size = max(len(whole) // 10, 8000)
    for percent in (20, 45, 70):
        at = len(whole) * percent // 100
        (tmp_path / name).write_bytes(whole[:at] + bytes(size) + whole[at + size :])
        assert refusal(studio.verify, tmp_path / name) == "damaged_media", percent


@pytest.mark.parametrize("lost", [1, 3])
def test_a_missing_segment_is_found(studio: Studio, tmp_path: Path, lost: int) -> None:
    segments = studio.segments()
    (tmp_path / "joined.ts").write_bytes(b"".join(segments[:lost] + segments[lost + 1 :]))
    for container in (Container.MP4, Container.MKV):
        assert refusal(studio.archive, tmp_path, container, part("joined.ts")) == "damaged_media"


@pytest.mark.parametrize("lost", [1, 3])
def test_a_missing_fragment_is_found_before_and_after_the_pass(studio: Studio, tmp_path: Path, lost: int) -> None:
    whole = studio.clip("fragmented.mp4").read_bytes()
    with studio.clip("fragmented.mp4").open("rb") as file:
        boxes = list(top_boxes(file))
    starts = [index for index, box in enumerate(boxes) if box.kind == b"moof"]
    first, behind = boxes[starts[lost] - 1].end, boxes[starts[lost] + 1].end
    (tmp_path / "holed.mp4").write_bytes(whole[:first] + whole[behind:])
    assert refusal(studio.verify, tmp_path / "holed.mp4") == "damaged_media"
    assert refusal(studio.archive, tmp_path, Container.MP4, part("holed.mp4")) == "damaged_media"


def test_a_missing_cluster_is_found(studio: Studio, tmp_path: Path) -> None:
    clusters = studio.clip("picture.webm").read_bytes().split(b"\x1f\x43\xb6\x75")
    assert len(clusters) > 4
    (tmp_path / "holed.webm").write_bytes(b"\x1f\x43\xb6\x75".join(clusters[:3] + clusters[4:]))
    assert refusal(studio.verify, tmp_path / "holed.webm") == "damaged_media"


@pytest.mark.parametrize("short", ["picture", "sound"])
def test_one_of_two_parts_that_ends_early_is_found_by_what_its_header_said(
    studio: Studio, tmp_path: Path, short: str
) -> None:
    """Fragments that are missing at the end leave a file in which nothing is cut; only the header remembers them."""
    studio.stage(tmp_path, "picture.mp4", "sound.m4a")
    names = {"picture": "picture.mp4", "sound": "sound.m4a"}
    whole = tmp_path / "whole.mp4"
    flags = ("-c", "copy", "-frag_duration", "1000000", "-movflags", "+dash+global_sidx")
    studio.ffmpeg("-i", str(tmp_path / names[short]), *flags, str(whole))
    with whole.open("rb") as file:
        boxes = list(top_boxes(file))
    fragments = [index for index, box in enumerate(boxes) if box.kind == b"moof"]
    (tmp_path / names[short]).write_bytes(whole.read_bytes()[: boxes[fragments[-3] - 1].end])
    parts = (part("picture.mp4", "video"), part("sound.m4a", "audio"))
    assert refusal(studio.archive, tmp_path, Container.MP4, *parts, duration_seconds=None) == "damaged_media"


def test_what_the_site_promised_has_to_be_there(studio: Studio, tmp_path: Path) -> None:
    studio.stage(tmp_path, "picture.mp4", "sound.m4a", "h264.mp4")
    assert refusal(studio.verify, tmp_path / "picture.mp4", Expectation(audio=True)) == "damaged_media"
    assert refusal(studio.verify, tmp_path / "h264.mp4", Expectation(SECONDS + 1.5)) == "damaged_media"
    (tmp_path / "sound.m4a").rename(tmp_path / "sound.mp4")
    assert refusal(studio.verify, tmp_path / "sound.mp4", Expectation(video=True)) == "damaged_media"


def test_a_file_is_not_called_what_it_is_not(studio: Studio, tmp_path: Path) -> None:
    (tmp_path / "matroska.webm").write_bytes(studio.clip("ac3.mkv").read_bytes())
    (tmp_path / "webm.mp4").write_bytes(studio.clip("vp9.webm").read_bytes())
    (tmp_path / "picture.mp4").write_bytes(studio.clip("cover.jpg").read_bytes())
    for name in ("matroska.webm", "webm.mp4", "picture.mp4"):
        assert refusal(studio.verify, tmp_path / name) == "damaged_media"


PAGES = {
    "page": b"<html><body>Are you a robot?</body></html>" * 30,
    "playlist": b"#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nsecret.ts\n#EXT-X-ENDLIST\n",
    "concat": b"ffconcat version 1.0\nfile secret.ts\n",
    "zeros": bytes(100_000),
    "nothing": b"",
}


@pytest.mark.parametrize("kind", PAGES)
def test_what_is_no_media_is_refused_and_reads_no_other_file(studio: Studio, tmp_path: Path, kind: str) -> None:
    (tmp_path / "secret.ts").write_bytes(studio.clip("hls.ts").read_bytes())
    (tmp_path / "video.mp4").write_bytes(PAGES[kind])
    assert refusal(studio.verify, tmp_path / "video.mp4") == "not_media"
    assert refusal(studio.archive, tmp_path, Container.MP4, part("video.mp4")) == "not_media"
    assert sorted(each.name for each in tmp_path.iterdir()) == ["secret.ts", "video.mp4"]


def test_a_picture_is_no_video(studio: Studio, tmp_path: Path) -> None:
    studio.stage(tmp_path, "cover.gif")
    assert refusal(studio.archive, tmp_path, Container.MP4, part("cover.gif")) == "not_media"
