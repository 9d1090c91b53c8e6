"""kill -9 of a worker at every named point of the pipeline, on both databases."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import yt_videos_api
from tests.crash.installation import SMALL, Installation
from tests.crash.test_listing import LATER_POINTS, LISTED_POINTS, LISTING_POINTS, TRASH_POINTS
from tests.origin.media import folder_of

BEFORE_THE_CLAIM = ("worker.P2.before",)
BEFORE_THE_MEDIA = (
    "worker.P2.after",
    "worker.P3.before",
    "worker.P3.identify",
    "worker.P3.commit",
    "worker.P3.after",
    "worker.P4.before",
    "worker.P4.progress",
)
WITH_THE_MEDIA = (
    "worker.P4.after",
    "worker.P4.cover",
    "worker.P5.before",
    "worker.P5.after",
    "worker.P6.before",
    "worker.P6.hash",
    "worker.P6.after",
    "worker.P7.before",
)
WITH_THE_INTENT = (
    "worker.P7.commit",
    "worker.P7.after",
    "worker.P8.before",
    "worker.P8.cover",
    "worker.P8.media",
    "worker.P8.after",
    "worker.P9.before",
)
AFTER_THE_END = (
    "worker.P9.commit",
    "worker.P9.after",
    "worker.P10.before",
    "worker.P10.after",
    "worker.P11.before",
    "worker.P11.after",
)
WORKER_POINTS = BEFORE_THE_CLAIM + BEFORE_THE_MEDIA + WITH_THE_MEDIA + WITH_THE_INTENT + AFTER_THE_END
API_POINTS = ("api.P0.before", "api.P0.after", "api.P1.after")
COMMITS = ("worker.P3.commit", "worker.P7.commit", "worker.P9.commit")


def test_every_fault_point_of_the_program_is_tested_here() -> None:
    sources = Path(yt_videos_api.__file__).parent.rglob("*.py")
    texts = [path.read_text() for path in sources]
    found = {name for text in texts for name in re.findall(r'reach\(f?"([^"]+)"\)', text)}
    steps = {name for text in texts for name in re.findall(r'around\("([^"]+)"\)', text)}
    expanded = {point for name in found for point in _kinds(name)}
    expanded |= {f"{step}.{end}" for step in steps for end in ("before", "after")}
    elsewhere = {*LISTING_POINTS, *LISTED_POINTS, *TRASH_POINTS, *LATER_POINTS}
    assert expanded == {*WORKER_POINTS, *API_POINTS, *elsewhere}


def _kinds(name: str) -> set[str]:
    return {name.replace("{file.kind}", kind) for kind in ("media", "cover")}


@pytest.mark.parametrize("point", WORKER_POINTS)
def test_a_worker_killed_at_a_point_leaves_what_the_next_one_completes(installation: Installation, point: str) -> None:
    video_id = installation.publish()
    job_id = installation.submit(video_id)
    doomed = installation.product.doomed_worker(YT_VIDEOS_FAULTS=f"{point}:kill@1")
    assert f'"{point}"' in doomed.output(), f"{point} was never reached:\n{doomed.output()}"
    installation.recover()
    installation.assert_archived_once(job_id, video_id)
    _assert_nothing_done_twice(installation, point, job_id, video_id)


def _assert_nothing_done_twice(installation: Installation, point: str, job_id: str, video_id: str) -> None:
    finished_at_once = point in BEFORE_THE_CLAIM + AFTER_THE_END
    expected = ["finalized"] if finished_at_once else ["crashed", "finalized"]
    assert installation.rows(job_id).outcomes == expected
    if point not in BEFORE_THE_MEDIA:
        source = folder_of(SMALL)
        whole = sum((source / name).stat().st_size for name in ("vp9-240.webm", "opus.webm"))
        assert installation.origin.bytes_sent(video_id) == whole
    if point in WITH_THE_INTENT + AFTER_THE_END:
        assert len(installation.origin.requests(kind="page", video=video_id)) <= 1


@pytest.mark.parametrize("point", COMMITS)
def test_a_commit_whose_answer_was_lost_is_not_done_twice(installation: Installation, point: str) -> None:
    video_id = installation.publish()
    job_id = installation.submit(video_id)
    with installation.product.worker(YT_VIDEOS_FAULTS=f"{point}:drop-connection@1") as worker:
        installation.api.wait_until_ended(job_id)
        assert f'"{point}"' in worker.output()
    installation.assert_archived_once(job_id, video_id)
    assert installation.rows(job_id).outcomes == ["finalized"]
    attempts = installation.api.job(job_id)["items"][0]["attempts"]
    assert [(attempt["client"], attempt["outcome"]) for attempt in attempts] == [("default", "satisfied")]
