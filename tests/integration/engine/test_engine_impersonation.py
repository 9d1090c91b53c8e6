"""Imitating browsers: seen by the site in TLS and headers, through the gate, loaded only by the runs that ask."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator

import psutil
import pytest

from tests.integration.engine.conftest import OpenRun
from tests.integration.engine.wiretap import Wiretap
from tests.origin import Origin, faults
from yt_videos_api.cage.gate import Gate
from yt_videos_api.cage.runs import Access, RunSpec
from yt_videos_api.domain.choices import Browser
from yt_videos_api.domain.errors import DownloadFailure
from yt_videos_api.engine.ytdlp import YtDlpEngine

SITE = "https://site.example"
MARKS = {
    Browser.CHROME: "Chrome/",
    Browser.EDGE: "Edg/",
    Browser.FIREFOX: "Firefox/",
    Browser.SAFARI: "Version/",
}

MakeSpec = Callable[..., RunSpec]


@pytest.fixture(scope="module")
def tap(started_origin: Origin) -> Iterator[Wiretap]:
    """The way to the origin, listened to."""
    with Wiretap.start(started_origin.proxy_url) as tap:
        yield tap


def introduce(open_run: OpenRun, origin: Origin, tap: Wiretap, browser: Browser | None) -> tuple[str, tuple[int, ...]]:
    """How a run introduces itself: its User-Agent, and the cipher suites it offers."""
    run = open_run(f"{SITE}/page/x", access=Access(browser=browser), proxy_url=tap.url)
    assert run.extract("default").streams
    page = origin.requests(kind="page", host="site.example")[-1]
    return page.headers["user-agent"], tap.cipher_suites[-1]


@pytest.mark.parametrize("browser", Browser)
def test_a_site_sees_the_browser_in_headers_and_in_tls(
    open_run: OpenRun, origin: Origin, tap: Wiretap, browser: Browser
) -> None:
    plain_agent, plain_suites = introduce(open_run, origin, tap, None)
    agent, suites = introduce(open_run, origin, tap, browser)
    assert MARKS[browser] in agent
    assert agent != plain_agent
    assert suites != plain_suites


def test_what_chrome_sends_only_to_confuse_is_sent_too(open_run: OpenRun, origin: Origin, tap: Wiretap) -> None:
    """GREASE (RFC 8701): no OpenSSL ever offers these suites."""
    for browser, expected in ((None, False), (Browser.CHROME, True)):
        _, suites = introduce(open_run, origin, tap, browser)
        assert any(suite & 0x0F0F == 0x0A0A and suite >> 8 == suite & 0xFF for suite in suites) is expected


def test_a_youtube_video_is_archived_as_a_browser(open_run: OpenRun, origin: Origin) -> None:
    run = open_run(access=Access(browser=Browser.FIREFOX))
    offer = run.extract("tv")
    sizes = [part.size_bytes for part in run.transfer(offer, lambda _: None)]
    assert sizes == [stream.size_bytes for stream in offer.streams]
    assert all("Firefox/" in request.headers["user-agent"] for request in origin.requests(kind="media")[-2:])


def test_a_browser_gets_no_further_than_the_gate(engine: YtDlpEngine, origin: Origin, make_spec: MakeSpec) -> None:
    with (
        Gate(upstream=origin.proxy_url) as gate,
        gate.open_session() as session,
        socket.create_server(("127.0.0.1", 0)) as canary,
    ):
        address = f"http://127.0.0.1:{canary.getsockname()[1]}/x.mp4"
        origin.inject("page", faults.RedirectTo(address))
        access = Access(browser=Browser.CHROME)
        with engine.open(make_spec(f"{SITE}/page/x", access=access, proxy_url=session.proxy_url)) as run:
            with pytest.raises(DownloadFailure):
                run.extract("default")
            origin.heal()
            assert run.extract("default").streams  # the gate is no obstacle otherwise, nor is its credential
        assert [refusal.host for refusal in session.refused] == ["127.0.0.1"]
        canary.settimeout(0)
        with pytest.raises(BlockingIOError):
            canary.accept()


def test_only_a_run_that_asks_for_a_browser_loads_what_imitates_it(engine: YtDlpEngine, open_run: OpenRun) -> None:
    for browser in (Browser.CHROME, None):
        run = open_run(f"{SITE}/media/x.mp4", access=Access(browser=browser))
        run.extract("default")
        assert uses_curl(run.group) is (browser is not None)
    assert engine.forkserver_process_id is not None
    assert not uses_curl(engine.forkserver_process_id)


def uses_curl(process_id: int) -> bool:
    """Whether a process has curl_cffi's library in its memory."""
    return any("curl_cffi" in mapped.path for mapped in psutil.Process(process_id).memory_maps())


def test_it_is_told_that_browsers_can_be_imitated_here(engine: YtDlpEngine) -> None:
    assert engine.impersonation_available()
