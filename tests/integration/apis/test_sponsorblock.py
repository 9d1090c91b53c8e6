"""SponsorBlock's marks, from a service on loopback that answers what a test says."""

from __future__ import annotations

import hashlib
import json
import socket
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.integration.cage.fakenet import server
from yt_videos_api.apis.fault import ApiFault, FaultReason
from yt_videos_api.apis.http import JsonClient
from yt_videos_api.apis.sponsorblock import SponsorBlock
from yt_videos_api.cage.gate import Gate
from yt_videos_api.domain.choices import SponsorBlockCategory
from yt_videos_api.domain.offers import Chapter

VIDEO = "aaaaaaaaaaa"
SPONSOR, INTRO = SponsorBlockCategory.SPONSOR, SponsorBlockCategory.INTRO


class Service:
    """What is answered, and what was asked."""

    def __init__(self) -> None:
        self.status = 200
        self.document: Any = []
        self.asked: list[str] = []

    def __call__(self, connection: socket.socket) -> None:
        self.asked.append(connection.recv(65536).decode().split(" ")[1])
        body = json.dumps(self.document).encode()
        connection.sendall(f"HTTP/1.1 {self.status} X\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)

    def mark(self, start: Any, end: Any, category: str = "sponsor", *, video: str = VIDEO, **more: Any) -> None:
        """Mark a stretch."""
        told = {"segment": [start, end], "category": category, "actionType": "skip", "UUID": "x", "videoDuration": 0}
        self.document.append({"videoID": video, "segments": [told | more]})


@pytest.fixture
def service() -> Service:
    return Service()


@pytest.fixture(scope="module")
def gate() -> Iterator[Gate]:
    with Gate() as running:
        yield running


@pytest.fixture
def sponsorblock(service: Service, gate: Gate) -> Iterator[SponsorBlock]:
    with server(service) as running, JsonClient(gate, f"http://127.0.0.1:{running.port}") as http:
        yield SponsorBlock(http)


def test_marks_are_chapters_in_order_of_time(service: Service, sponsorblock: SponsorBlock) -> None:
    service.mark(50.5, 60, "intro", videoDuration=100.4)
    service.mark(10, 20.25)
    service.mark(10, 20.25)
    service.mark(30, 40, video="bbbbbbbbbbb")
    assert sponsorblock.marks(VIDEO, [SPONSOR, INTRO], 100.0) == (
        Chapter("Sponsor", 10.0, 20.25),
        Chapter("Intermission/Intro Animation", 50.5, 60.0),
    )


def test_nobody_learns_which_video_is_meant(service: Service, sponsorblock: SponsorBlock) -> None:
    sponsorblock.marks(VIDEO, [SPONSOR, INTRO], 100.0)
    [asked] = service.asked
    url = urlsplit(asked)
    assert url.path == "/api/skipSegments/" + hashlib.sha256(VIDEO.encode()).hexdigest()[:4]
    assert parse_qs(url.query) == {
        "service": ["YouTube"],
        "categories": ['["sponsor", "intro"]'],
        "actionTypes": ['["skip"]'],
    }


def test_every_category_has_a_name(service: Service, sponsorblock: SponsorBlock) -> None:
    for position, category in enumerate(SponsorBlockCategory):
        service.mark(10 * position + 2, 10 * position + 5, category.value)
    marks = sponsorblock.marks(VIDEO, list(SponsorBlockCategory), 1000.0)
    assert len({mark.title for mark in marks}) == len(SponsorBlockCategory)


def test_nothing_is_asked_for_no_category(service: Service, sponsorblock: SponsorBlock) -> None:
    assert sponsorblock.marks(VIDEO, [], 100.0) == ()
    assert service.asked == []


def test_video_without_marks_has_none(service: Service, sponsorblock: SponsorBlock) -> None:
    service.status, service.document = 404, "Not Found"
    assert sponsorblock.marks(VIDEO, [SPONSOR], 100.0) == ()


def test_marks_near_an_end_of_the_video_reach_it(service: Service, sponsorblock: SponsorBlock) -> None:
    service.mark(0.8, 10)
    service.mark(90, 100.9)
    service.mark(70, 99.1)
    assert sponsorblock.marks(VIDEO, [SPONSOR], 100.0) == (
        Chapter("Sponsor", 0.0, 10.0),
        Chapter("Sponsor", 70.0, 100.0),
        Chapter("Sponsor", 90.0, 100.0),
    )


@pytest.mark.parametrize(
    ("start", "end", "more"),
    [
        (0, 0, {}),
        (20, 20, {}),
        (20, 10, {}),
        (-5, 10, {}),
        (90, 110, {}),
        (200, 210, {}),
        ("10", "20", {}),
        (True, 20, {}),
        (None, 20, {}),
        (10, 10**400, {}),
        (10, 20, {"segment": [10]}),
        (10, 20, {"segment": "1020"}),
        (10, 20, {"category": "outro"}),  # not asked for
        (10, 20, {"category": ["sponsor"]}),
        (10, 20, {"actionType": "full"}),
        (10, 20, {"videoDuration": 101.5}),  # another version of the video: off by 15 % of the stretch
        (10, 90, {"videoDuration": 106}),
    ],
)
def test_mark_that_cannot_be_right_is_left_out(
    service: Service, sponsorblock: SponsorBlock, start: Any, end: Any, more: dict[str, Any]
) -> None:
    service.mark(start, end, **more)
    service.mark(30, 40)
    assert sponsorblock.marks(VIDEO, [SPONSOR, INTRO], 100.0) == (Chapter("Sponsor", 30.0, 40.0),)


@pytest.mark.parametrize("duration_told", [0, None, 100.9, 99.1, 103])
def test_mark_is_kept_when_the_duration_it_was_made_for_is_close_or_not_told(
    service: Service, sponsorblock: SponsorBlock, duration_told: float | None
) -> None:
    service.mark(10, 90, videoDuration=duration_told)
    assert sponsorblock.marks(VIDEO, [SPONSOR], 100.0) == (Chapter("Sponsor", 10.0, 90.0),)


def test_marks_are_taken_as_they_are_where_the_duration_is_not_known(
    service: Service, sponsorblock: SponsorBlock
) -> None:
    service.mark(10, 2000, videoDuration=3000)
    assert sponsorblock.marks(VIDEO, [SPONSOR], None) == (Chapter("Sponsor", 10.0, 2000.0),)


@pytest.mark.parametrize(
    ("status", "document", "reason"),
    [
        (200, {"videoID": VIDEO}, FaultReason.BAD_ANSWER),
        (200, None, FaultReason.BAD_ANSWER),
        (400, [], FaultReason.REFUSED),
        (302, [], FaultReason.REFUSED),
        (429, [], FaultReason.RATE_LIMITED),
        (500, [], FaultReason.UNAVAILABLE),
    ],
)
def test_service_that_does_not_answer_is_a_fault(
    service: Service, sponsorblock: SponsorBlock, status: int, document: object, reason: FaultReason
) -> None:
    service.status, service.document = status, document
    with pytest.raises(ApiFault) as caught:
        sponsorblock.marks(VIDEO, [SPONSOR], 100.0)
    assert caught.value.reason is reason


@pytest.mark.parametrize(
    "odd", [[None], [[]], ["x"], [{"videoID": VIDEO}], [{"videoID": VIDEO, "segments": [None, 1]}]]
)
def test_odd_videos_are_left_out(service: Service, sponsorblock: SponsorBlock, odd: list[Any]) -> None:
    service.document = odd
    service.mark(30, 40)
    assert sponsorblock.marks(VIDEO, [SPONSOR], 100.0) == (Chapter("Sponsor", 30.0, 40.0),)
