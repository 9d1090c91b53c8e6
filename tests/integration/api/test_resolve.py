"""From a body, a preset and the settings to one request with every choice explicit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from yt_videos_api.api.choices import Choices
from yt_videos_api.api.resolve import resolve
from yt_videos_api.api.schemas import NewJob
from yt_videos_api.bootstrap import Container, build_container
from yt_videos_api.config import load_settings
from yt_videos_api.domain.choices import (
    AccessWish,
    Browser,
    Extras,
    Hdr,
    Live,
    Selection,
    SponsorBlockCategory,
    SubtitleFormat,
    VideoCodec,
)
from yt_videos_api.domain.errors import InvalidInput
from yt_videos_api.domain.filters import CollectionFilter, OnRemoved, Order
from yt_videos_api.domain.policy import ContainerPolicy
from yt_videos_api.domain.presets import SHIPPED
from yt_videos_api.services.submit import JobRequest


@pytest.fixture(scope="module")
def container(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Container]:
    folder: Path = tmp_path_factory.mktemp("installation")
    settings = load_settings(
        state_directory=folder / "state",
        output_directory=folder / "library",
        quality_preference="720p",
        embed_cover_art=False,
        proxies="office=http://proxy.example:3128, home=http://proxy.example:3129",
    )
    built = build_container(settings)
    yield built
    built.close()


def asked(container: Container, **body: Any) -> JobRequest:
    return resolve(NewJob.model_validate({"entity_type": "url", "entity_id": "https://a.example/"} | body), container)


def refusal(container: Container, **body: Any) -> InvalidInput:
    with pytest.raises(InvalidInput) as refused:
        asked(container, **body)
    return refused.value


def test_what_nobody_chose_follows_the_settings(container: Container) -> None:
    request = asked(container)
    assert request.container_policy is ContainerPolicy.WEBM
    assert request.selection == Selection(max_height=720)
    assert request.extras == Extras(embed_cover_art=False)
    assert request.access == AccessWish()
    assert request.filter == CollectionFilter()


def test_every_choice_arrives(container: Container) -> None:
    request = asked(
        container,
        container_policy="mkv",
        quality="144p",
        max_fps=30,
        hdr="only",
        video_codec="av1",
        max_size_bytes=10**9,
        audio_language="pt-BR",
        embed_metadata=False,
        embed_cover_art=True,
        embed_chapters=False,
        subtitles={"languages": ["EN-*", "de", "de"], "automatic": True, "embed": True, "sidecar": ["vtt", "srt"]},
        save_thumbnail=True,
        save_info_json=True,
        save_nfo=True,
        sponsorblock=["sponsor", "intro"],
        use_cookies=True,
        proxy_name="home",
        live="record",
        live_limit_seconds=60,
        item_limit=5,
        published_after="2024-02-29",
        published_before="2024-02-29",
        order="oldest",
        title_include="one",
        title_exclude=["two", "three"],
        skip_shorts=True,
        skip_live=True,
        on_removed_from_playlist="trash",
    )
    assert request.selection == Selection(144, 30, Hdr.ONLY, VideoCodec.AV1, 10**9, "pt-br")
    assert request.extras == Extras(
        embed_metadata=False,
        embed_chapters=False,
        subtitle_languages=("de", "en-*"),
        automatic_subtitles=True,
        embed_subtitles=True,
        subtitle_sidecars=(SubtitleFormat.SRT, SubtitleFormat.VTT),
        thumbnail=True,
        info_json=True,
        nfo=True,
        sponsorblock=(SponsorBlockCategory.INTRO, SponsorBlockCategory.SPONSOR),
    )
    assert request.access == AccessWish(True, "home", None, Live.RECORD, 60)
    leap_day = date(2024, 2, 29)
    assert request.filter == CollectionFilter(
        5, leap_day, leap_day, Order.OLDEST, ("one",), ("two", "three"), True, True, OnRemoved.TRASH
    )


def test_a_selector_stands_alone_and_in_one_spelling(container: Container) -> None:
    assert asked(container, format_selector="b [height<=480]").selection == Selection(format_selector="b[height<=480]")


def test_a_picture_nobody_will_see_does_not_make_another_download(container: Container) -> None:
    assert asked(container, container_policy="mp3", quality="1080p", hdr="never").selection == Selection()


def test_subtitles_without_a_place_lie_beside_the_video(container: Container) -> None:
    beside = asked(container, subtitles={"languages": ["en"]}).extras
    assert (beside.embed_subtitles, beside.subtitle_sidecars) == (False, (SubtitleFormat.VTT,))
    inside = asked(container, subtitles={"languages": ["en"], "embed": True}).extras
    assert (inside.embed_subtitles, inside.subtitle_sidecars) == (True, ())
    nowhere = asked(container, subtitles={"languages": [], "embed": True, "automatic": True}).extras
    assert nowhere == Extras(embed_cover_art=False)


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_preset_is_usable_for_everything(container: Container, name: str) -> None:
    assert Choices.model_validate(SHIPPED[name].choices).given() == SHIPPED[name].choices
    for kind, entity in (("video", "jNQXAC9IVRw"), ("channel", "@jawed"), ("url", "https://a.example/")):
        request = asked(container, entity_type=kind, entity_id=entity, preset=name)
        assert request.container_policy == SHIPPED[name].choices["container_policy"]


def test_a_preset_comes_before_the_settings_and_after_the_body(container: Container) -> None:
    request = asked(container, preset="tv-1080p", hdr="any")
    assert request.container_policy is ContainerPolicy.MP4
    assert request.selection == Selection(max_height=1080, video_codec=VideoCodec.H264)


def test_whoever_names_a_selector_means_it_instead_of_the_preset(container: Container) -> None:
    assert asked(container, preset="small-phone", format_selector="b").selection == Selection(format_selector="b")
    container.presets.replace("expert", "", {"format_selector": "w", "audio_language": "de"})
    assert asked(container, preset="expert", quality="480p").selection == Selection(max_height=480, audio_language="de")


def test_what_a_preset_says_of_collections_is_no_matter_for_a_video(container: Container) -> None:
    container.presets.replace("few", "", {"item_limit": 3, "order": "newest"})
    assert asked(container, preset="few").filter.item_limit == 3
    video = asked(container, preset="few", entity_type="video", entity_id="jNQXAC9IVRw")
    assert video.filter == CollectionFilter()


def test_a_preset_of_another_version_is_refused_by_name(container: Container) -> None:
    container.presets.replace("old", "", {"smell": "roses"})
    refused = refusal(container, preset="old")
    assert (refused.field, "save it again" in refused.problem) == ("preset", True)


@pytest.mark.parametrize(
    ("body", "field", "why"),
    [
        ({"format_selector": "b", "quality": "best"}, "format_selector", "leave out quality"),
        ({"format_selector": "b", "max_fps": 30, "hdr": "any"}, "format_selector", "leave out max_fps, hdr"),
        ({"published_after": "2024-01-02", "published_before": "2024-01-01"}, "published_after", "later"),
        ({"live_limit_seconds": 60}, "live_limit_seconds", '"live": "record"'),
        ({"live": "refuse", "live_limit_seconds": 60}, "live_limit_seconds", '"live": "record"'),
        ({"live": "record", "live_limit_seconds": 43201}, "live_limit_seconds", "YT_VIDEOS_LIVE_MAX_SECONDS"),
        ({"proxy_name": "elsewhere"}, "proxy_name", "allowed are: home, office"),
        ({"preset": "mine"}, "preset", "there are: best-archive, tv-1080p"),
        ({"entity_type": "video", "item_limit": 3}, "item_limit", "playlists and channels"),
        ({"entity_type": "video", "skip_live": False}, "skip_live", "playlists and channels"),
    ],
)
def test_choices_that_contradict_are_refused_by_name(
    container: Container, body: dict[str, Any], field: str, why: str
) -> None:
    refused = refusal(container, **body)
    assert refused.field == field
    assert why in refused.problem


@pytest.mark.parametrize("available", [True, False])
def test_a_browser_is_imitated_only_where_that_is_possible(container: Container, available: bool) -> None:
    here = replace(container, impersonation_available=available)
    if available:
        assert asked(here, impersonate_browser="firefox").access.browser is Browser.FIREFOX
    else:
        refused = refusal(here, impersonate_browser="firefox")
        assert refused.field == "impersonate_browser"
        assert "pip install" in refused.problem
