"""A site with one live stream, and the proxy that leads to it. The stream grows with its recording: nobody waits."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from Cryptodome.Cipher import AES
from Cryptodome.Util.Padding import pad

from tests.origin.media import Recipe, hls_folder_of

HEIGHT = 144
SECONDS = 6
RECIPE = Recipe(pattern=3, seconds=SECONDS, heights=(HEIGHT,), codecs=("h264",))


@dataclass
class LiveSite:
    """What the site does next. Media segments are a second each; the playlist claims to change ten times as often."""

    kind: str = "mpegts"
    order: list[int] = field(default_factory=lambda: list(range(SECONDS)))  # which file is which segment
    address: str = "index.m3u8"  # else master.m3u8
    lead: int = 1  # by how many segments the stream is ahead of who records it
    window: int = 100  # how many of them are listed
    endless: bool = False  # stops growing without a word
    ended: bool = False  # is over, whatever was recorded
    first_sequence: int = 7
    gone: set[int] = field(default_factory=set)  # segments, by index, that are listed and answer 404
    page_at: int | None = None  # index of a segment that is a web page instead
    jumps: set[int] = field(default_factory=set)  # indices with a discontinuity before them
    key: bytes | None = None  # what segments are encrypted with
    cipher: str = "AES-128"
    withdrawn_after: int | None = None  # the playlist answers 404 when so many segments were fetched
    stumbles: int = 0  # how often the playlist answers 503 when two segments were fetched
    proxy_url: str = ""
    requests: list[str] = field(default_factory=list)
    held: threading.Event = field(default_factory=threading.Event)  # set when somebody waits for `hold_at`
    released: threading.Event = field(default_factory=threading.Event)
    hold_at: int | None = None  # index of a segment that is not answered until `released`

    @property
    def url(self) -> str:
        """Of the stream."""
        return f"http://live.example/stream/{self.address}"

    @property
    def folder(self) -> Path:
        """Of the files."""
        return hls_folder_of(RECIPE, self.kind)

    @property
    def fetched(self) -> list[int]:
        """Indices of the segments that were asked for, in order."""
        return [int(name.removesuffix(".seg")) for name in self.requests if name.endswith(".seg")]

    def bytes_of(self, *indices: int) -> bytes:
        """What these segments are together, with the header where there is one."""
        header = self.folder / f"{HEIGHT}-init.mp4"
        start = header.read_bytes() if header.exists() else b""
        return start + b"".join(self._file(index).read_bytes() for index in indices)

    @property
    def listed(self) -> int:
        """How many segments there are now."""
        reached = len(self.order) if self.ended else max([0, *(index + 1 for index in self.fetched)]) + self.lead
        return min(len(self.order), reached)

    @property
    def over(self) -> bool:
        """Whether the playlist says that this is all: when the last segment was asked for."""
        return self.ended or (not self.endless and len(self.order) - 1 in self.fetched)

    def master(self) -> str:
        """Picture and sound apart (here the same files): the sound was there one segment earlier."""
        sound = '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="sound",DEFAULT=YES,URI="sound.m3u8"'
        picture = '#EXT-X-STREAM-INF:BANDWIDTH=400000,RESOLUTION=256x144,CODECS="avc1.42c01f,mp4a.40.2",AUDIO="a"'
        return "\n".join(["#EXTM3U", sound, picture, "picture.m3u8", ""])

    def playlist(self, first: int = 0) -> str:
        """As it is now, from the segment `first` at most."""
        listed = self.listed
        first = max(first, listed - self.window)
        lines = ["#EXTM3U", "#EXT-X-VERSION:7", "#EXT-X-TARGETDURATION:0.1"]
        lines += [f"#EXT-X-MEDIA-SEQUENCE:{self.first_sequence + first}"]
        if self.kind == "fmp4":
            lines.append('#EXT-X-MAP:URI="init.mp4"')
        if self.key:
            lines.append(f'#EXT-X-KEY:METHOD={self.cipher},URI="key.bin"')
        for index in range(first, listed):
            lines += ["#EXT-X-DISCONTINUITY"] if index in self.jumps else []
            lines += [f"#EXT-X-PROGRAM-DATE-TIME:2026-01-02T03:04:{index:02}Z"]
            lines += ["#EXTINF:1.0,", f"{index}.seg"]
        return "\n".join([*lines, "#EXT-X-ENDLIST", ""] if self.over else [*lines, ""])

    def answer(self, path: str) -> tuple[int, bytes]:
        """Status and body."""
        name = path.rsplit("/", 1)[-1]
        self.requests.append(name)
        if name.endswith(".seg"):
            return self._segment(int(name.removesuffix(".seg")))
        if name == "key.bin":
            return 200, self.key or b""
        if name == "init.mp4":
            return 200, self.bytes_of()
        if self.withdrawn_after is not None and len(self.fetched) >= self.withdrawn_after:
            return 404, b""
        if self.stumbles and len(self.fetched) == 2:
            self.stumbles -= 1
            return 503, b""
        if name == "master.m3u8":
            return 200, self.master().encode()
        return 200, self.playlist(1 if name == "picture.m3u8" else 0).encode()

    def _segment(self, index: int) -> tuple[int, bytes]:
        if index == self.hold_at:
            self.held.set()
            self.released.wait(30)
        if index in self.gone:
            return 404, b""
        if index == self.page_at:
            return 200, b"<!doctype html><title>captcha</title>"
        return 200, self._encrypted(self._file(index).read_bytes(), self.first_sequence + index)

    def _file(self, index: int) -> Path:
        return sorted(self.folder.glob(f"{HEIGHT}-0*"))[self.order[index]]

    def _encrypted(self, content: bytes, sequence: int) -> bytes:
        if self.key is None:
            return content
        return AES.new(self.key, AES.MODE_CBC, sequence.to_bytes(16, "big")).encrypt(pad(content, 16))


@contextmanager
def live_site() -> Iterator[LiveSite]:
    """Run until the block is left."""
    site = LiveSite()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle(self) -> None:
            with contextlib.suppress(ConnectionError):  # whoever asks may be killed
                super().handle()

        def do_GET(self) -> None:
            status, body = site.answer(urlsplit(self.path).path)
            kind = "application/vnd.apple.mpegurl" if ".m3u8" in self.path else "application/octet-stream"
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_args: Any) -> None:
            """Not to the terminal."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    site.proxy_url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield site
    finally:
        site.released.set()
        server.shutdown()
        server.server_close()
        thread.join()
