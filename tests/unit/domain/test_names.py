"""Names of published files: readable where possible, safe always."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yt_videos_api.domain.errors import InvalidInput
from yt_videos_api.domain.name_template import DEFAULT_TEMPLATE, NameTemplate, Placeholder
from yt_videos_api.domain.names import (
    SUFFIX_BYTES,
    collision_key,
    name_candidates,
    sidecar_name,
)
from yt_videos_api.domain.offers import VideoFacts
from yt_videos_api.domain.safe_names import COMPONENT_BYTES, safe_id

IDENTITY = hashlib.sha256(b"an identity").hexdigest()
WINDOWS_DEVICES = {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in "0123456789¹²³")}
any_text = st.text(st.characters(), max_size=250)  # lone surrogates included


VIDEO = VideoFacts(
    extractor="youtube",
    video_id="dQw4w9WgXcQ",
    title="A title",
    webpage_url="https://example.com/",
    channel="A channel",
    upload_date="20240131",
)


def facts(**changed: Any) -> VideoFacts:
    return replace(VIDEO, **changed)


def plain_name(**changed: Any) -> str:
    return name_candidates(facts(**changed), "webm", None, IDENTITY)[0]


def test_name_holds_channel_date_title_and_id() -> None:
    assert plain_name() == "A channel/2024-01-31 - A title [dQw4w9WgXcQ].webm"


def test_further_renditions_are_told_apart_by_height_then_by_identity() -> None:
    assert name_candidates(facts(), "mp4", 720, IDENTITY) == (
        "A channel/2024-01-31 - A title [dQw4w9WgXcQ].mp4",
        "A channel/2024-01-31 - A title [dQw4w9WgXcQ] [720p].mp4",
        f"A channel/2024-01-31 - A title [dQw4w9WgXcQ] [720p] [{IDENTITY[:8]}].mp4",
    )


def test_rendition_of_unknown_height_is_told_apart_by_identity_at_once() -> None:
    assert name_candidates(facts(), "mkv", None, IDENTITY) == (
        "A channel/2024-01-31 - A title [dQw4w9WgXcQ].mkv",
        f"A channel/2024-01-31 - A title [dQw4w9WgXcQ] [{IDENTITY[:8]}].mkv",
    )


@pytest.mark.parametrize("upload_date", [None, "", "2024", "20241301", "20240230", "２０２４０１３１", "../../etc"])
def test_date_that_is_no_day_is_left_out(upload_date: str | None) -> None:
    assert plain_name(upload_date=upload_date) == "A channel/A title [dQw4w9WgXcQ].webm"


def test_video_without_channel_lies_under_its_site() -> None:
    assert plain_name(channel=None, extractor="vimeo").startswith("vimeo/")
    assert plain_name(channel="\u202e...", extractor="vimeo:album").startswith("vimeo-album/")


def test_video_without_a_usable_title_is_called_untitled() -> None:
    assert plain_name(title="???") == "A channel/2024-01-31 - untitled [dQw4w9WgXcQ].webm"


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        ("../../etc/passwd", "etc-passwd"),
        ("/etc/passwd", "etc-passwd"),
        ("..\\..\\boot.ini", "boot.ini"),
        ("~root", "root"),
        ("%(title)s", "%(title)s"),
        ("$(id)", "$(id)"),
        ('a<b>c:d"e/f\\g|h?i*j', "abc-d'e-f-g-hij"),
        ("null\x00byte", "nullbyte"),
        ("c0\x07 c1\x85 esc\x1b[31m", "c0 c1 esc[31m"),
        ("two\r\nlines\tand tab", "two lines and tab"),
        ("\u202egpj.exe", "gpj.exe"),
        ("zero\u200bwidth\ufeff soft\u00adhyphen", "zerowidth softhyphen"),
        ("lone \ud83d surrogate", "lone surrogate"),
        ("joined \ud83d\ude00", "joined 😀"),
        ("cafe\u0301", "café"),
        ("e\u200d\u0301", "é"),
        ("-rf", "rf"),
        (".hidden", "hidden"),
        ("trailing dots... ", "trailing dots"),
        ("CON", "_CON"),
        ("nul.txt", "_nul.txt"),
        ("Com¹", "_Com¹"),
        ("LPT1 .log", "_LPT1 .log"),
        ("console", "console"),
        ("日本語のタイトル 🎬", "日本語のタイトル 🎬"),
    ],
)
def test_hostile_titles_become_harmless(title: str, shown: str) -> None:
    assert plain_name(title=title, upload_date=None) == f"A channel/{shown} [dQw4w9WgXcQ].webm"
    assert plain_name(channel=title).split("/") == [shown, "2024-01-31 - A title [dQw4w9WgXcQ].webm"]


@pytest.mark.parametrize("video_id", ["a/b", "..", "", "x" * 300, "ä", "\ud800", "a b", "id\n"])
def test_ids_that_are_not_plain_are_hashed(video_id: str) -> None:
    assert re.fullmatch(r"[0-9a-f]{16}", safe_id(video_id))
    assert f"[{safe_id(video_id)}]" in plain_name(video_id=video_id)


def test_different_odd_ids_stay_different() -> None:
    assert len({safe_id(odd) for odd in ("a/b", "a/c", "", "..", "\ud800", "\ud801")}) == 6


def test_only_the_title_is_cut() -> None:
    name = plain_name(title="語" * 300, video_id="x" * 64).split("/")[1]
    assert name.startswith("2024-01-31 - 語")
    assert name.endswith(f"語 [{'x' * 64}].webm")
    assert COMPONENT_BYTES - SUFFIX_BYTES < len(name.encode()) + 3 <= COMPONENT_BYTES


def stated(stem: tuple[str, str, str], folders: list[str]) -> NameTemplate:
    before, bounds, after = stem
    return NameTemplate.parse("/".join([*folders, f"{before}{bounds[0]}{{id}}{bounds[1]}{after}"]))


placeholders = [f"{{{placeholder.value}}}" for placeholder in Placeholder if placeholder is not Placeholder.ID]
literals = st.sampled_from(["", " ", " - ", "x", "é", ". ", "CON", "e", "title", " (", ") ", "_", "12345678901"])


def parts(most: int) -> st.SearchStrategy[str]:
    """Text of templates: placeholders, each at most once, with literals between them."""

    def woven(names: list[str], between: list[str]) -> str:
        return "".join(f"{name}{text}" for name, text in zip(names, between, strict=False)).strip(" .")

    names = st.lists(st.sampled_from(placeholders), unique=True, max_size=most)
    return st.builds(woven, names, st.lists(literals, min_size=3, max_size=3))


templates = st.just(DEFAULT_TEMPLATE) | st.builds(
    stated,
    st.tuples(parts(3).map(lambda text: f"{text} " if text else ""), st.sampled_from(["[]", "()", "++"]), st.just("")),
    st.lists(parts(3).filter(bool), min_size=1, max_size=2),
)


@given(
    template=templates,
    title=any_text,
    channel=st.none() | any_text,
    video_id=any_text | st.sampled_from(["con", "-x", "x" * 64]),
    upload_date=st.none() | st.text(max_size=9) | st.just("20240131"),
    height=st.none() | st.integers(1, 99999),
)
def test_every_component_of_every_name_is_safe(
    template: NameTemplate,
    title: str,
    channel: str | None,
    video_id: str,
    upload_date: str | None,
    height: int | None,
) -> None:
    video = facts(title=title, channel=channel, channel_id=channel, video_id=video_id, upload_date=upload_date)
    keys = name_candidates(video, "webm", height, IDENTITY, template=template)
    for key in keys:
        components = key.split("/")
        assert len(components) == len(template.folders) + 1
        assert safe_id(video_id) in components[-1]
        for component in [*components, sidecar_name(components[-1], ".zh-Hant-TW.vtt")]:
            assert_safe(component)
    assert f"[{IDENTITY[:8]}]" in keys[-1]
    other = name_candidates(video, "webm", height, "f" * 64, template=template)
    assert keys[-1] != other[-1]


def assert_safe(component: str) -> None:
    assert 0 < len(component.encode()) <= COMPONENT_BYTES
    assert not set(component) & set('<>:"/\\|?*')
    assert all(char == " " or not (char.isspace() or unicodedata.category(char).startswith("C")) for char in component)
    assert component[0] not in " .-~"
    assert component[-1] not in " ."
    assert component.split(".", maxsplit=1)[0].rstrip().casefold() not in WINDOWS_DEVICES
    assert unicodedata.normalize("NFC", component) == component


@given(title=any_text, first=any_text, second=any_text)
def test_two_videos_with_one_title_never_meet(title: str, first: str, second: str) -> None:
    if first != second:
        assert plain_name(title=title, video_id=first) != plain_name(title=title, video_id=second)


def test_ids_differing_in_case_alone_collide_until_the_identity_is_named() -> None:
    upper = name_candidates(facts(video_id="ABC"), "webm", 720, "a" * 64)
    lower = name_candidates(facts(video_id="abc"), "webm", 720, "b" * 64)
    assert collision_key(upper[1]) == collision_key(lower[1])
    assert collision_key(upper[2]) != collision_key(lower[2])


@pytest.mark.parametrize(("one", "other"), [("Straße", "STRASSE"), ("é", "e\u0301"), ("Ǆ", "ǆ"), ("ΑΣ", "ας")])
def test_names_that_a_file_system_takes_for_one_have_one_collision_key(one: str, other: str) -> None:
    assert one != other
    assert collision_key(one) == collision_key(other)


@given(any_text)
def test_collision_key_of_a_collision_key_is_itself(name: str) -> None:
    assert collision_key(collision_key(name)) == collision_key(name)


def test_sidecar_shares_the_stem_of_its_media() -> None:
    assert sidecar_name("channel/v1.5 [id].webm", ".en.vtt") == "channel/v1.5 [id].en.vtt"


@pytest.mark.parametrize("suffix", ["jpg", "", "." + "x" * SUFFIX_BYTES])
def test_sidecar_suffix_must_fit(suffix: str) -> None:
    with pytest.raises(ValueError, match="suffix"):
        sidecar_name("a/b.webm", suffix)


@pytest.mark.parametrize("media_name", ["v1.0/name", "name"])
def test_sidecar_needs_a_media_name_with_an_extension(media_name: str) -> None:
    with pytest.raises(ValueError, match="extension"):
        sidecar_name(media_name, ".jpg")


@pytest.mark.parametrize("extension", ["", ".webm", "WEBM", "a/b", "webm\n", "desktop.url"])
def test_extension_must_be_plain(extension: str) -> None:
    with pytest.raises(ValueError, match="extension"):
        name_candidates(facts(), extension, None, IDENTITY)


def test_identity_must_be_a_hex_digest() -> None:
    with pytest.raises(ValueError, match="digest"):
        name_candidates(facts(), "webm", None, "../../../..")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("{channel}/{title} [{id}]", "A channel/A title [dQw4w9WgXcQ].webm"),
        ("{extractor}/{channel_id}/{year}/{month}/[{id}]", "youtube/UC1/2024/01/[dQw4w9WgXcQ].webm"),
        ("my {channel}/{id}", "my A channel/dQw4w9WgXcQ.webm"),
        ("{year}/{title} ({height}, {container}) {id}", "2024/A title (720p, webm) dQw4w9WgXcQ.webm"),
        ("videos/{id} title {title}", "videos/dQw4w9WgXcQ title A title.webm"),
    ],
)
def test_an_operator_says_how_files_are_called(text: str, name: str) -> None:
    template = NameTemplate.parse(text)
    video = facts(channel_id="UC1")
    assert name_candidates(video, "webm", 720, IDENTITY, template=template)[0] == name


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("{channel}/{year}/{upload_date} - {title} [{id}]", "A channel/unknown/A title [dQw4w9WgXcQ].webm"),
        ("{channel}/{title} [{height}] [{id}]", "A channel/A title [dQw4w9WgXcQ].webm"),
        ("{channel}/{title} ({year}) {id}", "A channel/A title dQw4w9WgXcQ.webm"),
        ("{channel}/{title}{height} {id}", "A channel/A title dQw4w9WgXcQ.webm"),
        ("{channel}/[{id}] {title} - {upload_date}", "A channel/[dQw4w9WgXcQ] A title.webm"),
    ],
)
def test_what_the_site_does_not_tell_leaves_no_gap(text: str, name: str) -> None:
    template = NameTemplate.parse(text)
    assert name_candidates(facts(upload_date=None), "webm", None, IDENTITY, template=template)[0] == name


def test_a_height_in_the_template_is_not_marked_again() -> None:
    template = NameTemplate.parse("{channel}/{title} {height} [{id}]")
    assert name_candidates(facts(), "webm", 720, IDENTITY, template=template) == (
        "A channel/A title 720p [dQw4w9WgXcQ].webm",
        f"A channel/A title 720p [dQw4w9WgXcQ] [{IDENTITY[:8]}].webm",
    )


def test_an_id_that_is_a_device_or_an_option_is_told_from_one() -> None:
    template = NameTemplate.parse("all/{id}")
    names = [
        name_candidates(facts(video_id=odd), "webm", None, IDENTITY, template=template)[0] for odd in ("con", "-f")
    ]
    assert names == ["all/_con.webm", "all/_-f.webm"]


def test_long_words_share_the_room_of_a_name() -> None:
    template = NameTemplate.parse("all/{channel} - {title} [{id}]")
    video = facts(channel="C" * 300, title="short")
    name = name_candidates(video, "webm", None, IDENTITY, template=template)[0]
    assert name.endswith("C - short [dQw4w9WgXcQ].webm")
    assert 180 < len(name.encode()) <= 4 + COMPONENT_BYTES


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "empty"),
        ("{id}", "one to 5 folders"),
        ("/{channel}/{id}", "empty"),
        ("{channel}//{id}", "empty"),
        ("{channel}/{id}/", "empty"),
        ("a/b/c/d/e/f/{id}", "one to 5 folders"),
        ("../{id}", "begins with"),
        ("{channel}/..", "begins with"),
        ("~/{id}", "begins with"),
        ("-r/{id}", "begins with"),
        (".staging/{id}", "begins with"),
        ("{channel}/{id}.", "ends with"),
        ("{channel}/{title}", "must have {id}"),
        ("{id}/{title}", "must have {id}"),
        ("{channel}/{id} {id}", "twice"),
        ("{channel}/{title}{id}", "set {id} apart"),
        ("{channel}/{id}x", "set {id} apart"),
        ("{channel}/v_{id}", "set {id} apart"),
        ("{channel}/{uploader} {id}", "there are: {channel}, "),
        ("{channel}/{} {id}", "there are: {channel}, "),
        ("{channel}/{{id}}", "belongs to nothing"),
        ("{channel}/{title {id}", "belongs to nothing"),
        ("{channel}/%(title)s\\{id}", "not safe"),
        ("C:/{id}", "not safe"),
        ("{channel}/a  {id}", "not safe"),
        ("{channel}/\u202e{id}", "not safe"),
        ("{channel}/" + "x" * 41 + " {id}", "40 bytes"),
    ],
)
def test_a_template_that_is_not_safe_is_refused_with_the_reason(text: str, why: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        NameTemplate.parse(text)
    assert refused.value.field == "YT_VIDEOS_NAME_TEMPLATE"
    assert why in refused.value.problem


@pytest.mark.parametrize(
    ("address", "folder"),
    [
        ("https://www.example.org/talks/42", "example.org"),
        ("https://videos.example.org:8443/a.mp4", "videos.example.org"),
        ("http://[nonsense", "generic"),
        ("", "generic"),
    ],
)
def test_a_site_without_an_extractor_is_called_by_its_host(address: str, folder: str) -> None:
    told = VideoFacts(extractor="generic", video_id="0123456789abcdef", title="Talk", webpage_url=address)
    (name, *_) = name_candidates(told, "mp4", None, "ab" * 32)
    assert name == f"{folder}/Talk [0123456789abcdef].mp4"
