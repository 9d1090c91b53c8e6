"""The stand-in origin against the real, unpatched yt-dlp, in this process."""

from __future__ import annotations

import io
import itertools
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yt_dlp

from tests.origin import Answer, Caption, Origin, Video, faults
from tests.origin.video import CaptionStyle
from tests.origin.ytdlp import Ask, asking

VIDEO_ID = "originTest0"
WATCH_URL = f"https://www.youtube.com/watch?v={VIDEO_ID}"
EVERYTHING = {"18", "134", "136", "137", "140", "243", "247", "248", "251"}


@pytest.fixture
def origin() -> Iterator[Origin]:
    with Origin.start() as origin:
        origin.add(Video(VIDEO_ID, title="A test"))
        yield origin


@pytest.fixture
def ask(origin: Origin, tmp_path: Path) -> Iterator[Ask]:
    with asking(origin, outtmpl=str(tmp_path / "%(id)s.%(format_id)s.%(ext)s")) as ask:
        yield ask


@pytest.mark.parametrize("client", ["tv", "tv_samsung", "tv_downgraded", "visionos", "web_embedded", "default"])
def test_clients_without_po_token_rule_are_offered_every_format(ask: Ask, client: str) -> None:
    info = ask(WATCH_URL, clients=client)

    assert {each["format_id"] for each in info["formats"]} == EVERYTHING


@pytest.mark.parametrize("client", ["android", "ios", "mweb", "web", "web_safari", "tv_simply"])
def test_clients_that_need_a_po_token_end_up_with_360p_alone(ask: Ask, client: str) -> None:
    info = ask(WATCH_URL, clients=client)

    assert {each["format_id"] for each in info["formats"]} == {"18"}


def test_media_is_refused_to_a_client_that_ignores_its_missing_po_token(origin: Origin, ask: Ask) -> None:
    extractor_args = {"youtube": {"player_client": ["android"], "formats": ["missing_pot"]}}

    with pytest.raises(yt_dlp.utils.DownloadError, match="403"):
        ask(WATCH_URL, download=True, format="137", extractor_args=extractor_args)

    assert [request.status for request in origin.requests(kind="media", client="android")] == [403]


def test_po_token_opens_every_format_to_the_clients_that_need_one(origin: Origin, ask: Ask) -> None:
    extractor_args = {"youtube": {"player_client": ["android"], "po_token": ["android.gvs+c3RhbmRpbg=="]}}

    info = ask(WATCH_URL, download=True, format="137", extractor_args=extractor_args)

    assert {each["format_id"] for each in info["formats"]} == EVERYTHING
    assert [(request.status, request.query["pot"]) for request in origin.requests(kind="media")] == [
        (206, "c3RhbmRpbg==")
    ]


@pytest.mark.parametrize("kind", ["mp4", "webm"])
def test_downloaded_stream_is_as_large_as_the_player_said(origin: Origin, ask: Ask, kind: str) -> None:
    info = ask(WATCH_URL, download=True, format=f"bestvideo[ext={kind}]", clients="tv")

    (download,) = info["requested_downloads"]
    assert download["height"] == 1080
    assert Path(download["filepath"]).stat().st_size == download["filesize"] == origin.bytes_sent(VIDEO_ID)


def test_video_is_told_of_as_it_was_published(origin: Origin, ask: Ask) -> None:
    info = ask(WATCH_URL)

    assert info["title"] == "A test"
    assert (info["channel"], info["uploader_id"]) == ("Stand-in Channel", "@standin")
    assert (info["upload_date"], info["timestamp"]) == ("20260102", 1767323045)
    assert (info["duration"], info["view_count"], info["live_status"]) == (3, 4711, "not_live")


def test_hostile_text_arrives_as_it_is(origin: Origin, ask: Ask) -> None:
    hostile = '</script><script>alert("1")</script> }; \u202e../../%(id)s \'"\\ ytInitialData = {'
    origin.add(Video(VIDEO_ID, title=hostile, description=hostile, channel=hostile))

    info = ask(WATCH_URL, clients="web")

    assert (info["title"], info["description"], info["channel"]) == (hostile, hostile, hostile)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Answer.BOT_CHECK, "confirm you’re not a bot"),
        (Answer.RATE_LIMITED, "rate-limited by YouTube"),
        (Answer.PRIVATE, "Private video"),
        (Answer.REMOVED, "removed by the uploader"),
        (Answer.AGE, "confirm your age"),
        (Answer.LOGIN, "Please sign in"),
        (Answer.MEMBERS, "members-only"),
        (Answer.GEO, "not made this video available in your country"),
        (Answer.PREMIERE, "Premieres in 3 hours"),
        (Answer.DRM, "DRM"),
        (Answer.SABR, "Requested format is not available|No video formats"),
        (Answer.NOTHING, "Requested format is not available|No video formats"),
    ],
)
def test_unplayable_video_is_refused_in_the_words_of_the_site(
    origin: Origin, ask: Ask, answer: Answer, words: str
) -> None:
    origin.add(Video(VIDEO_ID, answer=answer))

    with pytest.raises(yt_dlp.utils.DownloadError, match=words):
        ask(WATCH_URL, format="b/bv")


