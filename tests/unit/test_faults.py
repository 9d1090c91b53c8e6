"""Fault points: named places where tests make the product fail."""

from __future__ import annotations

import pytest

from yt_videos_api.domain.errors import Misconfigured, Unavailable
from yt_videos_api.services.faults import Fault, FaultPlan, parse_faults


def test_faults_are_read_as_point_action_and_passing() -> None:
    assert parse_faults("worker.P8.after:kill@1, api.P0.before:raise") == (
        Fault("worker.P8.after", "kill", 1),
        Fault("api.P0.before", "raise", 0),
    )


@pytest.mark.parametrize("text", ["worker.P8.after", "worker.P8.after:explode", "p:kill@x"])
def test_a_fault_that_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(Misconfigured, match="YT_VIDEOS_FAULTS"):
        parse_faults(text)


def test_a_fault_strikes_at_its_passing_only() -> None:
    plan = FaultPlan(parse_faults("here:drop-connection@2"))
    plan.reach("here")
    with pytest.raises(Unavailable):
        plan.reach("here")
    plan.reach("here")
    plan.reach("elsewhere")


def test_without_faults_nothing_happens() -> None:
    FaultPlan().reach("here")
