"""The real engine against the stand-in origin."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.integration.engine.machine import TOOLS
from tests.origin import Origin, Video
from yt_videos_api.cage.runs import RunSpec, SiteAids
from yt_videos_api.domain.offers import MediaRequest
from yt_videos_api.domain.policy import ContainerPolicy
from yt_videos_api.engine.run import YtDlpRun
from yt_videos_api.engine.runtimes import find_js_runtime
from yt_videos_api.engine.ytdlp import YtDlpEngine

VIDEO = Video("aaaaaaaaaaa", title="First video")

OpenRun = Callable[..., YtDlpRun]


@pytest.fixture(scope="session")
def started_origin() -> Iterator[Origin]:
    """One origin for all tests."""
    with Origin.start() as origin:
        origin.add(VIDEO)
        yield origin


@pytest.fixture
def origin(started_origin: Origin) -> Iterator[Origin]:
    """The origin without faults; a test may put up its own."""
    started_origin.heal()
    yield started_origin
    started_origin.heal()
    started_origin.add(VIDEO)


@pytest.fixture(scope="session")
def engine() -> Iterator[YtDlpEngine]:
    """One engine for all tests that do not harm it."""
    engine = YtDlpEngine(tools=TOOLS, aids=SiteAids(js_runtime=find_js_runtime()))
    yield engine
    engine.close()


@pytest.fixture
def make_spec(origin: Origin, tmp_path: Path) -> Callable[..., RunSpec]:
    """A run for the origin in the test's own folder; keyword arguments as those of RunSpec and MediaRequest."""

    def make(url: str = f"https://www.youtube.com/watch?v={VIDEO.id}", **fields: Any) -> RunSpec:
        policy = fields.pop("policy", ContainerPolicy.WEBM)
        wishes = {name: fields.pop(name) for name in ("selection", "entry_index") if name in fields}
        folder = fields.pop("folder", tmp_path / "staging")
        folder.mkdir(exist_ok=True)
        given = {"proxy_url": origin.proxy_url, "ca_file": origin.ca_bundle, "scratch": folder / "scratch", **fields}
        return RunSpec(media=MediaRequest(url, policy, **wishes), folder=folder, **given)

    return make


@pytest.fixture
def open_run(engine: YtDlpEngine, make_spec: Callable[..., RunSpec]) -> Iterator[OpenRun]:
    """Open a run; it is left when the test ends, if the test did not."""
    with ExitStack() as stack:
        yield lambda *args, **fields: stack.enter_context(engine.open(make_spec(*args, **fields)))
