"""Formats and facts, from what yt-dlp tells to our words."""

from __future__ import annotations

from typing import Any

import pytest

from yt_videos_api.domain.offers import Chapter
from yt_videos_api.engine.facts import generic_video_id, video_facts
from yt_videos_api.engine.formats import exact_size, file_name, normalise_codec, requested_parts, to_stream


@pytest.mark.parametrize(
    ("told", "ours"),
    [
        ("avc1.640028", "h264"),
        ("h264", "h264"),
        ("hev1.1.6.L120.90", "h265"),
        ("hvc1", "h265"),
        ("av01.0.08M.08", "av1"),
        ("vp09.00.51.08.01", "vp9"),
        ("vp9", "vp9"),
        ("vp9.2", "vp9"),
        ("vp8.0", "vp8"),
        ("mp4a.40.2", "aac"),
        ("mp4a.40.34", "mp3"),
        ("mp3", "mp3"),
        ("opus", "opus"),
        ("Opus", "opus"),
        ("vorbis", "vorbis"),
        ("ac-3", "ac3"),
        ("ec-3", "eac3"),
        ("flac", "flac"),
        ("mp4v.20.9", "mpeg4"),
        ("theora", "theora"),
        ("none", None),
        (None, None),
        ("", None),
    ],
)
def test_codecs_have_one_name(told: str | None, ours: str | None) -> None:
    assert normalise_codec(told) == ours


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({"vcodec": "vp9", "acodec": "none"}, "video"),
        ({"vcodec": "none", "acodec": "opus"}, "audio"),
        ({"vcodec": "avc1", "acodec": "mp4a.40.2"}, "both"),
        ({"ext": "mp4"}, "both"),
        ({"ext": "mp3"}, "audio"),
    ],
)
def test_kind_follows_from_what_is_known_to_be_missing(fields: dict[str, Any], kind: str) -> None:
    assert to_stream({"format_id": "1", "protocol": "https", "ext": "webm", **fields}).kind == kind


def test_only_exact_sizes_are_told() -> None:
    assert exact_size({"filesize": 100}) == 100
    assert exact_size({"filesize_approx": 100}) is None
    assert exact_size({"filesize": True}) is None
    assert to_stream({"filesize": 7, "height": 1080, "fps": 29.97, "dynamic_range": "HDR10"}).hdr is True


def test_parts_carry_what_the_video_knows_and_no_list_of_parts() -> None:
    info = {
        "id": "a",
        "formats": [1],
        "requested_formats": [{"format_id": "1"}, {"format_id": "2"}],
        "format_id": "1+2",
    }
    assert requested_parts(info) == [{"id": "a", "format_id": "1"}, {"id": "a", "format_id": "2"}]
    assert requested_parts({"id": "a", "format_id": "18"}) == [{"id": "a", "format_id": "18"}]


@pytest.mark.parametrize(
    ("format_id", "ext", "name"),
    [
        ("248", "webm", "248.webm"),
        ("../../etc/passwd", "mp4", "______etc_passwd.mp4"),
        ("hls-audio/ä 1", "m4a", "hls-audio___1.m4a"),
        (".hidden", "mp4", "_hidden.mp4"),
        ("x" * 300, "mp4", "x" * 80 + ".mp4"),
        (None, None, "0.bin"),
        ("1", "../sh", "1.sh"),
    ],
)
def test_part_names_are_harmless(format_id: str | None, ext: str | None, name: str) -> None:
    assert file_name({"format_id": format_id, "ext": ext}) == name


def test_facts_of_a_site_with_ids() -> None:
    facts = video_facts(
        {
            "extractor_key": "Vimeo",
            "id": "123",
            "title": "T",
            "uploader": "U",
            "upload_date": "20260102",
            "duration": 5,
            "chapters": [
                {"title": "One", "start_time": 0, "end_time": 2},
                {"title": "Nonsense", "start_time": 3, "end_time": 2},
            ],
        },
        "https://vimeo.com/123",
    )
    assert (facts.extractor, facts.video_id, facts.channel, facts.upload_date) == ("vimeo", "123", "U", "20260102")
    assert facts.chapters == (Chapter("One", 0.0, 2.0),)
    assert facts.webpage_url == "https://vimeo.com/123"


@pytest.mark.parametrize("extractor", ["Generic", "HTML5MediaEmbed"])
def test_two_pages_with_the_same_file_name_are_two_videos(extractor: str) -> None:
    first, second = (
        video_facts({"extractor_key": extractor, "id": "video-1"}, f"https://{host}.example/video") for host in "ab"
    )
    assert first.extractor == second.extractor == "generic"
    assert first.video_id != second.video_id
    assert first.video_id == generic_video_id("https://a.example/video")
    assert len(first.video_id) == 16


@pytest.mark.parametrize("own_id", ["x" * 200, "a\x00b", "a\nb"])
def test_odd_ids_become_short_and_stay_different(own_id: str) -> None:
    facts = video_facts({"extractor_key": "Odd", "id": own_id}, "https://odd.example/")
    assert len(facts.video_id) == 16
    assert facts.video_id != video_facts({"extractor_key": "Odd", "id": own_id + "!"}, "https://odd.example/").video_id
