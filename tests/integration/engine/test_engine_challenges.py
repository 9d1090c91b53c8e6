"""YouTube's challenges: what only a browser can work out, a JavaScript runtime works out inside of the cage."""

from __future__ import annotations

import ssl
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.integration.engine.conftest import OpenRun
from tests.origin import Origin, Video
from yt_videos_api.cage.runs import JsRuntime, RunSpec, SiteAids
from yt_videos_api.domain.errors import DownloadFailure
from yt_videos_api.engine.runtimes import find_js_runtime
from yt_videos_api.engine.ytdlp import YtDlpEngine

PUZZLE = Video("puzzlepuzzl", title="With a challenge", challenge=True)
ADDRESS = f"https://www.youtube.com/watch?v={PUZZLE.id}"

MakeSpec = Callable[..., RunSpec]


@pytest.fixture(scope="module", autouse=True)
def _published(started_origin: Origin) -> None:
    started_origin.add(PUZZLE)


def status_of(origin: Origin, url: str) -> int:
    """What the origin answers to somebody who has not solved it."""
    proxies = urllib.request.ProxyHandler({"https": origin.proxy_url})
    trust = urllib.request.HTTPSHandler(context=ssl.create_default_context(cafile=str(origin.ca_bundle)))
    try:
        with urllib.request.build_opener(proxies, trust).open(url) as response:
            return int(response.status)
    except urllib.error.HTTPError as error:
        error.close()
        return error.code


def test_media_behind_a_challenge_is_fetched_with_a_runtime(open_run: OpenRun, origin: Origin) -> None:
    run = open_run(ADDRESS)
    offer = run.extract("tv")
    assert (offer.separate, offer.height) == (True, 1080)
    sizes = [part.size_bytes for part in run.transfer(offer, lambda _: None)]
    assert sizes == [stream.size_bytes for stream in offer.streams]
    fetched = origin.requests(kind="media", video=PUZZLE.id)
    assert {request.status for request in fetched} == {206}
    assert {status_of(origin, request.url.replace("&n=", "&n=x")) for request in fetched} == {403}  # it was needed


def test_without_a_runtime_the_failure_says_what_is_missing(make_spec: MakeSpec) -> None:
    engine = YtDlpEngine()
    try:
        with engine.open(make_spec(ADDRESS)) as run:
            with pytest.raises(DownloadFailure) as caught:
                run.extract("tv")
            assert run.extract("default").separate  # yt-dlp then asks a client that has nothing to solve
    finally:
        engine.close()
    assert caught.value.code == "challenge_unsolved"
    assert "YT_VIDEOS_JS_RUNTIME" in caught.value.kind.advice


def test_a_runtime_that_the_operator_keeps_elsewhere_runs_in_the_cage(make_spec: MakeSpec, tmp_path: Path) -> None:
    found = find_js_runtime()
    assert found is not None
    elsewhere = tmp_path / "elsewhere" / "deno"
    elsewhere.parent.mkdir()
    elsewhere.write_text(f'#!/bin/sh\nexec "{found.path}" "$@"\n')
    elsewhere.chmod(0o755)
    aids = SiteAids(JsRuntime("deno", elsewhere, found.version), po_tokens=("web.gvs+dG9rZW4tYnktaGFuZA==",))
    engine = YtDlpEngine(aids=aids)
    try:
        with engine.open(make_spec(ADDRESS)) as run:
            offer = run.extract("web")  # the client that needs everything
            assert offer.separate
            assert len(run.transfer(offer, lambda _: None)) == 2
    finally:
        engine.close()
