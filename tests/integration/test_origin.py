"""The stand-in origin against the real, unpatched yt-dlp, in this process."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yt_dlp

from tests.origin import Origin, Video

VIDEO_ID = "originTest0"
WATCH_URL = f"https://www.youtube.com/watch?v={VIDEO_ID}"
EVERYTHING = {"18", "134", "136", "137", "140", "243", "247", "248", "251"}

Download = Callable[..., dict[str, Any]]


@pytest.fixture
def origin() -> Iterator[Origin]:
    with Origin.start() as origin:
        origin.add(Video(VIDEO_ID, title="A test"))
        yield origin


@pytest.fixture
def ask(origin: Origin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Download:
    """Run yt-dlp on an address; `clients` are YouTube's player clients, the rest are options of YoutubeDL."""
    monkeypatch.setenv("SSL_CERT_FILE", str(origin.ca_bundle))

    def run(
        url: str = WATCH_URL, *, clients: str = "default", download: bool = False, **options: Any
    ) -> dict[str, Any]:
        options = {
            "proxy": origin.proxy_url,
            "compat_opts": {"no-certifi"},
            "extractor_args": {"youtube": {"player_client": clients.split(",")}},
            "cachedir": False,
            "logger": _Quiet(),
            "outtmpl": str(tmp_path / "%(id)s.%(format_id)s.%(ext)s"),
            "retries": 0,
            "extractor_retries": 0,
            **options,
        }
        with yt_dlp.YoutubeDL(options) as ydl:
            return dict(ydl.extract_info(url, download=download))

    return run


class _Quiet:
    def debug(self, _: str) -> None: ...

    warning = error = info = debug


@pytest.mark.parametrize("client", ["tv", "tv_samsung", "tv_downgraded", "visionos", "web_embedded", "default"])
def test_clients_without_po_token_rule_are_offered_every_format(ask: Download, client: str) -> None:
    info = ask(clients=client)

    assert {each["format_id"] for each in info["formats"]} == EVERYTHING


@pytest.mark.parametrize("client", ["android", "ios", "mweb", "web", "web_safari", "tv_simply"])
def test_clients_that_need_a_po_token_end_up_with_360p_alone(ask: Download, client: str) -> None:
    info = ask(clients=client)

    assert {each["format_id"] for each in info["formats"]} == {"18"}


def test_media_is_refused_to_a_client_that_ignores_its_missing_po_token(origin: Origin, ask: Download) -> None:
    extractor_args = {"youtube": {"player_client": ["android"], "formats": ["missing_pot"]}}

    with pytest.raises(yt_dlp.utils.DownloadError, match="403"):
        ask(download=True, format="137", extractor_args=extractor_args)

    assert [request.status for request in origin.requests(kind="media", client="android")] == [403]


def test_downloaded_stream_is_the_file_that_was_published(origin: Origin, ask: Download) -> None:
    info = ask(download=True, format="137", clients="tv")

    got = Path(info["requested_downloads"][0]["filepath"])
    assert got.stat().st_size == info["requested_downloads"][0]["filesize"] == origin.bytes_sent(VIDEO_ID)
    assert (got.parent / got.name).read_bytes()[4:8] == b"ftyp"


def test_plain_site_serves_a_file_by_proxy_and_directly(origin: Origin, ask: Download) -> None:
    for url in ("https://videos.example.org/media/a.mp4", "http://videos.example.org/media/a.mp4"):
        assert ask(url, download=True, overwrites=True)["id"] == "a"
    assert ask(f"{origin.plain_url}/media/a.mp4", proxy="", download=True, overwrites=True)["ext"] == "mp4"

    hosts = [(request.scheme, request.host) for request in origin.requests(kind="media") if request.method == "GET"]
    assert {("https", "videos.example.org"), ("http", "videos.example.org"), ("http", "127.0.0.1")} <= set(hosts)
