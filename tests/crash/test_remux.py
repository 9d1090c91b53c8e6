"""kill -9 of a worker that makes another container of an archived file: it is made all the same, of that file."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.crash.installation import SMALL, Installation, installed
from tests.crash.streams import stream_hashes
from tests.origin import Origin

# One container each, so that every one has to be made of the archived file.
KILLED_AT = {
    "mkv": "worker.P5.before",
    "mp4": "worker.P5.after",
    "opus": "worker.P7.commit",
    "flac": "worker.P8.media",
}


@pytest.fixture(scope="module")
def archive(origin: Origin, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """One installation on SQLite; at its end it proves itself whole."""
    with installed(tmp_path_factory.mktemp("remux"), origin, None) as running:
        yield running
        running.product.assert_clean()


def test_another_container_is_made_without_a_transfer_whenever_the_worker_dies(archive: Installation) -> None:
    video_id = archive.publish(SMALL)
    first = archive.submit(video_id)
    archive.recover()
    transferred = len(archive.origin.requests(video=video_id))
    jobs = {}
    for container, point in KILLED_AT.items():
        jobs[container] = archive.submit(video_id, container_policy=container, embed_cover_art=False)
        doomed = archive.product.doomed_worker(YT_VIDEOS_FAULTS=f"{point}:kill@1")
        assert f'"{point}"' in doomed.output(), f"{point} was never reached:\n{doomed.output()}"
    archive.recover()
    streams = stream_hashes(archive.product.library / archive.api.job(first)["file"]["path"])
    for container, job_id in jobs.items():
        job = archive.api.job(job_id)
        assert job["state"] == "DONE", job
        made = archive.product.library / job["file"]["path"]
        assert made.suffix == f".{container}"
        assert len(stream_hashes(made) & streams) == {"mkv": 2, "mp4": 2, "opus": 1, "flac": 0}[container]
    assert len(archive.origin.requests(video=video_id)) == transferred
