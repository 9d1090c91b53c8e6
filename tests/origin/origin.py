"""The stand-in origin, as tests hold it in their hands."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.origin.apis.sponsorblock import Mark, SponsorBlock
from tests.origin.apis.youtube_data import ApiUse, YouTubeData
from tests.origin.catalog import Catalog
from tests.origin.faults import Fault
from tests.origin.injections import Hold, Injection, Injections, Where
from tests.origin.journal import Journal, Request
from tests.origin.lists import Channel, Playlist
from tests.origin.media import folder_of
from tests.origin.message import Incoming, Kind, Target
from tests.origin.server import Desk, Listener
from tests.origin.sites.routes import PlainSites
from tests.origin.video import Answer, Video
from tests.origin.youtube.formats import prepare_formats
from tests.origin.youtube.routes import YouTube


class Origin:
    """YouTube, its Data API, SponsorBlock and every other site, on loopback.

    with Origin.start() as origin:
        video = origin.add(Video("aaaaaaaaaaa"))
        origin.inject("media", Status(403), video=video.id, client="tv", times=1)
        ...  # run yt-dlp with proxy=origin.proxy_url, trusting origin.ca_bundle
        assert origin.requests(kind="media")[0].status == 403
    """

    def __init__(self, folder: Path, *, port: int = 0, credential: str = "") -> None:
        """`folder` receives the CA bundle; use `start`, which cleans up."""
        self._catalog = Catalog()
        self._injections = Injections()
        self._youtube = YouTube(self._catalog, self._injections)
        self._sites = PlainSites(self._catalog)
        self._api_use = ApiUse()
        self._sponsorblock = SponsorBlock()
        self._youtube_data = YouTubeData(self._catalog, self._api_use)
        self._desk = Desk(self._route, injections=self._injections, credential=credential)
        self.ca_bundle = folder / "ca.pem"
        self._desk.certificates.write_bundle(self.ca_bundle)
        self._proxy = Listener(self._desk, port)
        self._plain = Listener(self._desk)

    @classmethod
    @contextmanager
    def start(cls, *, port: int = 0, credential: str = "") -> Iterator[Origin]:
        """Run until the block is left, in threads of this process; `port` is the proxy's, 0 for any free one.

        With a `credential` ("user:password") the proxy answers 407 to everybody else.

        Raises AssertionError at the end when the origin itself had a bug.
        """
        with tempfile.TemporaryDirectory(prefix="yt-videos-origin-") as folder:
            origin = cls(Path(folder), port=port, credential=credential)
            try:
                yield origin
            finally:
                origin.close()
            assert not origin._desk.mistakes, "the stand-in origin broke:\n" + "\n".join(origin._desk.mistakes)

    def close(self) -> None:
        """Break off everything that waits, close every connection, and wait for the threads."""
        self._desk.closing.set()
        self._proxy.stop()
        self._plain.stop()
        self._injections.clear()

    @property
    def proxy_url(self) -> str:
        """The proxy that is every host, with its credential if it demands one."""
        credential = self._desk.credential
        return self._proxy.url.replace("://", f"://{credential}@") if credential else self._proxy.url

    @property
    def plain_url(self) -> str:
        """A plain web server, for access without a proxy: plain sites, the Data API and SponsorBlock by their paths."""
        return self._plain.url

    @property
    def journal(self) -> Journal:
        """Everything that was asked."""
        return self._desk.journal

    @property
    def api_units(self) -> int:
        """How many units of the YouTube Data API have been used."""
        return self._api_use.units

    @property
    def api_quota(self) -> int | None:
        """How many units there are in all, until `quotaExceeded`; None: no end."""
        return self._api_use.quota

    @api_quota.setter
    def api_quota(self, units: int | None) -> None:
        self._api_use.quota = units

    @property
    def api_key(self) -> str | None:
        """The only key the Data API takes; None: it takes every one."""
        return self._api_use.key

    @api_key.setter
    def api_key(self, key: str | None) -> None:
        self._api_use.key = key

    def add(self, video: Video) -> Video:
        """Publish a video, or change the one of the same id. Returns when its media is ready to be served."""
        video = self._catalog.add(video)
        prepare_formats(self._catalog.recipe_for(video.id), video.offered)
        if video.broadcast:
            video.broadcast.prepare()
        return video

    def start_live(self, video_id: str) -> None:
        """Let a premiere begin now, whatever time was told. Raises KeyError or ValueError when it is none."""
        self._catalog.start_live(video_id)

    def end_live(self, video_id: str, *, then: Answer = Answer.FULL) -> None:
        """End a running stream: its playlist says so, and the player tells of the video as `then`, else as a usual one.

        Raises KeyError or ValueError when it is no stream.
        """
        self._catalog.end_live(video_id, then)

    def add_playlist(self, playlist: Playlist) -> Playlist:
        """Publish a playlist, or change the one of the same id."""
        self._catalog.add_playlist(playlist)
        return playlist

    def change_playlist(
        self, playlist_id: str, *, append: tuple[str, ...] = (), remove: tuple[str, ...] = ()
    ) -> Playlist:
        """Take videos from a playlist and add some at its end. Raises KeyError when it is not there."""
        return self._catalog.change_playlist(playlist_id, append, remove)

    def add_channel(self, channel: Channel) -> Channel:
        """Publish a channel with the playlist of its uploads, or change the one of the same handle."""
        self._catalog.add_channel(channel)
        return channel

    def add_file(self, name: str, path: Path) -> None:
        """Publish a file as `/media/NAME` on every plain site. Names with .mp4, .webm, .m4a need no file."""
        self._catalog.add_file(name, path)

    def add_collection(self, name: str, *items: str) -> None:
        """Say what `/feed/NAME`, `/links/NAME` and `/gallery/NAME` of every plain site hold; else it is three."""
        self._catalog.add_collection(name, items)

    def mark(self, video_id: str, *marks: Mark) -> None:
        """Say what SponsorBlock's users marked in a video; without `marks`, nothing."""
        self._sponsorblock.mark(video_id, marks)

    def prepare(self, name: str) -> None:
        """Make the media of a name on plain sites now; else its first request waits for ffmpeg, for seconds."""
        folder_of(self._catalog.recipe_for(name))

    def inject(
        self,
        kind: Kind,
        fault: Fault | Answer,
        *,
        video: str | None = None,
        client: str | None = None,
        address: str | None = None,
        page: int | None = None,
        times: int | None = None,
        skip: int = 0,
    ) -> Injection:
        """Let requests of `kind` that fit everything given fail: `times` of them (None: all), after `skip` good ones.

        `address` is a piece of path and query ("itag=140", "720-001.ts"), `page` that of a list, from 1. An `Answer` is
        for kind "player", and is told to client "web" in the watch page, too.
        """
        return self._injections.add(Injection(Where(kind, video, client, address, page), fault, times, skip))

    def hold(
        self,
        kind: Kind,
        *,
        video: str | None = None,
        client: str | None = None,
        address: str | None = None,
        page: int | None = None,
        after_bytes: int | None = None,
        times: int | None = 1,
    ) -> Hold:
        """A barrier: the response waits when it has sent everything before position `after_bytes` of the file.

        Without `after_bytes` it waits before answering at all. Others than the first `times` pass freely, and so do
        requests that came in before the barrier was put up.
        """
        return self._injections.add_hold(Hold(Where(kind, video, client, address, page), after_bytes, times))

    def heal(self) -> None:
        """Remove all faults and let go of all holds."""
        self._injections.clear()

    def requests(
        self, *, kind: Kind | None = None, video: str | None = None, client: str | None = None, host: str | None = None
    ) -> list[Request]:
        """The requests up to now that fit everything given, in order of arrival."""
        return self.journal.requests(kind=kind, video=video, client=client, host=host)

    def hosts_told(self, secret: str) -> set[str]:
        """The hosts that were sent this text, in whatever part of a request: a cookie's value, say."""
        return {request.host for request in self.requests() if request.tells(secret)}

    def bytes_sent(self, video: str) -> int:
        """How many bytes of media and segments of a video went out, all requests together."""
        fitting = (*self.requests(kind="media", video=video), *self.requests(kind="segment", video=video))
        return sum(request.bytes_sent for request in fitting)

    def wait_for_requests(
        self, count: int = 1, *, kind: Kind | None = None, video: str | None = None, timeout_seconds: float = 30
    ) -> list[Request]:
        """Wait until there are at least `count` such requests. Raises TimeoutError with all that was seen instead."""
        enough = lambda: len(self.requests(kind=kind, video=video)) >= count  # noqa: E731
        self.journal.wait(enough, f"{count} requests of {kind} for {video}", timeout_seconds)
        return self.requests(kind=kind, video=video)

    def wait_for_bytes(self, video: str, count: int, *, timeout_seconds: float = 30) -> None:
        """Wait until at least `count` bytes of a video's media went out. Raises TimeoutError."""
        self.journal.wait(lambda: self.bytes_sent(video) >= count, f"{count} bytes of {video}", timeout_seconds)

    def _route(self, incoming: Incoming) -> Target:
        if self._youtube_data.owns(incoming):
            return self._youtube_data.route(incoming)
        if self._sponsorblock.owns(incoming):
            return self._sponsorblock.route(incoming)
        if self._youtube.owns(incoming.host):
            return self._youtube.route(incoming)
        return self._sites.route(incoming)
