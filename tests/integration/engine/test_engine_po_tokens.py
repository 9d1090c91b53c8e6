"""PO tokens, by hand and from a provider: the media servers of the stand-in demand them of client "web"."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.origin import Origin
from tests.origin.potoken import TOKEN, PoTokenServer
from yt_videos_api.cage.gate import Gate, GateSession
from yt_videos_api.cage.runs import RunSpec, SiteAids
from yt_videos_api.domain.errors import Misconfigured
from yt_videos_api.domain.offers import Offer
from yt_videos_api.engine.ytdlp import YtDlpEngine

BY_HAND = "dG9rZW4tYnktaGFuZA=="

MakeSpec = Callable[..., RunSpec]


@pytest.fixture(scope="module")
def provider() -> Iterator[PoTokenServer]:
    """One server for all tests here."""
    with PoTokenServer.start() as server:
        yield server


@pytest.fixture(scope="module")
def gate(started_origin: Origin) -> Iterator[Gate]:
    """The real gate, behind it the origin."""
    with Gate(upstream=started_origin.proxy_url) as gate:
        yield gate


@pytest.fixture(scope="module")
def engine(provider: PoTokenServer, gate: Gate) -> Iterator[YtDlpEngine]:
    """One engine that knows of the provider."""
    engine = YtDlpEngine(aids=SiteAids(po_provider_url=provider.url), gate_port=gate.port)
    yield engine
    engine.close()


def ask_and_fetch(engine: YtDlpEngine, spec: RunSpec) -> Offer:
    """Archive the video as client "web"."""
    with engine.open(spec) as run:
        offer = run.extract("web")
        run.transfer(offer, lambda _: None)
    return offer


def tokens(origin: Origin, start: int) -> set[str | None]:
    """The tokens that media was asked for with, from request number `start` on."""
    return {request.query.get("pot") for request in origin.requests(kind="media")[start:]}


def session_for(gate: Gate, aids: SiteAids) -> GateSession:
    """A run's right to use the gate, and to visit the provider through it."""
    return gate.open_session(exceptions=aids.exceptions)


def test_a_token_given_by_hand_opens_the_separate_streams(origin: Origin, make_spec: MakeSpec) -> None:
    engine = YtDlpEngine(aids=SiteAids(po_tokens=(f"web.gvs+{BY_HAND}",)))
    before = len(origin.requests(kind="media"))
    try:
        offer = ask_and_fetch(engine, make_spec())
    finally:
        engine.close()
    assert (offer.separate, offer.height) == (True, 1080)
    assert tokens(origin, before) == {BY_HAND}


def test_a_provider_is_asked_for_a_token_through_the_gate(
    origin: Origin, provider: PoTokenServer, engine: YtDlpEngine, gate: Gate, make_spec: MakeSpec
) -> None:
    before = len(origin.requests(kind="media"))
    with session_for(gate, SiteAids(po_provider_url=provider.url)) as session:
        offer = ask_and_fetch(engine, make_spec(proxy_url=session.proxy_url))
        assert (offer.separate, offer.height) == (True, 1080)
        assert session.refused == []
    assert tokens(origin, before) == {TOKEN}
    assert [asked["proxy"] for asked in provider.asked] == [None]  # the gate's credential is for nobody else


def test_the_provider_is_out_of_reach_for_runs_without_the_exception(
    provider: PoTokenServer, engine: YtDlpEngine, gate: Gate, make_spec: MakeSpec
) -> None:
    asked, pings = len(provider.asked), provider.pings
    with gate.open_session() as session:
        offer = ask_and_fetch(engine, make_spec(proxy_url=session.proxy_url))
        assert [(refusal.host, refusal.port) for refusal in session.refused] == [("127.0.0.1", provider.port)]
    assert (offer.separate, offer.height) == (False, 360)
    assert (len(provider.asked), provider.pings) == (asked, pings)


def test_a_provider_that_fails_leaves_what_needs_no_token(
    provider: PoTokenServer,
    engine: YtDlpEngine,
    gate: Gate,
    make_spec: MakeSpec,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(provider, "status", 500)
    with session_for(gate, SiteAids(po_provider_url=provider.url)) as session:
        offer = ask_and_fetch(engine, make_spec(proxy_url=session.proxy_url))
    assert (offer.separate, offer.height) == (False, 360)


def test_no_plugin_but_our_own_is_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, provider: PoTokenServer, gate: Gate, make_spec: MakeSpec
) -> None:
    for place in (".", ".config/yt-dlp/plugins/evil", "yt-dlp-plugins/evil"):
        folder = tmp_path / place / "yt_dlp_plugins" / "extractor"
        folder.mkdir(parents=True)
        for name in ("getpot_bgutil_http", "getpot_bgutil", "evil"):
            (folder / f"{name}.py").write_text("import os\nos._exit(3)\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / ".config"))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    aids = SiteAids(po_provider_url=provider.url)
    engine = YtDlpEngine(aids=aids, gate_port=gate.port)
    try:
        with session_for(gate, aids) as session:
            assert ask_and_fetch(engine, make_spec(proxy_url=session.proxy_url)).separate
    finally:
        engine.close()


def test_a_token_of_the_wrong_form_is_refused_without_being_repeated() -> None:
    with pytest.raises(Misconfigured, match="YT_VIDEOS_PO_TOKENS") as caught:
        YtDlpEngine(aids=SiteAids(po_tokens=(BY_HAND,)))
    assert BY_HAND not in str(caught.value)
