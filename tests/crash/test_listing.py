"""kill -9 of a worker that lists a playlist, discards what was taken out of it, or fetches what was asked for later."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest

from tests.crash.installation import SMALL, Installation, installed
from tests.origin import Origin, Playlist, Video

# Where the next worker finds the list as it was, and where there is nothing left to list.
LISTING_POINTS = (
    "worker.expand.page.before",
    "worker.expand.page.commit",
    "worker.expand.page.after",
    "worker.expand.end.before",
)
LISTED_POINTS = ("worker.expand.end.commit", "worker.expand.end.after")
TRASH_POINTS = ("worker.expand.trash.before",)
# Killed at one after the other, for one video each.
LATER_ROUNDS = (
    ("worker.enrich.P7.before", "worker.enrich.P7.commit"),
    ("worker.enrich.P7.after", "worker.enrich.P8.before"),
    ("worker.enrich.P8.after", "worker.enrich.P9.before"),
    ("worker.enrich.P9.commit",),
    ("worker.enrich.P9.after",),
)
LATER_POINTS = tuple(point for points in LATER_ROUNDS for point in points)
VIDEOS = tuple(f"crashList{number:02}" for number in range(7))
CHEAP = {"embed_metadata": False, "embed_cover_art": False}

_numbers = count()


@pytest.fixture(scope="module")
def archive(origin: Origin, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """One installation on SQLite for all tests of this file; at its end it proves itself whole."""
    with installed(tmp_path_factory.mktemp("listing"), origin, None) as running:
        yield running
        running.recover()
        running.product.assert_clean()


def listed_playlist(installation: Installation, *video_ids: str, playlist_id: str | None = None) -> str:
    """A playlist on YouTube whose pages are short; its id."""
    name = playlist_id or f"PLcrash{next(_numbers):06}"
    installation.origin.add_playlist(
        Playlist(name, video_ids, page_size=5, default_video=lambda video_id: Video(video_id, recipe=SMALL))
    )
    return name


def submit(installation: Installation, playlist_id: str, **choices: Any) -> str:
    job_id: str = installation.submit(playlist_id, entity_type="playlist", **(CHEAP | choices))
    return job_id


def kill_at(installation: Installation, point: str) -> None:
    doomed = installation.product.doomed_worker(YT_VIDEOS_FAULTS=f"{point}:kill@1")
    assert f'"{point}"' in doomed.output(), f"{point} was never reached:\n{doomed.output()}"


def assert_every_video_once(installation: Installation, job_id: str, *video_ids: str) -> None:
    job = installation.api.job(job_id)
    assert (job["state"], job["listing"]["state"], job["counts"]["done"]) == ("DONE", "listed", len(video_ids)), job
    items = installation.api.request("GET", f"/jobs/{job_id}/items").json()["items"]
    assert [item["position"] for item in items] == list(range(len(video_ids)))
    assert [item["video"]["video_id"] for item in items] == list(video_ids)
    for video_id in video_ids:
        assert len(installation.files_of(video_id)) == 1


@pytest.mark.parametrize("point", LISTING_POINTS + LISTED_POINTS)
def test_listing_killed_at_a_point_is_completed_by_the_next_worker(archive: Installation, point: str) -> None:
    job_id = submit(archive, listed_playlist(archive, *VIDEOS))
    kill_at(archive, point)
    state = archive.api.job(job_id)["listing"]["state"]
    assert state == ("listed" if point in LISTED_POINTS else "listing")
    archive.recover()
    assert_every_video_once(archive, job_id, *VIDEOS)
    assert len(archive.origin.requests(kind="media", video=VIDEOS[0])) == 2, "fetched once, for all of these jobs"


def test_listing_killed_on_postgresql_is_completed_by_the_next_worker(
    origin: Origin, tmp_path_factory: pytest.TempPathFactory, postgres_server_url: str
) -> None:
    with installed(tmp_path_factory.mktemp("postgres"), origin, postgres_server_url) as installation:
        job_id = submit(installation, listed_playlist(installation, *VIDEOS[:3]))
        for point in ("worker.expand.page.commit", "worker.expand.end.before"):
            kill_at(installation, point)
        installation.recover()
        assert_every_video_once(installation, job_id, *VIDEOS[:3])
        installation.product.assert_clean()


@pytest.mark.parametrize("point", TRASH_POINTS)
def test_what_was_to_go_to_the_trash_goes_there_all_the_same(archive: Installation, point: str) -> None:
    gone, stays = "crashGone01", VIDEOS[0]
    playlist_id = listed_playlist(archive, gone, stays)
    submit(archive, playlist_id)
    archive.recover()
    assert len(archive.files_of(gone)) == 1
    listed_playlist(archive, stays, playlist_id=playlist_id)
    job_id = submit(archive, playlist_id, on_removed_from_playlist="trash")
    kill_at(archive, point)
    assert len(archive.files_of(gone)) == 1
    archive.recover()
    assert_every_video_once(archive, job_id, stays)
    assert archive.files_of(gone) == []


@pytest.fixture(scope="module")
def archived(archive: Installation) -> Installation:
    """All of the videos are archived, and nothing lies beside them."""
    submit(archive, listed_playlist(archive, *VIDEOS))
    archive.recover()
    return archive


@pytest.mark.parametrize("number", range(len(LATER_ROUNDS)), ids=lambda number: LATER_ROUNDS[number][0])
def test_what_is_fetched_later_lies_beside_its_video_once(archived: Installation, number: int) -> None:
    video_id = VIDEOS[number]
    (media,) = archived.files_of(video_id)
    before = media.stat()
    job_id = archived.submit(video_id, save_thumbnail=True, save_nfo=True, **CHEAP)
    for point in LATER_ROUNDS[number]:
        kill_at(archived, point)
    archived.recover()
    job = archived.api.job(job_id)
    assert job["state"] == "DONE", job
    assert sorted(path.suffix for path in archived.files_of(video_id)) == [".jpg", ".nfo", ".webm"]
    assert (media.stat().st_ino, media.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns), "it was not touched"
