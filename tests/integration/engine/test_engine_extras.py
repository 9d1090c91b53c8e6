"""What comes beside the media: subtitles that are text and nothing else, and a description without secrets."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from tests.integration.engine.conftest import VIDEO, OpenRun
from tests.origin import Answer, Caption, Origin, Video, faults
from yt_videos_api.domain.errors import DownloadFailure
from yt_videos_api.domain.webvtt import parse
from yt_videos_api.engine.run import YtDlpRun

TALKING = Video(
    "captioned00",
    captions=(
        Caption("de"),
        Caption("en", automatic=True),
        Caption("fr", style="hostile"),
        Caption("it", style="styled"),
        Caption("nl", style="empty"),
        Caption("pl", style="no_cues"),
    ),
    translations=("de", "en", "ja"),
)
FULL_RUNG = "tv"


@pytest.fixture
def run(open_run: OpenRun, origin: Origin) -> YtDlpRun:
    """A run for a video with all kinds of captions."""
    origin.add(TALKING)
    return open_run(f"https://www.youtube.com/watch?v={TALKING.id}")


def fetched(run: YtDlpRun, *languages: str, automatic: bool = False) -> dict[tuple[str, bool], str]:
    """The content of each track, by language and kind."""
    tracks = run.fetch_subtitles(run.extract(FULL_RUNG), languages, automatic=automatic)
    return {(track.language, track.automatic): (run._spec.folder / track.path).read_text() for track in tracks}


def test_a_track_is_written_as_clean_web_vtt(run: YtDlpRun) -> None:
    (content,) = fetched(run, "de").values()
    assert [cue.text for cue in parse(content)] == ["de cue 0", "de cue 1", "de cue 2"]


def test_languages_are_had_by_pattern_and_automatic_ones_when_asked_for(run: YtDlpRun) -> None:
    assert set(fetched(run, "d*", "en")) == {("de", False)}
    assert set(fetched(run, "d*", "en", automatic=True)) == {("de", False), ("en", True)}
    assert fetched(run, "xx") == {}


def test_everything_is_what_is_said_and_not_its_translations(run: YtDlpRun) -> None:
    assert set(fetched(run, "*", automatic=True)) == {("de", False), ("en", True), ("fr", False), ("it", False)}


def test_a_hostile_track_is_text_and_nothing_else(run: YtDlpRun) -> None:
    (content,) = fetched(run, "fr").values()
    assert "<" not in content
    assert "url(" not in content
    assert "\x00" not in content
    assert "\u202e" not in content
    cues = parse(content)
    assert cues == tuple(sorted(cues, key=lambda cue: cue.start_seconds))
    assert "a --> b" in {cue.text for cue in cues}


def test_styles_and_positions_are_gone_and_their_text_is_there(run: YtDlpRun) -> None:
    (content,) = fetched(run, "it").values()
    assert "STYLE" not in content
    assert "align" not in content
    assert parse(content)[0].text == "it cue 0 & more"


@pytest.mark.parametrize("kind", ["vtt", "srt", "json3"])
def test_another_format_serves_where_the_best_is_not_to_be_had(run: YtDlpRun, origin: Origin, kind: str) -> None:
    origin.inject("caption", faults.Status(404), address=f"fmt={kind}")
    assert set(fetched(run, "de", "en", automatic=True)) == {("de", False), ("en", True)}


def test_a_track_that_is_missing_is_left_out_and_one_that_is_refused_fails(run: YtDlpRun, origin: Origin) -> None:
    offer = run.extract(FULL_RUNG)
    with origin.inject("caption", faults.Status(404), address="lang=de"):
        assert [track.language for track in run.fetch_subtitles(offer, ["de", "it"], automatic=False)] == ["it"]
    with origin.inject("caption", faults.Html(), address="lang=de"):
        assert run.fetch_subtitles(offer, ["de"], automatic=False) == ()
    with origin.inject("caption", faults.Status(429)), pytest.raises(DownloadFailure, match="rate_limited"):
        run.fetch_subtitles(offer, ["de"], automatic=False)
    assert len(run.fetch_subtitles(offer, ["de"], automatic=False)) == 1


def test_a_track_without_an_end_is_left_out(run: YtDlpRun, origin: Origin) -> None:
    origin.inject("caption", faults.NeverEnding(), address="lang=de")
    assert fetched(run, "de") == {}


def test_the_description_tells_what_everybody_may_know(run: YtDlpRun, origin: Origin) -> None:
    name = run.fetch_info(run.extract(FULL_RUNG))
    assert name is not None
    text = (run._spec.folder / name).read_text()
    told = json.loads(text)
    assert (told["id"], told["extractor"]) == (TALKING.id, "youtube")
    assert told["webpage_url"] == f"https://www.youtube.com/watch?v={TALKING.id}"
    assert {form["format_id"] for form in told["formats"]} >= {"18", "137", "251"}
    assert "de" in told["subtitles"]
    for secret in ("googlevideo", "timedtext", "videoplayback", "User-Agent", "visitor", str(run._spec.folder)):
        assert secret not in text


def test_a_look_tells_formats_and_languages_without_choosing(run: YtDlpRun) -> None:
    look = run.look()
    assert look.facts.video_id == TALKING.id
    assert {stream.kind for stream in look.formats} == {"video", "audio", "both"}
    assert look.formats[0].height == 1080
    assert look.formats[0].note
    assert look.subtitle_languages == ("de", "fr", "it", "nl", "pl")
    assert "en" in look.automatic_languages
    assert not any(language.endswith("-orig") for language in look.automatic_languages)


def test_a_look_may_be_at_another_address(run: YtDlpRun) -> None:
    assert run.look(f"https://www.youtube.com/watch?v={VIDEO.id}").facts.title == VIDEO.title
    look = run.look("http://site.example/hls/x/master.m3u8")
    assert {stream.protocol for stream in look.formats} == {"m3u8_native"}


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (Answer.PRIVATE, "private_video"),
        (Answer.REMOVED, "video_unavailable"),
        (Answer.BOT_CHECK, "bot_check"),
        (Answer.NOTHING, "no_formats"),
        (Answer.DRM, "drm_protected"),
    ],
)
def test_a_look_at_what_cannot_be_had_tells_why(run: YtDlpRun, origin: Origin, answer: Answer, code: str) -> None:
    origin.inject("player", answer)
    with pytest.raises(DownloadFailure) as caught:
        run.look()
    assert caught.value.code == code


@pytest.mark.parametrize(("answer", "status"), [(Answer.PREMIERE, "is_upcoming"), (Answer.LIVE, "is_live")])
def test_a_look_at_what_is_not_over_tells_so(run: YtDlpRun, origin: Origin, answer: Answer, status: str) -> None:
    origin.add(replace(TALKING, answer=answer))
    facts = run.look().facts
    assert (facts.live_status, facts.title) == (status, TALKING.shown_title)
    assert (facts.starts_at is not None) == (status == "is_upcoming")


def test_a_look_at_a_list_is_none_at_a_video(run: YtDlpRun, origin: Origin) -> None:
    origin.add_collection("several", "one", "two")
    with pytest.raises(DownloadFailure, match="not_a_video"):
        run.look("http://site.example/gallery/several")


def test_a_short_is_known_as_such(open_run: OpenRun, origin: Origin) -> None:
    origin.add(Video("shortshort0", short=True))
    assert open_run("https://www.youtube.com/watch?v=shortshort0").extract("default").facts.short is True
    assert open_run().extract("default").facts.short is False


def test_a_track_in_pieces_is_put_together(open_run: OpenRun, origin: Origin, tmp_path: Path) -> None:
    publish_hls_with_subtitles(origin, tmp_path)
    run = open_run("http://site.example/media/talk.m3u8")
    offer = run.extract("default")
    (track,) = run.fetch_subtitles(offer, ["*"], automatic=False)
    cues = parse((run._spec.folder / track.path).read_text())
    assert (track.language, [cue.text for cue in cues]) == ("en", ["one", "two"])
    assert [name.name for name in run._spec.folder.glob("subtitle*")] == [track.path]
    origin.inject("media", faults.Status(404), video="two.vtt")
    assert run.fetch_subtitles(offer, ["*"], automatic=False) == ()
    assert not list(run._spec.folder.glob("subtitle.pieces*"))


def publish_hls_with_subtitles(origin: Origin, folder: Path) -> None:
    """A master playlist with a picture and subtitles of two pieces."""
    head = "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:0\n"
    files = {
        "talk.m3u8": '#EXTM3U\n#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="s",LANGUAGE="en",NAME="E",URI="subs.m3u8"\n'
        '#EXT-X-STREAM-INF:BANDWIDTH=1000,RESOLUTION=640x360,SUBTITLES="s"\nvideo.m3u8\n',
        "video.m3u8": f"{head}#EXTINF:2,\nx.mp4\n#EXT-X-ENDLIST\n",
        "subs.m3u8": f"{head}#EXTINF:2,\none.vtt\n#EXTINF:2,\ntwo.vtt\n#EXT-X-ENDLIST\n",
        "one.vtt": "WEBVTT\n\n00:00.000 --> 00:01.000\none\n",
        "two.vtt": "WEBVTT\n\n00:02.000 --> 00:03.000\ntwo\n",
    }
    for name, text in files.items():
        (folder / name).write_text(text)
        origin.add_file(name, folder / name)