def test_video_that_was_never_published_is_unavailable(ask: Ask) -> None:
    with pytest.raises(yt_dlp.utils.DownloadError, match="Video unavailable"):
        ask("https://www.youtube.com/watch?v=neverexiste")


def test_running_stream_is_told_to_be_live(origin: Origin, ask: Ask) -> None:
    origin.add(Video(VIDEO_ID, answer=Answer.LIVE))

    info = ask(WATCH_URL, format="b")

    assert (info["live_status"], info["protocol"]) == ("is_live", "m3u8_native")


def test_one_client_can_be_told_otherwise_for_a_while(origin: Origin, ask: Ask) -> None:
    origin.inject("player", Answer.BOT_CHECK, video=VIDEO_ID, client="tv", times=1)

    with pytest.raises(yt_dlp.utils.DownloadError, match="not a bot"):
        ask(WATCH_URL, clients="tv")

    assert len(ask(WATCH_URL, clients="tv")["formats"]) == len(EVERYTHING)


def test_web_client_hears_its_answer_in_the_page(origin: Origin, ask: Ask) -> None:
    origin.add(Video(VIDEO_ID, answers={"web": Answer.PRIVATE}))

    with pytest.raises(yt_dlp.utils.DownloadError, match="Private video"):
        ask(WATCH_URL, clients="web")
    assert len(ask(WATCH_URL, clients="tv")["formats"]) == len(EVERYTHING)
    assert not origin.requests(kind="player", client="web")


def cookies(domain: str, **values: str) -> io.StringIO:
    """A Netscape file, as browsers' extensions write it."""
    lines = (f"{domain}\tTRUE\t/\tTRUE\t4102444800\t{name}\t{value}\n" for name, value in values.items())
    return io.StringIO("# Netscape HTTP Cookie File\n" + "".join(lines))


def test_cookies_of_an_account_open_what_is_closed_to_others(origin: Origin, ask: Ask) -> None:
    origin.add(Video(VIDEO_ID, answer=Answer.PRIVATE, signed_in=Answer.FULL))
    jar = cookies(".youtube.com", LOGIN_INFO="standin", SAPISID="standin-secret")

    with pytest.raises(yt_dlp.utils.DownloadError, match="Private video"):
        ask(WATCH_URL, clients="tv")
    info = ask(WATCH_URL, clients="tv", cookiefile=jar, download=True, format="137", writethumbnail=True)

    assert len(info["formats"]) == len(EVERYTHING)
    assert origin.requests(kind="player")[-1].cookies["SAPISID"] == "standin-secret"
    assert {request.kind for request in origin.requests()} >= {"media", "thumbnail"}
    assert origin.hosts_told("standin-secret") == {"www.youtube.com"}


def test_cookies_of_a_plain_site_are_not_told_to_the_host_it_leads_to(origin: Origin, ask: Ask) -> None:
    address = "https://videos.example.org/account/a"
    with pytest.raises(yt_dlp.utils.DownloadError, match="403"):
        ask(address)

    for led in (address, "https://videos.example.org/redirect?to=https://cdn.example.net/media/a.mp4"):
        jar = cookies(".example.org", session="standin-secret")
        ask(led, cookiefile=jar, download=True, overwrites=True)

    assert len(origin.requests(kind="media", host="cdn.example.net")) >= 2
    assert origin.hosts_told("standin-secret") == {"videos.example.org"}


@pytest.mark.parametrize("code", [429, 500])
def test_player_and_page_can_fail_by_status(origin: Origin, ask: Ask, code: int) -> None:
    origin.inject("player", faults.Status(code), client="tv", times=1)

    with pytest.raises(yt_dlp.utils.DownloadError):
        ask(WATCH_URL, clients="tv")

    assert origin.requests(kind="player")[0].status == code


