"""The JavaScript runtime of an installation: which one is found, and which names are taken."""

from __future__ import annotations

import sysconfig
from collections.abc import Callable
from pathlib import Path

import pytest

from yt_videos_api.cage.runs import JsRuntime, SiteAids
from yt_videos_api.domain.errors import Misconfigured
from yt_videos_api.engine.runtimes import find_js_runtime

Install = Callable[[str, str], Path]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Put a program on an otherwise empty PATH that says something when it is started."""
    monkeypatch.setattr(sysconfig, "get_path", lambda _: str(tmp_path / "beside python"))
    monkeypatch.setenv("PATH", str(tmp_path))

    def put(name: str, says: str) -> Path:
        program = tmp_path / name
        program.parent.mkdir(exist_ok=True)
        program.write_text(f'#!/bin/sh\necho "{says}"\nexit 1\n')
        program.chmod(0o755)
        return program

    return put


def found(named: str | None = None) -> JsRuntime:
    """The runtime, which must be there."""
    runtime = find_js_runtime(named)
    assert runtime is not None
    return runtime


def test_deno_is_taken_first_and_the_one_beside_python_before_others(install: Install) -> None:
    assert find_js_runtime() is None
    install("qjs", "QuickJS version 2025-04-26")
    install("node", "v24.19.0")
    assert found().name == "node"
    install("deno", "deno 2.9.8 (stable, release)")
    assert (found().name, found().version) == ("deno", "2.9.8")
    own = install("beside python/deno", "deno 2.3.0")
    assert found().path == own


@pytest.mark.parametrize(
    ("program", "says", "name"),
    [
        ("deno", "deno 2.3.0", "deno"),
        ("deno", "deno 2.2.9", None),
        ("node", "v22.0.0", "node"),
        ("node", "v20.20.2", None),
        ("qjs", "QuickJS version 2023-12-09", "quickjs"),
        ("qjs", "QuickJS version 2023-12-08", None),
        ("qjs", "QuickJS-ng version 0.12.1", "quickjs"),
        ("node", "something else", None),
    ],
)
def test_what_is_too_old_or_something_else_is_left_alone(
    install: Install, program: str, says: str, name: str | None
) -> None:
    install(program, says)
    runtime = find_js_runtime()
    assert (runtime.name if runtime else None) == name


def test_the_operator_names_one_with_or_without_its_place(install: Install) -> None:
    install("deno", "deno 2.9.8")
    node = install("elsewhere/node", "v22.1.0")
    assert (found(f"node:{node}").name, found(f"node:{node}").path) == ("node", node)
    assert found("deno").name == "deno"
    assert find_js_runtime("none") is None


@pytest.mark.parametrize("named", ["bun", "node", "node:/nowhere/node", "deno:{old}", ":", "/usr/bin/node"])
def test_a_name_that_leads_to_nothing_good_is_refused(install: Install, named: str) -> None:
    old = install("old", "deno 1.46.0")
    with pytest.raises(Misconfigured, match="YT_VIDEOS_JS_RUNTIME"):
        find_js_runtime(named.format(old=old))


@pytest.mark.parametrize(
    ("url", "endpoint"),
    [
        ("http://127.0.0.1:4416", ("127.0.0.1", 4416)),
        ("http://bgutil:4416/", ("bgutil", 4416)),
        ("https://pot.example", ("pot.example", 443)),
        ("http://[::1]:4416", ("::1", 4416)),
    ],
)
def test_the_gate_is_told_exactly_where_the_token_provider_is(url: str, endpoint: tuple[str, int]) -> None:
    assert SiteAids(po_provider_url=url).exceptions == {endpoint}
    assert SiteAids().exceptions == frozenset()


@pytest.mark.parametrize("url", ["", "127.0.0.1:4416", "ftp://host/", "http://", "http://host:99999", "unix:/x"])
def test_a_provider_without_a_proper_address_is_refused(url: str) -> None:
    with pytest.raises(Misconfigured, match="YT_VIDEOS_PO_PROVIDER_URL"):
        assert SiteAids(po_provider_url=url).exceptions
