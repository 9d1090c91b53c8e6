"""A video that takes its worker down each time is set aside, and its neighbours are not."""

from __future__ import annotations

from contextlib import ExitStack

from tests.crash.installation import Installation
from yt_videos_api.domain.retry import MAX_CRASHES


def test_poison_is_set_aside_and_its_neighbours_are_archived(installation: Installation) -> None:
    """The poison is the only one with a cover, and asking for a cover kills."""
    poison, neighbours = installation.publish(), [installation.publish(), installation.publish()]
    with ExitStack() as held:
        for video_id in neighbours:  # under way, without a byte, whenever the poison strikes for the first time
            held.enter_context(installation.origin.hold("media", video=video_id, times=2))
        others = [installation.submit(video_id, embed_cover_art=False) for video_id in neighbours]
        job_id = installation.submit(poison)
        for _ in range(MAX_CRASHES):
            doomed = installation.product.doomed_worker(YT_VIDEOS_WORKERS="3", YT_VIDEOS_FAULTS="worker.P4.cover:kill")
            assert '"worker.P4.cover"' in doomed.output(), doomed.output()
    installation.recover()
    job = installation.api.job(job_id)
    assert (job["state"], job["error"]["code"]) == ("FAILED", "quarantined")
    assert installation.rows(job_id).outcomes == ["crashed"] * MAX_CRASHES
    assert installation.files_of(poison) == []
    for other, video_id in zip(others, neighbours, strict=True):
        installation.assert_archived_once(other, video_id)
        *crashed, last = installation.rows(other).outcomes
        assert (crashed[0], last) == ("crashed", "finalized"), "it was not there when the poison struck"
        assert len(crashed) < MAX_CRASHES


def test_what_was_set_aside_can_be_submitted_again(installation: Installation) -> None:
    video_id = installation.publish()
    first = installation.submit(video_id)
    for _ in range(MAX_CRASHES):
        installation.product.doomed_worker(YT_VIDEOS_FAULTS="worker.P5.before:kill")
    installation.recover()
    assert installation.api.job(first)["error"]["code"] == "quarantined"
    second = installation.submit(video_id)
    installation.recover()
    installation.assert_archived_once(second, video_id)
