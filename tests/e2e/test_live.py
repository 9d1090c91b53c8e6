"""Live streams and premieres: waited for, recorded, limited, cancelled, and never lost by a crash."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.e2e.collected import cancel, collect, titles_of, wait_until
from tests.e2e.looks import media_path, probe
from tests.origin import Answer, Broadcast, Channel, Origin, Video, tiny
from tests.product import Product, Server

pytestmark = pytest.mark.timeout(120)

RECORD: dict[str, Any] = {"live": "record", "container_policy": "mp4", "embed_cover_art": False}
PACE = 4  # segments of a second that come in a second


def on_air(origin: Origin, video_id: str, **more: Any) -> None:
    origin.add(Video(video_id, answer=Answer.LIVE, broadcast=Broadcast(every_seconds=1 / PACE, **more)))


def recorded(origin: Origin, video_id: str, count: int) -> None:
    """Wait until so many segments were fetched."""
    origin.wait_for_requests(count, kind="segment", video=video_id)


def seconds_of(product: Product, job: dict[str, Any]) -> float:
    """The length of the archived recording, which plays to its end."""
    document = probe(media_path(product, job))
    assert {stream["codec_type"] for stream in document["streams"]} == {"video", "audio"}
    seconds = float(document["format"]["duration"])
    assert job["file"]["duration_seconds"] == pytest.approx(seconds, abs=0.2)
    return seconds


def item_of(server: Server, job: dict[str, Any]) -> dict[str, Any]:
    (item,) = server.job(job["id"])["items"]
    found: dict[str, Any] = item
    return found


def test_a_stream_is_recorded_to_its_end(origin: Origin, server: Server, product: Product) -> None:
    on_air(origin, "liveToEnd01")
    job = server.submit("liveToEnd01", **RECORD)
    recorded(origin, "liveToEnd01", 4)
    wait_until(lambda: (item_of(server, job)["downloaded_bytes"] or 0) > 0, "no progress is shown")
    item = item_of(server, job)
    assert (item["stage"], item["total_bytes"], item["eta_seconds"]) == ("transfer", None, None)
    assert item["percentage"] < 50
    origin.end_live("liveToEnd01")
    ended = server.wait_until_ended(job["id"])
    assert (ended["state"], ended["percentage"]) == ("DONE", 100.0), server.process.output()
    count = len({request.path for request in origin.requests(kind="segment", video="liveToEnd01")})
    assert seconds_of(product, ended) == pytest.approx(count, abs=0.5)


def test_a_recording_that_is_ended_as_asked_says_so_and_is_not_taken_for_the_whole(
    origin: Origin, server: Server, product: Product
) -> None:
    on_air(origin, "liveLimit01")
    job = server.archive("liveLimit01", live_limit_seconds=3, **RECORD)
    assert seconds_of(product, job) == pytest.approx(3, abs=0.5)
    assert "The recording was ended after 3 seconds, the length it was limited to." in job["file"]["notes"]
    again = server.archive("liveLimit01", live_limit_seconds=2, **RECORD)
    assert seconds_of(product, again) == pytest.approx(2, abs=0.5)
    origin.end_live("liveLimit01")
    whole = server.archive("liveLimit01", **RECORD)
    assert whole["file"]["notes"] == []
    assert len({each["file"]["path"] for each in (job, again, whole)}) == 3
    assert server.archive("liveLimit01", **RECORD)["file"] == whole["file"]


def test_a_cancelled_recording_leaves_nothing(origin: Origin, server: Server, product: Product) -> None:
    on_air(origin, "liveCancel1")
    before = product.media_files()
    job = server.submit("liveCancel1", **RECORD)
    recorded(origin, "liveCancel1", 3)
    cancel(server, job)
    asked = len(origin.requests(video="liveCancel1"))
    assert product.media_files() == before
    wait_until(lambda: not list((product.library / ".staging").glob("*/*")), "staging is not cleaned")
    origin.end_live("liveCancel1")
    server.archive("liveCancel1", **RECORD)
    assert len(origin.requests(video="liveCancel1")) > asked


def test_who_wants_it_recorded_gets_it_although_somebody_else_does_not(origin: Origin, server: Server) -> None:
    on_air(origin, "liveBoth001")
    with origin.hold("player", video="liveBoth001") as hold:
        first = server.submit("liveBoth001", **(RECORD | {"live": "refuse"}))
        hold.wait_reached()
        second = server.submit("liveBoth001", live_limit_seconds=2, **RECORD)
    for job in (second, first):
        assert server.wait_until_ended(job["id"])["state"] == "DONE", server.process.output()


def test_a_premiere_is_waited_for_and_then_archived(origin: Origin, server: Server, product: Product) -> None:
    starts_at = datetime.now(UTC) + timedelta(seconds=3)
    broadcast = Broadcast(starts_at=starts_at, every_seconds=1 / PACE)
    origin.add(Video("livePremier", answer=Answer.PREMIERE, broadcast=broadcast))
    job = server.submit("livePremier", **RECORD)
    wait_until(lambda: item_of(server, job)["retry_at"] is not None, "it does not wait")
    item = item_of(server, job)
    assert (item["error"]["code"], item["error"]["retryable"]) == ("not_started", True)
    # The site tells whole seconds.
    assert datetime.fromisoformat(item["retry_at"]) >= starts_at - timedelta(seconds=1)
    assert server.job(job["id"])["state"] == "IN_PROGRESS"
    recorded(origin, "livePremier", 3)
    assert item_of(server, job)["retry_at"] is None
    origin.end_live("livePremier")
    ended = server.wait_until_ended(job["id"])
    assert ended["state"] == "DONE", server.process.output()
    assert seconds_of(product, ended) >= 2.5


def test_a_channel_without_its_streams_has_none_of_them(origin: Origin, server: Server) -> None:
    origin.add(Video("liveVideo01", title="A video", recipe=tiny(), captions=()))
    origin.add(Video("livePast001", title="A past stream", recipe=tiny(), captions=(), broadcast=Broadcast()))
    on_air(origin, "liveNow0001")
    channel = Channel(
        "@aired", "UCaired00000000000000000", videos=("liveVideo01",), streams=("liveNow0001", "livePast001")
    )
    origin.add_channel(channel)
    job = collect(server, "@aired", entity_type="channel", skip_live=True)
    assert titles_of(server, job) == ["A video"]
    refused = collect(server, "@aired", entity_type="channel", state="PARTIAL")
    assert sorted(titles_of(server, refused)) == ["A past stream", "A video", "Video liveNow0001"]
    assert [problem["error"]["code"] for problem in refused["problems"]] == ["not_yet_available"]


def test_nothing_that_happens_to_the_service_costs_a_stream(origin: Origin, empty_product: Product) -> None:
    empty_product.settings["YT_VIDEOS_LEASE_SECONDS"] = "1"
    with empty_product.serving() as server:
        starts_at = datetime.now(UTC) + timedelta(seconds=6)
        broadcast = Broadcast(starts_at=starts_at, every_seconds=1 / PACE)
        origin.add(Video("liveKilled1", answer=Answer.PREMIERE, broadcast=broadcast))
        job = server.submit("liveKilled1", **RECORD)
        wait_until(lambda: item_of(server, job)["retry_at"] is not None, "it does not wait")
    with empty_product.serving() as server:
        recorded(origin, "liveKilled1", 5)
        server.process.kill()
    so_far = len(origin.requests(kind="segment", video="liveKilled1"))
    with empty_product.serving(YT_VIDEOS_LIVE_WAIT_HOURS="0.00001") as server:
        recorded(origin, "liveKilled1", so_far + 4)
        origin.end_live("liveKilled1")
        ended = server.wait_until_ended(job["id"])
        assert ended["state"] == "DONE", server.process.output()
        origin.add(Video("liveNever01", answer=Answer.PREMIERE))
        never = server.wait_until_ended(server.submit("liveNever01", **RECORD)["id"])
        assert (never["state"], never["error"]["code"]) == ("FAILED", "live_wait_over")
    fetched = [request.path for request in origin.requests(kind="segment", video="liveKilled1")]
    assert seconds_of(empty_product, ended) == pytest.approx(len(set(fetched)), abs=0.5)
    assert len(fetched) - len(set(fetched)) <= 1  # what was on its way when it was killed
    empty_product.assert_clean()
