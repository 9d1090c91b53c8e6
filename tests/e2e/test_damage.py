"""Damaged, lying and foreign bytes: never in the library, always a clear error."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.origin import Origin, Recipe, Video, faults
from tests.origin.faults import Fault
from tests.origin.media import folder_of
from tests.product import Product, Server

pytestmark = pytest.mark.timeout(110)

WHOLE = folder_of(Recipe())
PLAYLIST = b"#EXTM3U\n#EXT-X-TARGETDURATION:3\n#EXTINF:3,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n"


def cut(name: str, percent: int) -> bytes:
    content = (WHOLE / name).read_bytes()
    return content[: len(content) * percent // 100]


def zeroed(name: str, start_percent: int, end_percent: int) -> bytes:
    content = bytearray((WHOLE / name).read_bytes())
    start, end = (len(content) * percent // 100 for percent in (start_percent, end_percent))
    content[start:end] = bytes(end - start)
    return bytes(content)


DAMAGED = {
    **{f"cut{percent}.mp4": cut("whole.mp4", percent) for percent in (1, 30, 70, 95, 99)},
    **{f"cut{percent}.webm": cut("whole.webm", percent) for percent in (1, 50, 90)},
    "zeroed-middle.mp4": zeroed("whole.mp4", 40, 60),
    "zeroed-end.webm": zeroed("whole.webm", 80, 100),
}
NOT_MEDIA = {
    "zeros.mp4": bytes(200_000),
    "captcha.mp4": faults.Html().content,
    "playlist.mp4": PLAYLIST,
    "error.mp4": b'{"error": "quota"}',
    "picture.mp4": (WHOLE / "cover.jpg").read_bytes(),
    "concat.mp4": b"ffconcat version 1.0\nfile /etc/passwd\n",
    "subtitle.mp4": b"WEBVTT\n\n00:00.000 --> 00:01.000\nhello\n",
    "program.mp4": Path("/proc/self/exe").read_bytes()[:100_000],
}
PLAIN_FILES = {**DAMAGED, **NOT_MEDIA, "empty.mp4": b""}
# Which of its streams is hit first decides what is found of a video.
YOUTUBE_CODES = {"incomplete", "damaged_media", "not_media"}
YOUTUBE_FAULTS: dict[str, Fault] = {
    "dmgTruncate": faults.Truncate(after=50_000, length="agreeing"),
    "dmgNoLength": faults.Truncate(after=50_000, length="none"),
    "dmgZeros001": faults.AllZeros(),
    "dmgCaptcha1": faults.Html(),
    "dmgCaptcha2": faults.Html(content_type="text/html"),
    "dmgCorrupt1": faults.Corrupt(at=60_000, length=60_000),
    "dmgPlaylist": faults.Replace(PLAYLIST),
}


def expected_codes(name: str) -> set[str]:
    if name in DAMAGED:
        return {"damaged_media"}
    if name in NOT_MEDIA:
        return {"not_media"}
    return {"incomplete"} if name in PLAIN_FILES else YOUTUBE_CODES


@pytest.fixture(scope="module")
def ended(origin: Origin, server: Server, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """All bad files and videos, archived side by side; the jobs by name. Failures are tried again, which takes time."""
    folder = tmp_path_factory.mktemp("bad")
    jobs = {}
    for name, content in PLAIN_FILES.items():
        (folder / name).write_bytes(content)
        origin.add_file(name, folder / name)
        jobs[name] = server.submit(f"https://files.example/media/{name}", entity_type="url", container_policy="mp4")
    for video_id, fault in YOUTUBE_FAULTS.items():
        origin.add(Video(video_id))
        origin.inject("media", fault, video=video_id)
        jobs[video_id] = server.submit(video_id)
    return {name: server.wait_until_ended(job["id"], 100) for name, job in jobs.items()}


@pytest.mark.parametrize("name", [*PLAIN_FILES, *YOUTUBE_FAULTS])
def test_what_is_not_whole_is_never_published(ended: dict[str, dict[str, Any]], product: Product, name: str) -> None:
    job = ended[name]
    assert job["state"] == "FAILED", job
    assert job["file"] is None
    assert job["error"]["code"] in expected_codes(name), job["error"]
    assert job["error"]["message"].endswith(".")
    assert job["error"]["advice"].endswith(".")
    assert product.media_files() == []


def test_no_byte_of_a_local_file_is_anywhere(ended: dict[str, dict[str, Any]], product: Product) -> None:
    assert ended["playlist.mp4"]["state"] == "FAILED"
    secret = Path("/etc/passwd").read_bytes()[:40]
    files = [path for path in product.library.rglob("*") if path.is_file()]
    assert files
    assert not [path for path in files if secret in path.read_bytes()]
