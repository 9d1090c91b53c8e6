"""No option of yt-dlp gets through, under whatever name, in whatever field: all its words are tried in all of ours.

What is refused is refused; what is accepted has a harmless meaning of ours, and yt-dlp is told nothing new by it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from yt_dlp.options import create_parser

from yt_videos_api.api.resolve import resolve
from yt_videos_api.api.schemas import NamedPreset, NewJob, NewPreset
from yt_videos_api.bootstrap import Container, build_container
from yt_videos_api.cage.runs import RunLimits, RunSpec
from yt_videos_api.config import load_settings
from yt_videos_api.domain.errors import InvalidInput
from yt_videos_api.domain.offers import MediaRequest
from yt_videos_api.domain.targets import Target
from yt_videos_api.engine.options import EngineEnvironment, build_options
from yt_videos_api.engine.orders import Order, order_message, read_order
from yt_videos_api.services.submit import JobRequest

SITE = "https://site.example/talk"
GOOD = {"entity_type": "url", "entity_id": SITE}
OURS = {"embed_metadata", "embed_chapters"}  # fields of ours that yt-dlp happens to know by the same name
# What a choice of ours may change of what yt-dlp is told.
CHOSEN = {"format", "format_sort", "prefer_free_formats", "compat_opts"}
PLACE = EngineEnvironment(Path("/scratch"), "http://127.0.0.1:1", own_ca=False, limits=RunLimits())


def words() -> set[str]:
    """Every option of the real yt-dlp: its flags, and the names under which its parameters go."""
    parser = create_parser()
    options = [*parser.option_list, *(option for group in parser.option_groups for option in group.option_list)]
    flags = {flag for option in options for flag in (*option._long_opts, *option._short_opts)}
    dests = {option.dest for option in options if option.dest}
    bare = {flag.lstrip("-") for flag in flags}
    return flags | bare | {flag.replace("-", "_") for flag in bare} | dests


WORDS = sorted(words())
TEXTS = [*WORDS, *(f"{flag}=/etc/passwd" for flag in WORDS if flag.startswith("--")), *(f"{flag} id" for flag in WORDS)]


@pytest.fixture(scope="module")
def container(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Container]:
    folder = tmp_path_factory.mktemp("installation")
    built = build_container(load_settings(state_directory=folder / "state", output_directory=folder / "library"))
    yield built
    built.close()


def errors_of(model: type[NewJob] | type[NewPreset], body: dict[str, Any]) -> dict[tuple[int | str, ...], str]:
    with pytest.raises(ValidationError) as refused:
        model.model_validate(body)
    return {error["loc"]: error["type"] for error in refused.value.errors()}


def told_to_ytdlp(url: str, request: JobRequest) -> dict[str, Any]:
    """The parameters of yt-dlp, as its own process builds them from the order that is sent to it."""
    spec = RunSpec(
        MediaRequest(url, request.container_policy, request.selection, live=request.access.live),
        Path("/staging"),
        Path("/scratch"),
        PLACE.proxy_url,
        None,
    )
    order = read_order(order_message(Order(spec, (), 1, with_lock=False)))
    assert order.spec.media == spec.media
    return build_options(order.spec.media, "default", PLACE)


def test_no_word_of_yt_dlp_is_a_field_of_ours_at_any_depth() -> None:
    names = set(WORDS) - OURS
    assert len(names) > 800
    assert {"--exec", "exec_cmd", "netrc-cmd", "cookiefile", "external_downloader", "-o", "plugin_dirs"} <= names
    hostile = dict.fromkeys(names, "x")
    extra = {(name,) for name in names}

    found = errors_of(NewJob, GOOD | hostile)
    assert {loc for loc, kind in found.items() if kind == "extra_forbidden"} == extra

    found = errors_of(NewJob, GOOD | {"subtitles": {"languages": ["en"]} | hostile})
    assert {loc for loc, kind in found.items() if kind == "extra_forbidden"} == {("subtitles", *loc) for loc in extra}

    found = errors_of(NamedPreset, {"name": "x", "choices": hostile} | hostile)
    refused = {loc for loc, kind in found.items() if kind == "extra_forbidden"}
    assert refused == extra | {("choices", *loc) for loc in extra}


def test_no_word_of_yt_dlp_in_a_field_of_ours_reaches_yt_dlp(container: Container) -> None:
    fields = set(NewJob.model_fields) - {"entity_type"}
    plain = told_to_ytdlp(SITE, resolve(NewJob.model_validate(GOOD), container))
    accepted: set[str] = set()
    for text in TEXTS:
        everywhere = dict.fromkeys(fields, text) | {"subtitles": {"languages": [text]}}
        refused = {loc[0] for loc in errors_of(NewJob, GOOD | everywhere)}
        for field in fields - refused:
            request = harmless(container, field, everywhere[field])
            if request is None:
                continue
            accepted.add(field)
            told = told_to_ytdlp(SITE, request)
            assert set(told) == set(plain)
            # A format or a language can have any name; what can be made of it, test_engine_selectors proves.
            may_change = CHOSEN if field in ("format_selector", "audio_language") else set()
            assert {name for name in told if told[name] != plain[name]} <= may_change, (field, text)
    # The test would prove nothing if nothing had come through.
    assert accepted == {"format_selector", "audio_language", "title_include", "title_exclude", "subtitles"}


def harmless(container: Container, field: str, value: object) -> JobRequest | None:
    """The request with one hostile field; None when it is refused after all."""
    try:
        request = resolve(NewJob.model_validate(GOOD | {field: value}), container)
        target = container.submission.require_usable(request)
    except InvalidInput as refused:
        return None if refused.field == field else pytest.fail(f"{field}: {refused}")
    assert isinstance(target, Target)
    assert target.source_url == SITE
    return request
