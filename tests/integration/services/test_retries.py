"""What fails is tried again for as long as it can help, and no longer."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from tests.integration.services.conftest import Archive
from tests.integration.services.site import VIDEO_ID, Site, site_of
from yt_videos_api.cage.gate import Gate, GateSession
from yt_videos_api.db.tables import Work
from yt_videos_api.domain.errors import DownloadFailure
from yt_videos_api.domain.states import JobState

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture(scope="module")
def gate() -> Iterator[Gate]:
    with Gate() as running:
        yield running


@pytest.fixture
def site(archive: Archive, gate: Gate, tmp_path: Path) -> Site:
    """One that answers at the first try."""
    return site_of(archive, gate, tmp_path / "library")


def work(archive: Archive) -> Work:
    with archive.database.reading() as session:
        return session.scalars(select(Work)).one()


def run_until_ended(site: Site, job_id: str) -> list[float]:
    """Let the clock go from one try to the next; how many seconds each was waited for."""
    clock, waits = site.archive.clock, []
    while site.run() and not site.archive.jobs.get(job_id).state.terminal:
        due_at: datetime = work(site.archive).due_at
        waits.append((due_at - clock.moment).total_seconds())
        clock.moment = max(due_at, clock.moment)
    return waits


def test_a_download_survives_an_internet_that_is_away_for_hours(site: Site) -> None:
    site.rungs["default"].extract_failures += ["network", "stalled"] * 20
    job_id = site.archive.submit(VIDEO_ID)
    assert sum(run_until_ended(site, job_id)) > 2.5 * 3600
    assert site.archive.jobs.get(job_id).state is JobState.DONE


def test_an_internet_that_never_comes_back_fails_the_download_in_the_end(site: Site) -> None:
    site.rungs["default"].extract_failures += ["network"] * 200
    job_id = site.archive.submit(VIDEO_ID)
    assert 4.5 * 3600 < sum(run_until_ended(site, job_id)) < 8 * 3600
    error = site.archive.jobs.get(job_id).error
    assert error is not None
    assert error.code == "network"


def test_after_an_outage_a_download_has_all_its_other_tries(site: Site) -> None:
    site.rungs["default"].extract_failures += ["network"] * 10 + ["forbidden", "network", "forbidden"]
    job_id = site.archive.submit(VIDEO_ID)
    run_until_ended(site, job_id)
    assert site.archive.jobs.get(job_id).state is JobState.DONE


def test_a_refusal_is_answered_within_seconds(site: Site) -> None:
    site.rungs["default"].extract_failures += ["forbidden"] * 200
    job_id = site.archive.submit(VIDEO_ID)
    assert sum(run_until_ended(site, job_id)) < 10
    assert site.archive.jobs.get(job_id).state is JobState.FAILED


def test_a_better_offer_is_not_hoped_for_as_long_as_an_outage(archive: Archive, gate: Gate, tmp_path: Path) -> None:
    site = site_of(archive, gate, tmp_path / "library", clients=("android", "default"))
    video, _audio = site.rungs["android"].streams
    site.rungs["android"].streams = (video,)  # inferior: it has no streams of its own for picture and sound
    site.rungs["default"].extract_failures += ["network"] * 200
    job_id = archive.submit(VIDEO_ID)
    assert sum(run_until_ended(site, job_id)) < 10
    assert [call for _, call in site.engine.calls].count("transfer") == 1


def test_a_library_that_cannot_be_written_is_tried_ever_more_calmly(site: Site, tmp_path: Path) -> None:
    staging = tmp_path / "library" / ".staging"
    staging.rmdir()
    staging.write_text("in the way")
    job_id = site.archive.submit(VIDEO_ID)
    waits = []
    for _ in range(12):
        assert site.run()
        waits.append((work(site.archive).due_at - site.archive.clock.moment).total_seconds())
        site.archive.clock.advance(waits[-1])
    assert waits[0] < 10
    assert 300 <= waits[-1] <= 450
    staging.unlink()
    run_until_ended(site, job_id)
    assert site.archive.jobs.get(job_id).state is JobState.DONE


def test_a_gate_that_is_slow_to_close_spoils_no_finished_run(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def be_slow(_session: GateSession) -> None:
        raise TimeoutError

    monkeypatch.setattr(GateSession, "close", be_slow)
    job_id = site.archive.submit(VIDEO_ID)
    assert site.run()
    assert site.archive.jobs.get(job_id).state is JobState.DONE


def test_parts_that_ffmpeg_fails_on_are_fetched_again_twice_not_every_time(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise DownloadFailure("media_tool_failed")

    monkeypatch.setattr("yt_videos_api.services.produce.assemble", fail)
    job_id = site.archive.submit(VIDEO_ID)
    kept = []
    while not site.archive.jobs.get(job_id).state.terminal:
        assert site.run()
        kept.append(len(list((tmp_path / "library" / ".staging").rglob("*.webm"))))
        site.archive.clock.advance(600)
    assert kept == [0, 0, *[2] * 7]
