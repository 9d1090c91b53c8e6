"""Every choice about a file is found in it again by readers that owe nothing to the product."""

from __future__ import annotations

import hashlib
import json
from itertools import product as product_of
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from tests.crash.streams import stream_hashes
from tests.e2e.collected import wait_until
from tests.e2e.looks import chapters_of, media_path, pictures, probe, sidecars, tags
from tests.e2e.readers import embedded_cues, language_of, read_cues, read_sound
from tests.origin import Caption, Mark, Offered, Origin, Recipe, Video, faults
from tests.origin.media import folder_of
from tests.origin.twins import dubbed_sound, hdr_picture, smooth_picture
from tests.product import Product, Server

pytestmark = pytest.mark.timeout(120)

# What people say of a file: 6 s with chapters, a stretch that SponsorBlock knows, and captions.
TALK = Recipe(seconds=6, heights=(144, 240))
DESCRIPTION = "A talk.\n0:00 Beach\n0:02 Waves\n0:04 Home\n"
PLAIN_CHAPTERS = [(0.0, "Beach"), (2.0, "Waves"), (4.0, "Home")]
CHAPTERS = [(0.0, "Beach"), (1.5, "[SponsorBlock]: Sponsor"), (3.0, "Waves"), (4.0, "Home")]
CAPTIONS = (Caption("en", style="styled"), Caption("en-GB"), Caption("de"), Caption("fr", automatic=True))
VIDEO_CONTAINERS = {"webm": "matroska,webm", "mp4": "mov,mp4", "mkv": "matroska,webm"}
SOUNDS = {"m4a": "aac", "mp3": "mp3", "opus": "opus", "flac": "flac"}
EVERYTHING: dict[str, Any] = {
    "subtitles": {"languages": ["en*", "de"], "embed": True, "sidecar": ["srt"]},
    "save_thumbnail": True,
    "save_info_json": True,
    "save_nfo": True,
    "sponsorblock": ["sponsor", "intro"],
}
OTHERS: dict[str, dict[str, Any]] = {
    "automatic": {"subtitles": {"languages": ["*"], "automatic": True, "sidecar": ["vtt", "srt"]}},
    "nothing": {"embed_metadata": False, "embed_cover_art": False, "embed_chapters": False},
    "sponsor-away": {"sponsorblock": ["sponsor"]},
    "no-language": {"subtitles": {"languages": ["tlh"]}},
    "best-archive": {"preset": "best-archive", "container_policy": None},
    "music": {"preset": "music", "container_policy": None},
    "podcast": {"preset": "podcast", "container_policy": None},
    "own": {"preset": "own-talks", "container_policy": None},
}
OWN = {"container_policy": "mkv", "subtitles": {"languages": ["de"], "embed": True}, "save_nfo": True}

# What people say of the streams: a second of everything YouTube has.
RICH = Recipe(seconds=1, heights=(360, 720))
OFFERED = Offered(smooth=True, hdr=True, audio_languages=("en", "de"))
SIZES = {name: (folder_of(RICH) / name).stat().st_size for name in ("h264-360.mp4", "vp9-360.webm", "whole.mp4")}
STREAMS: dict[str, dict[str, Any]] = {
    "best": {},
    "height": {"quality": "480p"},
    "frames": {"max_fps": 30, "hdr": "never"},
    "no-hdr": {"hdr": "never"},
    "hdr": {"hdr": "only"},
    "codec": {"video_codec": "h264", "quality": "360p"},
    "language": {"audio_language": "de", "quality": "360p"},
    "size": {"max_size_bytes": SIZES["whole.mp4"]},
    "selector": {"format_selector": "bv[height<=360][vcodec^=avc]+ba[ext=webm]"},
    "tv-1080p": {"preset": "tv-1080p", "container_policy": None},
    "small-phone": {"preset": "small-phone", "container_policy": None},
}
UNMET: dict[str, dict[str, Any]] = {
    "no-hdr-there": {"hdr": "only"},
    "too-small": {"max_size_bytes": 1000},
    "no-such-format": {"format_selector": "bv[height>2000]+ba"},
}
ARCHIVED = [*VIDEO_CONTAINERS, *SOUNDS, *OTHERS, *STREAMS]