def test_transfer_that_is_dropped_is_resumed_by_range(origin: Origin, ask: Ask) -> None:
    origin.inject("media", faults.Drop(after=100_000), times=1)

    info = ask(WATCH_URL, download=True, format="136", clients="tv", retries=3)

    first, second = origin.requests(kind="media")
    assert (first.bytes_sent, first.complete, second.status) == (100_000, False, 206)
    resumed_at = int(str(second.range).removeprefix("bytes=").partition("-")[0])
    # yt-dlp drops the block that broke off, up to 64 KiB.
    assert 100_000 - 65_536 <= resumed_at <= 100_000
    (download,) = info["requested_downloads"]
    assert Path(download["filepath"]).stat().st_size == download["filesize"] == resumed_at + second.bytes_sent


@pytest.mark.parametrize("kind", ["json3", "srv1", "srt", "vtt"])
def test_captions_come_in_the_usual_formats(origin: Origin, ask: Ask, tmp_path: Path, kind: str) -> None:
    origin.add(Video(VIDEO_ID, captions=(Caption("en"), Caption("mi", automatic=True))))

    ask(WATCH_URL, download=True, skip_download=True, writesubtitles=True, writeautomaticsub=True, subtitlesformat=kind,
        subtitleslangs=["en", "mi"])  # fmt: skip

    for language in ("en", "mi"):
        (file,) = tmp_path.glob(f"*.{language}.{kind}")
        assert f"{language} cue 2" in file.read_text()


def test_automatic_captions_come_with_the_languages_they_are_translated_to(
    origin: Origin, ask: Ask, tmp_path: Path
) -> None:
    tracks = (Caption("en"), Caption("en", automatic=True, style="styled"))
    origin.add(Video(VIDEO_ID, captions=tracks, translations=("en", "de", "fr")))

    info = ask(WATCH_URL, download=True, skip_download=True, writeautomaticsub=True, subtitlesformat="vtt",
        subtitleslangs=["en-orig", "de"])  # fmt: skip

    assert set(info["subtitles"]) == {"en"}
    assert set(info["automatic_captions"]) == {"en", "en-orig", "de", "fr", "en-en", "de-en", "fr-en"}
    (german,) = tmp_path.glob("*.de.vtt")
    assert "de from en cue 2" in german.read_text()
    (original,) = tmp_path.glob("*.en-orig.vtt")
    assert {"STYLE", "align:start position:0%", "<v Ann>"} <= set(
        re.findall(r"STYLE|align\S+ \S+|<v Ann>", original.read_text())
    )


def test_captions_can_be_hostile_hold_no_cue_be_nothing_or_fail(origin: Origin, ask: Ask, tmp_path: Path) -> None:
    tracks: dict[str, CaptionStyle] = {"en": "hostile", "de": "no_cues", "it": "plain", "fr": "empty"}
    origin.inject("caption", faults.Status(429), address="lang=it")
    origin.add(Video(VIDEO_ID, captions=tuple(Caption(language, style=style) for language, style in tracks.items())))

    for language in tracks:
        ask(WATCH_URL, download=True, skip_download=True, writesubtitles=True, subtitlesformat="vtt",
            subtitleslangs=[language], ignoreerrors=True)  # fmt: skip

    fetched = {file.name.split(".")[-2]: file.read_text() for file in tmp_path.glob("*.vtt")}
    assert set(fetched) == {"en", "de"}, "yt-dlp takes a file without a byte for a failure"
    assert "<script>alert(" in fetched["en"]
    assert fetched["de"] == "WEBVTT\nKind: captions\nLanguage: de\n\n"
    *_, italian, french = origin.requests(kind="caption")
    assert (italian.status, french.status, french.bytes_sent) == (429, 200, 0)


@pytest.mark.parametrize(("cover_types", "magic"), [(("jpg",), b"\xff\xd8\xff"), (("webp", "jpg"), b"RIFF")])
def test_thumbnail_is_a_real_picture_of_the_type_that_exists(
    origin: Origin, ask: Ask, tmp_path: Path, cover_types: tuple[Any, ...], magic: bytes
) -> None:
    origin.add(Video(VIDEO_ID, cover_types=cover_types))

    ask(WATCH_URL, download=True, skip_download=True, writethumbnail=True)

    (file,) = [file for file in tmp_path.iterdir() if file.suffix in {".jpg", ".webp"}]
    assert file.read_bytes().startswith(magic)


def test_plain_site_serves_a_file_by_proxy_and_directly(origin: Origin, ask: Ask) -> None:
    for url in ("https://videos.example.org/media/a.mp4", "http://videos.example.org/media/a.mp4"):
        assert ask(url, download=True, overwrites=True)["id"] == "a"
    assert ask(f"{origin.plain_url}/media/a.mp4", proxy="", download=True, overwrites=True)["ext"] == "mp4"

    hosts = [(request.scheme, request.host) for request in origin.requests(kind="media") if request.method == "GET"]
    assert {("https", "videos.example.org"), ("http", "videos.example.org"), ("http", "127.0.0.1")} <= set(hosts)


