"""An offer survives the way to the supervisor; a child that was taken over gets nothing through."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from yt_videos_api.cage.runs import RunLimits, RunSpec, TransferProgress
from yt_videos_api.domain.choices import Hdr, Live, Selection, VideoCodec
from yt_videos_api.domain.errors import DownloadFailure
from yt_videos_api.domain.lists import ListEntry, ListFacts
from yt_videos_api.domain.offers import Chapter, Cut, Look, MediaRequest, Offer, Part, Stream, VideoFacts
from yt_videos_api.domain.policy import ContainerPolicy
from yt_videos_api.engine.fields import Fields
from yt_videos_api.engine.messages import ProtocolError
from yt_videos_api.engine.orders import Order, order_message, read_order
from yt_videos_api.engine.staged import require_plain
from yt_videos_api.engine.wire import (
    failure_message,
    look_message,
    offer_message,
    read_failure,
    read_file_name,
    read_look,
    read_offer,
    read_parts,
    read_progress,
    read_subtitles,
)
from yt_videos_api.engine.wire_lists import entries_message, list_message, read_entries, read_list

OFFER = Offer(
    rung="tv",
    facts=VideoFacts(
        extractor="youtube",
        video_id="aaaaaaaaaaa",
        title="A title",
        webpage_url="https://www.youtube.com/watch?v=aaaaaaaaaaa",
        channel="Somebody",
        upload_date="20260102",
        duration_seconds=3.5,
        description="Two\nlines",
        chapters=(Chapter("One", 0.0, 1.5), Chapter("Two", 1.5, 3.5)),
    ),
    streams=(
        Stream("248", "video", "webm", "https", video_codec="vp9", height=1080, width=1920, fps=25.0, size_bytes=100),
        Stream("251", "audio", "webm", "https", audio_codec="opus"),
    ),
)


def sent(message: object) -> Any:
    """As it is after the way through a socket."""
    return json.loads(json.dumps(message))


def test_an_offer_arrives_as_it_was_made() -> None:
    assert read_offer(Fields(sent(offer_message(OFFER))), "tv") == OFFER


def test_the_rung_of_an_offer_is_the_one_that_was_asked_for() -> None:
    assert read_offer(Fields(sent(offer_message(OFFER))), "android").rung == "android"


Spoil = Callable[[dict[str, Any]], object]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda offer: offer.update(streams=[]),
        lambda offer: offer.update(streams=offer["streams"] * 2),
        lambda offer: offer.update(facts=None),
        lambda offer: offer["facts"].update(video_id=""),
        lambda offer: offer["facts"].update(video_id=7),
        lambda offer: offer["facts"].update(duration_seconds="long"),
        lambda offer: offer["facts"].update(chapters=[{}] * 501),
        lambda offer: offer["streams"][0].update(kind="picture"),
        lambda offer: offer["streams"][0].update(size_bytes=-1),
        lambda offer: offer["streams"][0].update(height=10**30),
        lambda offer: offer["streams"][0].pop("hdr"),
    ],
)
def test_a_spoiled_offer_is_refused(spoil: Spoil) -> None:
    message = sent(offer_message(OFFER))
    spoil(message["offer"])
    with pytest.raises(ProtocolError):
        read_offer(Fields(message), "tv")


def test_parts_belong_to_the_streams_in_their_order() -> None:
    items = [
        {"path": "248.webm", "size_bytes": 1, "resumed_bytes": 0},
        {"path": "b", "size_bytes": 2, "resumed_bytes": 2, "cut": "recording_limited"},
    ]
    parts = read_parts(Fields({"parts": items}), OFFER)
    assert parts == [
        Part(OFFER.streams[0], "248.webm", 1, 0),
        Part(OFFER.streams[1], "b", 2, 2, Cut.LENGTH),
    ]
    with pytest.raises(ProtocolError):
        read_parts(Fields({"parts": [items[0], items[1] | {"cut": "sabotage"}]}), OFFER)
    with pytest.raises(ProtocolError):
        read_parts(Fields({"parts": items[:1]}), OFFER)


@pytest.mark.parametrize("name", ["", ".", "..", "../x", "/etc/passwd", "a/b", "x" * 256, "\x00"])
def test_a_file_name_leads_nowhere_else(name: str) -> None:
    with pytest.raises(ProtocolError):
        read_file_name(Fields({"path": name}), "path")


def test_progress_and_failures_are_checked() -> None:
    told = {"done_bytes": 5, "total_bytes": None, "bytes_per_second": 1.5}
    assert read_progress(Fields(told)) == TransferProgress(5, None, 1.5)
    failed = read_failure(Fields(failure_message(DownloadFailure("not_started", "why", retry_at=1.8e9))))
    assert (failed.code, failed.detail, failed.retry_at) == ("not_started", "why", 1.8e9)
    with pytest.raises(ProtocolError):
        read_failure(Fields({"code": "made_up", "detail": ""}))


def test_an_order_arrives_as_it_was_given() -> None:
    spec = RunSpec(
        media=MediaRequest(
            "https://example.org/a",
            ContainerPolicy.MP4,
            Selection(720, 30, Hdr.NEVER, VideoCodec.AV1, 10**9, "pt-br", "bv[height<=720]+ba/b;x=1"),
            entry_index=3,
            live=Live.RECORD,
            live_limit_seconds=90.0,
        ),
        folder=Path("/f"),
        scratch=Path("/f/s"),
        proxy_url="http://u:p@127.0.0.1:1",
        ca_file=Path("/ca.pem"),
        limits=RunLimits(stall_seconds=3),
    )
    order = Order(spec, tools=("/bin/ffmpeg",), gate_port=1, with_lock=True)
    assert read_order(sent(order_message(order))) == order


LOOK = Look(OFFER.facts, OFFER.streams, ("en", "de"), ("ja",))
ENTRY = ListEntry(1, "https://site.example/1", title="One", upload_date="20260102", gone="private_video", live=False)
FACTS = ListFacts("youtube:tab", "PLx", "A list", "https://site.example/list", count=3)


def test_looks_and_lists_arrive_as_they_were_made() -> None:
    assert read_look(Fields(sent(look_message(LOOK)))) == LOOK
    assert read_list(Fields(sent(list_message(FACTS)))) == FACTS
    assert read_entries(Fields(sent(entries_message([ENTRY])))) == (ENTRY,)


@pytest.mark.parametrize(
    "spoilt",
    [
        {"url": "file:///etc/passwd"},
        {"url": None},
        {"index": 0},
        {"gone": "not_a_code"},
        {"upload_date": "2026-01-02"},
        {"duration_seconds": -1},
        {"live": "yes"},
        {"is_list": None},
    ],
)
def test_an_entry_that_is_none_is_refused(spoilt: dict[str, Any]) -> None:
    message = sent(entries_message([ENTRY]))
    message["entries"][0] |= spoilt
    with pytest.raises(ProtocolError):
        read_entries(Fields(message))


def test_more_entries_than_were_asked_for_are_refused() -> None:
    with pytest.raises(ProtocolError):
        read_entries(Fields(sent(entries_message([ENTRY] * 101))))


@pytest.mark.parametrize("path", ["../x.vtt", "/etc/passwd", "", "."])
def test_a_subtitle_that_lies_elsewhere_is_refused(path: str) -> None:
    with pytest.raises(ProtocolError):
        read_subtitles(Fields({"subtitles": [{"language": "en", "automatic": False, "path": path}]}))


def test_files_in_staging_are_plain_files(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("x")
    require_plain(tmp_path / "a")
    (tmp_path / "link").symlink_to(tmp_path / "a")
    (tmp_path / "pipe").mkdir()
    for name in ("link", "pipe", "missing"):
        with pytest.raises(ProtocolError):
            require_plain(tmp_path / name)
    (tmp_path / "second").hardlink_to(tmp_path / "a")
    with pytest.raises(ProtocolError):
        require_plain(tmp_path / "a")