def id_of(name: str) -> str:
    return f"choice{name.replace('-', '')}_______"[:11] if len(name) < 6 else f"ch{name.replace('-', '_')}______"[:11]


@pytest.fixture(scope="module")
def jobs(origin: Origin, server: Server) -> dict[str, dict[str, Any]]:
    """All of it at once; the jobs by name, when they have ended."""
    assert server.request("POST", "/presets", json={"name": "own-talks", "choices": OWN}).status_code == 201
    asked = {name: {**EVERYTHING, "container_policy": name} for name in (*VIDEO_CONTAINERS, *SOUNDS)} | OTHERS
    for name in asked:
        talk = Video(id_of(name), title=f"Talk {name}", recipe=TALK, description=DESCRIPTION, captions=CAPTIONS)
        origin.add(talk)
        origin.mark(talk.id, Mark(1.5, 3.0), Mark(4.0, 5.0, "filler"))
    for name in (*STREAMS, *UNMET):
        offered = Offered() if name in UNMET else OFFERED
        origin.add(Video(id_of(name), recipe=RICH, offered=offered, captions=()))
    group = hashlib.sha256(id_of("sponsor-away").encode()).hexdigest()[:4]
    origin.inject("api", faults.Status(503), address=group)
    cheap = {"container_policy": "mkv", "embed_cover_art": False}
    asked |= {name: cheap | choices for name, choices in (STREAMS | UNMET).items()}
    assert len({id_of(name) for name in asked}) == len(asked)
    accepted = {name: server.submit(id_of(name), **choices)["id"] for name, choices in asked.items()}
    return {name: server.wait_until_ended(job_id) for name, job_id in accepted.items()}


@pytest.mark.parametrize("name", ARCHIVED)
def test_every_choice_leads_to_a_file(jobs: dict[str, dict[str, Any]], product: Product, name: str) -> None:
    assert jobs[name]["state"] == "DONE", jobs[name]
    document = probe(media_path(product, jobs[name]))
    assert float(document["format"]["duration"]) == pytest.approx(1 if name in STREAMS else 6, abs=0.1)


@pytest.mark.parametrize("container", VIDEO_CONTAINERS)
def test_a_video_holds_streams_tags_chapters_and_subtitles(
    jobs: dict[str, dict[str, Any]], product: Product, container: str
) -> None:
    job = jobs[container]
    path = media_path(product, job)
    document = probe(path)
    assert document["format"]["format_name"].startswith(VIDEO_CONTAINERS[container])
    assert (path.suffix, job["file"]["policy_met"]) == (f".{container}", True)
    assert tags(document)["title"] == f"Talk {container}"
    assert tags(document)["artist"] == "Stand-in Channel"
    assert chapters_of(document) == CHAPTERS
    texts = [stream for stream in document["streams"] if stream["codec_type"] == "subtitle"]
    german = "deu" if container == "mp4" else "ger"
    assert sorted(stream["tags"]["language"] for stream in texts) == sorted(["eng", "eng", german])
    assert {language_of(embedded_cues(path, index)) for index in range(3)} == {"en", "en-GB", "de"}
    assert [bool(pictures(document)), job["file"]["cover"] == "embedded"] == [container != "webm"] * 2


@pytest.mark.parametrize("container", SOUNDS)
def test_a_file_of_sound_holds_tags_cover_and_chapters(
    jobs: dict[str, dict[str, Any]], product: Product, container: str
) -> None:
    job = jobs[container]
    path = media_path(product, job)
    document = probe(path)
    sounds = [stream for stream in document["streams"] if stream["codec_type"] == "audio"]
    assert [stream["codec_name"] for stream in sounds] == [SOUNDS[container]]
    assert [each for each in document["streams"] if each["codec_type"] == "video"] == pictures(document)
    told = read_sound(path)
    address = f"https://www.youtube.com/watch?v={id_of(container)}"
    assert told.texts == [f"Talk {container}", "Stand-in Channel", "2026-01-02", address]
    assert [picture[:3] for picture in told.pictures] == [b"\xff\xd8\xff"]
    assert told.chapters == CHAPTERS
    encoded = container in ("mp3", "flac")
    assert any("re-encoded" in note for note in job["file"]["notes"]) is encoded


