"""The client ladder: whom to ask next, when to stop, and which failure to tell."""

from __future__ import annotations

from dataclasses import replace

from yt_videos_api.domain.errors import DownloadFailure
from yt_videos_api.domain.failures import FAILURES
from yt_videos_api.domain.ladder import (
    UNHEALTHY_AFTER,
    UNHEALTHY_SECONDS,
    RungHealth,
    SkipReason,
    best_first,
    most_telling,
    order_rungs,
    satisfies,
)
from yt_videos_api.domain.offers import Offer, Stream, VideoFacts

FACTS = VideoFacts("youtube", "aaaaaaaaaaa", "Title", "https://www.youtube.com/watch?v=aaaaaaaaaaa")


def premerged(rung: str, height: int = 360) -> Offer:
    return Offer(rung, FACTS, (Stream("18", "both", "mp4", "https", "h264", "aac", height=height),))


def full(rung: str, height: int) -> Offer:
    video = Stream("137", "video", "mp4", "https", "h264", height=height)
    return Offer(rung, FACTS, (video, Stream("140", "audio", "m4a", "https", None, "aac")))


def test_a_premerged_offer_alone_does_not_end_the_climb_on_youtube() -> None:
    assert not satisfies(premerged("android"), youtube=True, wanted_height=None)


def test_separate_streams_end_the_climb() -> None:
    assert satisfies(full("tv", 720), youtube=True, wanted_height=None)


def test_a_premerged_offer_is_enough_when_no_more_is_wanted() -> None:
    assert satisfies(premerged("android", 360), youtube=True, wanted_height=360)
    assert not satisfies(premerged("android", 360), youtube=True, wanted_height=480)


def test_sound_alone_ends_the_climb_when_it_comes_as_a_stream_of_its_own() -> None:
    sound = Offer("tv", FACTS, (Stream("251", "audio", "webm", "https", None, "opus"),))
    assert satisfies(sound, youtube=True, wanted_height=None)
    assert not satisfies(premerged("android"), youtube=True, wanted_height=None)
    assert best_first([premerged("android"), sound])[0] is sound


def test_a_small_file_picked_from_everything_ends_the_climb() -> None:
    assert satisfies(replace(premerged("tv"), full=True), youtube=True, wanted_height=None)


def test_other_sites_have_one_rung_and_their_offer_is_taken() -> None:
    assert satisfies(premerged("default"), youtube=False, wanted_height=None)


def test_full_offers_come_before_higher_premerged_ones_and_earlier_rungs_win_ties() -> None:
    offers = [premerged("android", 720), full("web", 480), full("tv", 1080), full("default", 1080)]
    assert [offer.rung for offer in best_first(offers)] == ["tv", "default", "web", "android"]


def test_rungs_that_keep_failing_are_asked_last() -> None:
    health = {"android": RungHealth(UNHEALTHY_AFTER, 10.0), "web": RungHealth(UNHEALTHY_AFTER - 1, 10.0)}
    assert order_rungs(("android", "web", "default"), health) == ("web", "default", "android")


def test_a_rung_that_was_left_alone_for_a_while_gets_its_place_back() -> None:
    health = {"android": RungHealth(UNHEALTHY_AFTER, UNHEALTHY_SECONDS)}
    assert order_rungs(("android", "web"), health) == ("android", "web")


def test_a_client_named_twice_is_asked_once() -> None:
    assert order_rungs(("web", "android", "web"), {}) == ("web", "android")


def test_the_most_telling_failure_is_reported() -> None:
    failures = [DownloadFailure("network"), DownloadFailure("bot_check"), DownloadFailure("extraction_failed")]
    assert most_telling(failures).code == "bot_check"


def test_a_ladder_of_unknown_clients_is_a_failure_of_its_own() -> None:
    assert most_telling([], [SkipReason.UNKNOWN_CLIENT]).code == "clients_unknown"


def test_a_ladder_without_a_client_for_cookies_says_so() -> None:
    assert most_telling([], [SkipReason.UNKNOWN_CLIENT, SkipReason.TAKES_NO_COOKIES]).code == "cookies_not_taken"
    assert {"clients_unknown", "cookies_not_taken"} <= FAILURES.keys()
