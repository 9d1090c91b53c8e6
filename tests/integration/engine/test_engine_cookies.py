"""Cookies go to their own site and nowhere else: no other host, no disk, no log (CVE-2023-35934)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.integration.engine.conftest import OpenRun
from tests.origin import Origin, faults
from tests.origin.sites.routes import ELSEWHERE
from tests.origin.youtube.player import MEDIA_HOST
from yt_videos_api.cage.runs import Access, RunSpec, UnknownRung
from yt_videos_api.domain.choices import Browser
from yt_videos_api.domain.errors import DownloadFailure
from yt_videos_api.domain.ladder import SkipReason
from yt_videos_api.domain.offers import Offer
from yt_videos_api.engine.orders import Order, order_message
from yt_videos_api.engine.run import YtDlpRun

SECRET = "a-secret-of-an-account"
SITE = "site.example"
OTHER = "thief.example"
LATER = "4102444800"
WAYS = [None, Browser.CHROME]


def cookie_file(*rows: tuple[str, str, str]) -> str:
    """A Netscape cookie file of (domain, name, value)."""
    lines = [
        f"{domain}\t{'TRUE' if domain.startswith('.') else 'FALSE'}\t/\tFALSE\t{LATER}\t{name}\t{value}"
        for domain, name, value in rows
    ]
    return "\n".join(["# Netscape HTTP Cookie File", *lines, ""])


ACCOUNT = cookie_file(
    (".youtube.com", "LOGIN_INFO", SECRET),
    (".youtube.com", "SAPISID", SECRET),
    ("#HttpOnly_.youtube.com", "SID", SECRET),
)
MEMBER = cookie_file((f".{SITE}", "session", SECRET))


def hosts_that_saw_it(origin: Origin, start: int) -> set[str]:
    """Who was told the secret, in whatever part of a request, from request number `start` on."""
    return {
        request.host
        for request in origin.requests()[start:]
        if SECRET in f"{request.path} {dict(request.query)} {dict(request.headers)}"
    }


def hosts_asked(origin: Origin, start: int) -> set[str]:
    """Everybody who was asked for anything."""
    return {request.host for request in origin.requests()[start:]}


def archive(run: YtDlpRun) -> Offer:
    """Media and cover of a video."""
    offer = run.extract("default")
    run.transfer(offer, lambda _: None)
    assert run.fetch_cover(offer)
    return offer


def test_the_cookies_of_an_account_go_to_youtube_but_not_to_its_media_hosts(
    open_run: OpenRun, origin: Origin, tmp_path: Path
) -> None:
    before = len(origin.requests())
    run = open_run(access=Access(cookies=ACCOUNT))
    offer = archive(run)
    origin.inject("caption", faults.RedirectTo(f"https://{OTHER}/caption.vtt"))
    run.fetch_subtitles(offer, ["en"], automatic=False)
    assert hosts_that_saw_it(origin, before) == {"www.youtube.com"}
    assert {"i.ytimg.com", MEDIA_HOST, OTHER} < hosts_asked(origin, before)
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert written
    assert [path for path in written if SECRET.encode() in path.read_bytes()] == []


@pytest.mark.parametrize("browser", WAYS)
@pytest.mark.parametrize(
    "path",
    [
        "/account/x",  # the page asks for it, its media lies elsewhere
        f"/redirect?to=https://{OTHER}/media/x.mp4",
        f"/redirect?to=https://{OTHER}/page/x",
    ],
)
def test_a_site_that_leads_elsewhere_takes_no_cookies_along(
    open_run: OpenRun, origin: Origin, path: str, browser: Browser | None
) -> None:
    before = len(origin.requests())
    run = open_run(f"https://{SITE}{path}", access=Access(cookies=MEMBER, browser=browser))
    run.transfer(run.extract("default"), lambda _: None)
    assert hosts_that_saw_it(origin, before) == {SITE}
    assert hosts_asked(origin, before) & {OTHER, ELSEWHERE}


@pytest.mark.parametrize("browser", WAYS)
def test_media_covers_and_segments_that_are_moved_elsewhere_take_no_cookies_along(
    open_run: OpenRun, origin: Origin, tmp_path: Path, browser: Browser | None
) -> None:
    before = len(origin.requests())
    run = open_run(f"https://{SITE}/page/x", access=Access(cookies=MEMBER, browser=browser))
    offer = run.extract("default")
    origin.inject("media", faults.RedirectTo(f"https://{OTHER}/media/y.mp4"), address="/media/x.mp4")
    origin.inject("thumbnail", faults.RedirectTo(f"https://{OTHER}/thumb/y.jpg"), video="x")
    run.transfer(offer, lambda _: None)
    assert run.fetch_cover(offer)
    assert hosts_that_saw_it(origin, before) == {SITE}
    moved = [request for request in origin.requests()[before:] if request.host == OTHER]
    assert {request.kind for request in moved} == {"media", "thumbnail"}

    origin.inject("manifest", faults.PointTo(f"https://{OTHER}/hls/x/360-000.ts"), address="0.m3u8")
    streamed = open_run(
        f"https://{SITE}/hls/x/master.m3u8",
        access=Access(cookies=MEMBER, browser=browser),
        folder=tmp_path / "streamed",
    )
    streamed.transfer(streamed.extract("default"), lambda _: None)
    assert hosts_that_saw_it(origin, before) == {SITE}
    assert origin.requests(host=OTHER, kind="segment")


def test_clients_that_take_no_cookies_are_left_out_with_a_reason(open_run: OpenRun) -> None:
    run = open_run(access=Access(cookies=ACCOUNT))
    with pytest.raises(UnknownRung, match="android") as caught:
        run.extract("android")
    assert caught.value.reason is SkipReason.TAKES_NO_COOKIES
    assert run.extract("tv").separate


def test_cookies_of_nobody_leave_out_no_client(open_run: OpenRun) -> None:
    cookies = cookie_file((".youtube.com", "PREF", "hl=en"), (f".{SITE}", "session", SECRET))
    assert open_run(access=Access(cookies=cookies)).extract("android").rung == "android"


def test_what_a_video_shows_to_an_account_is_archived_with_its_cookies(open_run: OpenRun, origin: Origin) -> None:
    with pytest.raises(DownloadFailure, match="forbidden"):
        open_run(f"https://{SITE}/account/y").extract("default")
    assert open_run(f"https://{SITE}/account/y", access=Access(cookies=MEMBER)).extract("default").streams


def test_lines_that_are_no_cookies_are_not_quoted_in_the_log(open_run: OpenRun, origin: Origin, tmp_path: Path) -> None:
    broken = f"{SITE} TRUE / FALSE 0 session {SECRET}\n.{SITE}\tFALSE\t/\tFALSE\tnever\tsession\t{SECRET}\n"
    open_run(f"https://{SITE}/page/x", access=Access(cookies=MEMBER + broken)).extract("default")
    assert SECRET not in (tmp_path / "staging" / "engine.log").read_text()


def test_secrets_do_not_pass_through_the_memory_of_later_runs(make_spec: Callable[..., RunSpec]) -> None:
    order = Order(make_spec(access=Access(cookies=ACCOUNT)), (), 1, with_lock=False)
    assert SECRET not in str(order_message(order))