@pytest.mark.parametrize("container", [*VIDEO_CONTAINERS, *SOUNDS])
def test_beside_it_lies_what_was_asked_for(jobs: dict[str, dict[str, Any]], product: Product, container: str) -> None:
    found = sidecars(product, jobs[container])
    beside = {".srt"} if container in VIDEO_CONTAINERS else {".srt", ".vtt"}  # what holds no subtitles has them here
    for language, form in product_of(("en", "en-GB", "de"), beside):
        cues = read_cues(found.pop(f".{language}{form}").read_text())
        assert language_of(cues) == language
        assert [(start, end) for start, end, _ in cues] == [(second, second + 1) for second in range(6)]
    assert found.pop(".jpg").read_bytes()[:3] == b"\xff\xd8\xff"
    movie = ET.parse(found.pop(".nfo")).getroot()
    told = [movie.tag, movie.findtext("title"), movie.findtext("uniqueid")]
    assert told == ["movie", f"Talk {container}", id_of(container)]
    assert_redacted(found.pop(".info.json"), id_of(container))
    assert found == {}


def test_subtitles_that_the_site_makes_by_itself_come_on_demand(
    jobs: dict[str, dict[str, Any]], product: Product
) -> None:
    found = sidecars(product, jobs["automatic"])
    forms = [f".{language}.{form}" for language in ("en", "en-GB", "de", "fr") for form in ("vtt", "srt")]
    assert {name for name in found if name != ".jpg"} == set(forms)
    assert {language_of(read_cues(found[name].read_text())) for name in forms} == {"en", "en-GB", "de", "fr"}


def test_what_is_not_there_is_a_note_and_no_failure(jobs: dict[str, dict[str, Any]], product: Product) -> None:
    assert any("no subtitles" in note for note in jobs["no-language"]["file"]["notes"])
    assert any("SponsorBlock did not answer" in note for note in jobs["sponsor-away"]["file"]["notes"])
    assert chapters_of(probe(media_path(product, jobs["sponsor-away"]))) == PLAIN_CHAPTERS


def test_what_is_not_wanted_inside_is_not_there(jobs: dict[str, dict[str, Any]], product: Product) -> None:
    document = probe(media_path(product, jobs["nothing"]))
    assert not {"title", "artist", "comment", "description"} & tags(document).keys()
    assert (pictures(document), chapters_of(document), jobs["nothing"]["file"]["sidecars"]) == ([], [], [])


@pytest.mark.parametrize(
    ("name", "picture"),
    [
        ("best", smooth_picture(RICH, "vp9", 720) / "smooth.webm"),
        ("height", folder_of(RICH) / "vp9-360.webm"),
        ("frames", folder_of(RICH) / "vp9-720.webm"),
        ("no-hdr", smooth_picture(RICH, "vp9", 720) / "smooth.webm"),
        ("hdr", hdr_picture(RICH, 720) / "hdr.webm"),
        ("codec", folder_of(RICH) / "h264-360.mp4"),
        ("selector", folder_of(RICH) / "h264-360.mp4"),
        ("tv-1080p", smooth_picture(RICH, "h264", 720) / "smooth.mp4"),
        ("small-phone", folder_of(RICH) / "h264-360.mp4"),
    ],
)
def test_the_picture_is_the_very_one_that_was_chosen(
    jobs: dict[str, dict[str, Any]], product: Product, name: str, picture: Path
) -> None:
    assert stream_hashes(picture) < stream_hashes(media_path(product, jobs[name]))


