"""P0: accepting jobs. What is the same is one download, and nothing is accepted twice."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from sqlalchemy import func, select

from tests.integration.services.conftest import Archive
from tests.integration.services.staged import publish
from yt_videos_api.db.tables import Download, Job, VideoAlias, Work
from yt_videos_api.domain.choices import AccessWish, Extras
from yt_videos_api.domain.errors import IdempotencyMismatch, InvalidInput
from yt_videos_api.domain.identity import url_key
from yt_videos_api.domain.states import DownloadState, JobState


def downloads(archive: Archive) -> list[Download]:
    with archive.database.reading() as session:
        return list(session.scalars(select(Download).order_by(Download.created_at)))


def test_an_accepted_job_is_pending_and_has_work(archive: Archive) -> None:
    job = archive.jobs.get(archive.submit())
    assert job.state is JobState.PENDING
    assert job.revision == 1
    with archive.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Work)) == 1


def test_two_jobs_for_one_video_share_one_download(archive: Archive) -> None:
    first, second = archive.submit(), archive.submit("https://youtu.be/aaaaaaaaaaa")
    assert first != second
    assert len(downloads(archive)) == 1


def test_eight_requests_at_the_same_moment_make_one_download(archive: Archive) -> None:
    barrier, ids, errors = threading.Barrier(8), [], []

    def submit() -> None:
        barrier.wait()
        try:
            ids.append(archive.submit())
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=submit) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    assert len(set(ids)) == 8
    assert len(downloads(archive)) == 1


def test_the_same_idempotency_key_gets_the_same_job(archive: Archive) -> None:
    assert archive.submit(key="k1") == archive.submit(key="k1")
    assert archive.submit(key="k2") != archive.submit(key="k1")


def test_an_idempotency_key_used_for_something_else_is_refused(archive: Archive) -> None:
    archive.submit(key="k1")
    with pytest.raises(IdempotencyMismatch):
        archive.submit("bbbbbbbbbbb", key="k1")


def test_one_idempotency_key_at_the_same_moment_makes_one_job(archive: Archive) -> None:
    barrier, ids = threading.Barrier(4), []

    def submit() -> None:
        barrier.wait()
        ids.append(archive.submit(key="same"))

    threads = [threading.Thread(target=submit) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ids) == 4
    assert len(set(ids)) == 1
    with archive.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Job)) == 1


@pytest.mark.parametrize("key", ["", "x" * 256, "with\nnewline"])
def test_an_unusable_idempotency_key_is_named(archive: Archive, key: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        archive.submit(key=key)
    assert caught.value.field == "Idempotency-Key"


def test_an_address_that_is_known_to_lead_to_a_video_joins_its_download(archive: Archive) -> None:
    archive.submit("aaaaaaaaaaa")
    address = "https://example.com/embedded"
    with archive.database.transaction() as session:
        session.add(
            VideoAlias(
                url_key=url_key(address), extractor="youtube", video_id="aaaaaaaaaaa", created_at=archive.clock.now()
            )
        )
    archive.submit(address)
    assert len(downloads(archive)) == 1


def test_embedding_asked_for_while_the_download_waits_is_added_to_it(archive: Archive) -> None:
    archive.submit(extras=Extras(embed_metadata=False, embed_cover_art=False))
    archive.submit(extras=Extras(embed_metadata=True, embed_cover_art=False))
    (download,) = downloads(archive)
    assert download.embed_metadata
    assert not download.embed_cover_art


def test_a_cancelled_download_makes_room_for_a_new_try(archive: Archive) -> None:
    archive.jobs.cancel(archive.submit())
    archive.clock.advance(1)
    archive.submit()
    assert [download.state for download in downloads(archive)] == [DownloadState.CANCELLED, DownloadState.QUEUED]


def test_whoever_asks_for_more_of_an_archived_video_says_how_to_ask_the_site(archive: Archive, tmp_path: Path) -> None:
    archive.submit()
    claimed = archive.leases().claim()
    assert claimed is not None
    publish(archive, claimed, tmp_path, "archived")
    job = archive.jobs.get(archive.submit(extras=Extras(nfo=True), access=AccessWish(proxy_name="office")))
    assert job.state is JobState.IN_PROGRESS
    (download,) = downloads(archive)
    assert AccessWish.from_json(download.access or {}) == AccessWish(proxy_name="office")
