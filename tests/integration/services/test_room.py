"""No run eats into the reserve of the disk, not with its second copy either."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, repeat
from pathlib import Path

import pytest

from tests.integration.services.conftest import Archive
from tests.integration.services.site import VIDEO_ID, Site, site_of
from yt_videos_api.cage.gate import Gate
from yt_videos_api.domain.states import JobState

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
RESERVE_BYTES = 10**9


@pytest.fixture
def site(archive: Archive, tmp_path: Path) -> Iterator[Site]:
    """One whose streams have to be joined."""
    with Gate() as gate:
        yield site_of(archive, gate, tmp_path / "library", reserve_bytes=RESERVE_BYTES)


def media_bytes(site: Site) -> int:
    return sum(stream.source.stat().st_size for stream in site.rungs["default"].streams)


def asked(site: Site) -> list[str]:
    return [what for _, what in site.engine.calls]


def error_of(site: Site, job_id: str) -> str | None:
    error = site.archive.jobs.get(job_id).error
    return error.code if error else None


def test_a_transfer_counts_the_copy_that_joining_its_streams_will_make(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    job_id = site.archive.submit(VIDEO_ID)
    room_for_one = RESERVE_BYTES + media_bytes(site)
    monkeypatch.setattr(site.archive.library, "free_bytes", lambda: room_for_one)
    assert site.run()
    assert error_of(site, job_id) == "no_space"
    assert "run" not in asked(site)


def test_streams_are_not_joined_into_the_reserve(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    job_id = site.archive.submit(VIDEO_ID)
    free = chain([RESERVE_BYTES * 2], repeat(RESERVE_BYTES + media_bytes(site) // 2))  # others fill the disk meanwhile
    monkeypatch.setattr(site.archive.library, "free_bytes", lambda: next(free))
    assert site.run()
    assert error_of(site, job_id) == "no_space"
    assert "transfer" in asked(site)
    assert "run" not in asked(site)


def test_room_for_both_copies_is_room_enough(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    job_id = site.archive.submit(VIDEO_ID)
    room_for_both = RESERVE_BYTES + media_bytes(site) * 2
    monkeypatch.setattr(site.archive.library, "free_bytes", lambda: room_for_both)
    assert site.run()
    assert site.archive.jobs.get(job_id).state is JobState.DONE