def test_the_sound_is_the_very_one_that_was_chosen(jobs: dict[str, dict[str, Any]], product: Product) -> None:
    english, german = (dubbed_sound(RICH, "opus", language) / "dubbed.webm" for language in ("en", "de"))
    path = media_path(product, jobs["language"])
    assert stream_hashes(german) < stream_hashes(path)
    assert [each["tags"]["language"] for each in probe(path)["streams"] if each["codec_type"] == "audio"] == ["ger"]
    for name in ("best", "selector"):
        assert stream_hashes(english) < stream_hashes(media_path(product, jobs[name]))
    document = probe(media_path(product, jobs["hdr"]))
    assert document["streams"][0]["color_transfer"] == "smpte2084"


@pytest.mark.usefixtures("jobs")
def test_what_can_be_chosen_is_told_beforehand(server: Server) -> None:
    def ask() -> dict[str, Any]:
        told: dict[str, Any] = server.request("GET", "/formats", params={"url": id_of("best")}).json()
        return told

    wait_until(lambda: ask()["state"] == "done", "formats")
    streams = ask()["formats"]
    assert {each["height"] for each in streams if each["height"]} == {360, 720}
    assert {each["fps"] for each in streams if each["height"] == 720} >= {25, 60}
    assert {(each["height"], each["video_codec"]) for each in streams if each["hdr"]} == {(720, "vp9")}
    assert {each["language"] for each in streams if each["kind"] == "audio"} == {"en", "de"}


def test_a_limit_on_the_size_is_kept(jobs: dict[str, dict[str, Any]], product: Product) -> None:
    container_bytes = 5_000
    assert media_path(product, jobs["size"]).stat().st_size <= SIZES["whole.mp4"] + container_bytes


@pytest.mark.parametrize("name", UNMET)
def test_choices_that_nothing_meets_fail_with_what_to_do(jobs: dict[str, dict[str, Any]], name: str) -> None:
    job = jobs[name]
    assert (job["state"], job["error"]["code"]) == ("FAILED", "selection_unmet")
    assert "GET /formats" in job["error"]["advice"]


def test_presets_make_what_they_promise(jobs: dict[str, dict[str, Any]], product: Product) -> None:
    best = media_path(product, jobs["best-archive"])
    assert best.suffix == ".mkv"
    assert {".info.json", ".nfo", ".jpg", ".en.vtt", ".en-GB.vtt", ".de.vtt"} == sidecars(
        product, jobs["best-archive"]
    ).keys()
    assert {language_of(embedded_cues(best, index)) for index in range(3)} == {"en", "en-GB", "de"}
    music, podcast = (read_sound(media_path(product, jobs[name])) for name in ("music", "podcast"))
    assert (music.chapters, podcast.chapters) == (PLAIN_CHAPTERS, CHAPTERS)
    assert len(music.pictures) == len(podcast.pictures) == 1
    own = media_path(product, jobs["own"])
    assert (own.suffix, language_of(embedded_cues(own, 0))) == (".mkv", "de")
    assert sidecars(product, jobs["own"]).keys() == {".nfo"}


def test_what_a_job_shows_of_its_choices_can_be_sent_again(jobs: dict[str, dict[str, Any]], server: Server) -> None:
    for name in ("webm", "m4a", "automatic", "own", "selector", "language", "small-phone"):
        job = jobs[name]
        shown = {field: value for field, value in job["options"].items() if value is not None}
        again = server.submit(id_of(name), container_policy=job["container_policy"], **shown)
        assert (again["state"], again["options"]) == ("DONE", job["options"]), name
        assert again["file"]["sha256"] == job["file"]["sha256"]
    assert jobs["small-phone"]["options"]["preset"] == "small-phone"
    assert (jobs["best"]["options"]["quality"], jobs["height"]["options"]["quality"]) == ("best", "480p")


def assert_redacted(path: Path, video_id: str) -> None:
    """It tells of the video, and nothing that opens anything."""
    text = path.read_text()
    told = json.loads(text)
    assert (told["id"], told["extractor"], len(told["formats"]) > 2) == (video_id, "youtube", True)
    for secret in (
        "googlevideo",
        "videoplayback",
        "timedtext",
        "cookie",
        "visitor",
        "token",
        "Authorization",
        "/.staging",
    ):
        assert secret not in text.casefold(), secret
