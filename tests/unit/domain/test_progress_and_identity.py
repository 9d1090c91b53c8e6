"""Percentages that never fall, and identities that tell renditions apart."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from yt_videos_api.domain.choices import Selection
from yt_videos_api.domain.identity import DownloadIdentity, VideoIdentity, provisional_identity, url_key
from yt_videos_api.domain.progress import Stage, overall_percentage, transfer_progress

FRACTIONS = st.floats(-1, 2, allow_nan=False)


@given(FRACTIONS, FRACTIONS)
def test_a_later_stage_is_never_behind_an_earlier_one(early: float, late: float) -> None:
    stages = list(Stage)
    for before, after in pairwise(stages):
        assert overall_percentage(before, early) <= overall_percentage(after, late) < 100


@given(st.integers(0, 10**12), st.one_of(st.none(), st.integers(0, 10**12)), st.one_of(st.none(), st.floats(0, 1e9)))
def test_transfer_progress_stays_within_its_stage(done: int, total: int | None, speed: float | None) -> None:
    progress = transfer_progress(done, total, speed)
    assert overall_percentage(Stage.TRANSFER, 0) <= progress.percentage <= overall_percentage(Stage.TRANSFER, 1)
    assert progress.eta_seconds is None or progress.eta_seconds >= 0


def test_half_of_the_bytes_is_half_of_the_transfer() -> None:
    assert transfer_progress(50, 100, 10.0).eta_seconds == 5.0
    assert transfer_progress(50, 100, 10.0).percentage == 47.0


def test_every_part_of_the_identity_tells_renditions_apart() -> None:
    video = VideoIdentity("youtube", "aaaaaaaaaaa")
    renditions = [
        DownloadIdentity(video, "webm"),
        DownloadIdentity(video, "mp4"),
        DownloadIdentity(video, "webm", selection="height<=720"),
        DownloadIdentity(video, "webm", access_scope="user-1"),
        DownloadIdentity(VideoIdentity("vimeo", "aaaaaaaaaaa"), "webm"),
    ]
    assert len({rendition.digest() for rendition in renditions}) == len(renditions)


def test_a_provisional_identity_is_the_address() -> None:
    identity = provisional_identity("https://example.com/a")
    assert identity.provisional
    assert identity.video_id == url_key("https://example.com/a")


@given(st.one_of(st.none(), st.integers(1, 10_000)))
def test_a_selection_survives_its_key(height: int | None) -> None:
    selection = Selection(max_height=height)
    assert Selection.from_key(selection.key()) == selection