def test_proxy_with_a_credential_serves_nobody_else(tmp_path: Path, ask: Ask) -> None:
    with Origin.start(credential="user:secret") as guarded:
        for scheme in ("http", "https"):
            address = f"{scheme}://videos.example.org/media/a.mp4"
            with pytest.raises(yt_dlp.utils.DownloadError, match="407"):
                ask(address, proxy=guarded.proxy_url.replace("secret", "guess"))
        assert not guarded.requests()

        assert ask(address.replace("https", "http"), proxy=guarded.proxy_url)["id"] == "a"
        assert ask(address, proxy=guarded.proxy_url, nocheckcertificate=True)["id"] == "a"


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_redirect_is_followed_to_the_file(ask: Ask, code: int) -> None:
    info = ask(f"http://videos.example.org/redirect?code={code}&to=https://other.example.net/media/b.mp4")

    assert info["url"] == "https://other.example.net/media/b.mp4"


def test_page_leads_to_its_video_and_thumbnail(ask: Ask) -> None:
    info = ask("https://videos.example.org/page/holiday")

    assert info["url"] == "https://videos.example.org/media/holiday.mp4"
    assert info["thumbnail"] == "https://videos.example.org/thumb/holiday.jpg"


@pytest.mark.parametrize("section", ["feed", "links", "gallery"])
def test_collection_of_a_plain_site_has_the_things_that_were_put_into_it(
    origin: Origin, ask: Ask, section: str
) -> None:
    origin.add_collection("show", "one", "two")

    info = ask(f"https://videos.example.org/{section}/show")

    addresses = [entry["url"] for entry in info["entries"]]
    assert addresses == [f"https://videos.example.org/media/{name}.mp4" for name in ("one", "two")]
    assert origin.requests(kind="list", video="show")


def test_chapters_are_told_in_the_description(origin: Origin, ask: Ask) -> None:
    origin.add(Video(VIDEO_ID, description="What comes:\n0:00 First\n0:01 Second\n0:02 Last\n"))

    info = ask(WATCH_URL)

    assert [(each["start_time"], each["title"]) for each in info["chapters"]] == [
        (0, "First"),
        (1, "Second"),
        (2, "Last"),
    ]


@pytest.mark.parametrize("path", ["hls/a/master.m3u8", "hls-fmp4/a/master.m3u8", "dash/a.mpd"])
def test_streams_in_segments_arrive_whole(origin: Origin, ask: Ask, path: str) -> None:
    info = ask(f"https://videos.example.org/{path}", download=True, format="bestvideo*", fixup="never")

    (download,) = info["requested_downloads"]
    assert download["height"] == 1080
    assert len(origin.requests(kind="segment")) >= 3
    assert Path(download["filepath"]).stat().st_size == origin.bytes_sent("a")


def test_missing_middle_segment_is_missing(origin: Origin, ask: Ask) -> None:
    missing = origin.inject("segment", faults.Status(404), video="a", address="1080-001.ts")

    with pytest.raises(yt_dlp.utils.DownloadError, match="404"):
        ask("https://videos.example.org/hls/a/master.m3u8", download=True, fixup="never", format="bestvideo*",
            fragment_retries=0, skip_unavailable_fragments=False)  # fmt: skip

    assert missing.hits == 1


def test_started_by_hand_it_prints_what_to_export_and_serves_it(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.origin"]
    root = Path(__file__).parents[2]
    with subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, text=True) as by_hand:
        assert by_hand.stdout is not None
        told = "".join(itertools.takewhile(lambda line: "Ctrl-C" not in line, by_hand.stdout))
        settings = dict(re.findall(r"export (\w+)=(\S+)", told))
        environment = {"SSL_CERT_FILE": settings["YT_VIDEOS_CA_BUNDLE"], "HOME": str(tmp_path)}
        options = ["--proxy", settings["YT_VIDEOS_UPSTREAM_PROXY"], "--compat-options", "no-certifi", "--no-config"]
        asked = [sys.executable, "-m", "yt_dlp", *options, "--print", "title", _first_address(told)]
        answer = subprocess.run(asked, env=environment, capture_output=True, text=True, timeout=60, check=False)
        by_hand.send_signal(signal.SIGINT)
        ended = by_hand.wait(20)

    assert (answer.stdout.strip(), ended) == ("Good video 1", 0), answer.stderr


def _first_address(told: str) -> str:
    return str(re.findall(r"https://www\.youtube\.com/watch\S+", told)[0])
