"""What is told of a list where there is no terminal: how its counts change, now and then, and how it ends."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from pydantic import TypeAdapter

from yt_videos_api.api.examples import ACCEPTED_JOB
from yt_videos_api.cli import watching
from yt_videos_api.domain.states import JobState
from yt_videos_api.services.views import ItemCounts, JobView, ListingView

JOB = TypeAdapter(JobView).validate_python(ACCEPTED_JOB["content"]["application/json"]["examples"]["accepted"]["value"])


def listed(done: int, total: int, listing_state: str = "listed", state: JobState = JobState.IN_PROGRESS) -> JobView:
    listing = ListingView("p", "Talks", "https://site.example/talks", listing_state, None, None, total, total, None)
    counts = ItemCounts(total, total - done, 0, done, 0, 0)
    return replace(JOB, state=state, counts=counts, listing=listing, items=())


def told(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *seen: JobView) -> list[str]:
    looks = iter(seen)
    container: Any = SimpleNamespace(jobs=SimpleNamespace(get=lambda _job_id: next(looks)))
    monkeypatch.setattr(watching, "LOOK_SECONDS", 0.0)
    assert watching.watch(container, ["id"], quiet=False) == [seen[-1]]
    return capsys.readouterr().err.splitlines()


LOOKS = (
    listed(0, 1, "listing"),
    listed(0, 2, "listing"),
    listed(1, 3),
    listed(1, 3),
    listed(3, 3, state=JobState.DONE),
)


def test_counts_are_told_as_they_change(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(watching, "LIST_TELL_SECONDS", 0.0)
    assert told(monkeypatch, capsys, *LOOKS) == [
        "Talks: in_progress, 0 of 1 archived, still listing",
        "Talks: in_progress, 0 of 2 archived, still listing",
        "Talks: in_progress, 1 of 3 archived",
        "Talks: done, 3 of 3 archived",
    ]


def test_a_list_of_thousands_is_not_told_line_by_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert told(monkeypatch, capsys, *LOOKS) == [
        "Talks: in_progress, 0 of 1 archived, still listing",
        "Talks: done, 3 of 3 archived",
    ]
