"""What the YouTube Data API says, read as entries of a list, also where it says it oddly."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yt_videos_api.apis.fault import ApiFault, FaultReason
from yt_videos_api.apis.http import Answer
from yt_videos_api.apis.youtube_entries import channel_facts, list_entry, playlist_facts
from yt_videos_api.apis.youtube_faults import fault_in

ITEM: dict[str, Any] = {
    "snippet": {
        "title": "Deleted video",
        "position": 6,
        "publishedAt": "2026-01-01T00:00:00Z",  # when it was put into the list
        "channelTitle": "Owner of the list",
        "videoOwnerChannelTitle": "Owner of the video",
    },
    "contentDetails": {"videoId": "abcdefghijk", "videoPublishedAt": "2020-05-06T07:08:09Z"},
    "status": {"privacyStatus": "public"},
}
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


def video(**parts: Any) -> dict[str, Any]:
    """What videos.list says of the video."""
    return {"snippet": {"title": "A title", "liveBroadcastContent": "none"}, **parts}


def lasting(text: object) -> dict[str, Any]:
    """A video of this duration."""
    return video(contentDetails={"duration": text})


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("PT3S", 3.0),
        ("PT1M", 60.0),
        ("PT1H2M3S", 3723.0),
        ("P1DT1S", 86401.0),
        ("P0D", None),
        ("PT0S", None),
        ("", None),
        ("PT", None),
        ("P1Y", None),
        ("PT-1S", None),
        ("PT99999999999S", None),
        (7, None),
    ],
)
def test_duration_is_read(text: object, seconds: float | None) -> None:
    assert list_entry(ITEM, lasting(text)).duration_seconds == seconds


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2024-02-29T23:59:59Z", "20240229"),
        ("2024-02-29T23:59:59.000Z", "20240229"),
        ("2024-02-29T23:59:59-02:00", "20240301"),
        ("2024-02-29T23:59:59", "20240229"),
        ("0001-01-01T00:00:00+14:00", None),
        ("yesterday", None),
        (20240229, None),
    ],
)
def test_day_of_publication_is_that_of_utc(text: object, day: str | None) -> None:
    assert list_entry(ITEM, video(snippet={"publishedAt": text})).upload_date == day


@pytest.mark.parametrize(("text", "short"), [("PT3M1S", None), ("PT3M2S", False), ("PT10S", None), ("P0D", None)])
def test_only_what_is_too_long_is_known_to_be_no_short(text: str, short: bool | None) -> None:
    assert list_entry(ITEM, lasting(text)).short is short


@pytest.mark.parametrize(
    ("told", "live"),
    [
        (video(), False),
        (video(snippet={"liveBroadcastContent": "live"}), True),
        (video(snippet={"liveBroadcastContent": "upcoming"}), True),
        (video(liveStreamingDetails={"actualEndTime": "2024-01-01T00:00:00Z"}), True),
    ],
)
def test_live_stream_stays_one_when_it_has_ended(told: dict[str, Any], live: bool) -> None:
    entry = list_entry(ITEM, told)
    assert (entry.live, entry.short) == (live, False if live else None)


@pytest.mark.parametrize(
    ("privacy", "gone", "title"),
    [
        ("private", "private_video", None),
        ("privacyStatusUnspecified", "video_unavailable", None),
        (None, "video_unavailable", None),
        ("public", None, "Deleted video"),  # somebody calls a video so
        ("unlisted", None, "Deleted video"),
    ],
)
def test_video_of_which_nothing_is_said_is_gone_by_what_the_list_says(
    privacy: str | None, gone: str | None, title: str | None
) -> None:
    entry = list_entry(ITEM | {"status": {"privacyStatus": privacy}}, None)
    assert (entry.gone, entry.title, entry.live, entry.short) == (gone, title, None, None)


@pytest.mark.parametrize("status", ["deleted", "failed", "rejected"])
def test_upload_that_never_became_a_video_is_gone(status: str) -> None:
    assert list_entry(ITEM, video(status={"uploadStatus": status})).gone == "video_unavailable"


def test_what_the_list_says_stands_in_for_what_the_video_does_not() -> None:
    entry = list_entry(ITEM, None)
    assert (entry.index, entry.upload_date, entry.channel) == (7, "20200506", "Owner of the video")


def test_texts_can_be_stored_whatever_is_in_them() -> None:
    entry = list_entry(ITEM, video(snippet={"title": " a\0b\ud800c " + "x" * 5000, "channelTitle": "\0"}))
    assert entry.title is not None
    assert entry.title.startswith("ab?c xxx")
    assert len(entry.title) <= 1000
    assert entry.channel is None


@pytest.mark.parametrize(
    "item",
    [
        {},
        {"snippet": {"position": 0}},
        {"snippet": {"position": 0}, "contentDetails": {"videoId": "../../../ab"}},
        {"snippet": {"position": 0}, "contentDetails": {"videoId": "short"}},
        {"snippet": {"position": -1}, "contentDetails": {"videoId": "abcdefghijk"}},
        {"snippet": {"position": True}, "contentDetails": {"videoId": "abcdefghijk"}},
        {"contentDetails": {"videoId": "abcdefghijk"}},
    ],
)
def test_item_without_place_or_video_is_a_bad_answer_and_not_left_out(item: dict[str, Any]) -> None:
    with pytest.raises(ApiFault) as caught:
        list_entry(item, None)
    assert caught.value.reason is FaultReason.BAD_ANSWER


@given(ANYTHING, ANYTHING, ANYTHING)
def test_no_answer_makes_reading_crash(first: Any, second: Any, third: Any) -> None:
    odd = {"snippet": first, "contentDetails": second, "status": third, "liveStreamingDetails": first}
    whole = {"snippet": {"position": 0, "title": first}, "contentDetails": {"videoId": "abcdefghijk"}, "status": second}
    assert list_entry(whole, odd).video_id == "abcdefghijk"
    told = {"id": "PLabc", "snippet": {"title": first, "channelTitle": second}, "contentDetails": third}
    assert playlist_facts(told).list_id == channel_facts(told).list_id == "PLabc"
    for document in (first, {"error": first}, {"error": {"errors": second, "details": third, "message": first}}):
        assert fault_in(Answer(403, document)).reason is FaultReason.REFUSED


@pytest.mark.parametrize(
    ("status", "error", "reason"),
    [
        (403, {"errors": [{"reason": "quotaExceeded"}]}, FaultReason.QUOTA_EXCEEDED),
        (403, {"errors": [{"reason": "dailyLimitExceeded"}]}, FaultReason.QUOTA_EXCEEDED),
        (403, {"errors": [{"reason": "rateLimitExceeded"}]}, FaultReason.RATE_LIMITED),
        (
            429,
            {"errors": [{"reason": "rateLimitExceeded"}], "message": "Quota exceeded ... limit 'Queries per day'"},
            FaultReason.QUOTA_EXCEEDED,
        ),
        (400, {"errors": [{"reason": "keyInvalid"}]}, FaultReason.KEY_REFUSED),
        (
            400,
            {"errors": [{"reason": "badRequest"}], "details": [{"reason": "API_KEY_INVALID"}]},
            FaultReason.KEY_REFUSED,
        ),
        (404, {"errors": [{"reason": "playlistNotFound"}]}, FaultReason.NOT_FOUND),
        (404, {"errors": [{"reason": "channelNotFound"}]}, FaultReason.NOT_FOUND),
        (403, {"errors": [{"reason": "playlistItemsNotAccessible"}]}, FaultReason.NOT_FOUND),
        (400, {"errors": [{"reason": "invalidPageToken"}]}, FaultReason.BAD_PAGE_TOKEN),
        (400, {"errors": [{"reason": "something new"}]}, FaultReason.REFUSED),
        (302, None, FaultReason.REFUSED),
        (404, None, FaultReason.NOT_FOUND),
        (429, None, FaultReason.RATE_LIMITED),
        (500, None, FaultReason.UNAVAILABLE),
    ],
)
def test_refusal_is_read_in_the_words_of_google(status: int, error: object, reason: FaultReason) -> None:
    fault = fault_in(Answer(status, {"error": error}))
    assert fault.reason is reason
    assert fault.quota is (reason is FaultReason.QUOTA_EXCEEDED)


def test_nothing_that_the_service_wrote_is_repeated() -> None:
    error = {"message": "geheim", "errors": [{"reason": "geheim", "message": "geheim"}], "status": "geheim"}
    assert str(fault_in(Answer(400, {"error": error}))) == "refused: HTTP 400"
