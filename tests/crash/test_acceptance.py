"""kill -9 of the API at the moment it accepts a job: no answer without a row, and none twice."""

from __future__ import annotations

import httpx2
import pytest

from tests.crash.installation import Installation


@pytest.mark.parametrize(
    ("point", "already_accepted"), [("api.P0.before", False), ("api.P0.after", True), ("api.P1.after", True)]
)
def test_an_api_killed_while_it_accepts_loses_and_doubles_nothing(
    installation: Installation, point: str, already_accepted: bool
) -> None:
    video_id = installation.publish()
    body = {"entity_type": "video", "entity_id": video_id}
    headers = {"Idempotency-Key": f"key of {video_id}"}
    known = len(installation.api.request("GET", "/jobs?limit=100").json()["jobs"])
    with installation.product.api(YT_VIDEOS_FAULTS=f"{point}:kill@1") as doomed:
        with pytest.raises(httpx2.TransportError):
            doomed.request("POST", "/jobs", json=body, headers=headers)
        doomed.process.wait()
        assert f'"{point}"' in doomed.process.output()
    now = len(installation.api.request("GET", "/jobs?limit=100").json()["jobs"])
    assert now - known == already_accepted
    answers = [installation.api.request("POST", "/jobs", json=body, headers=headers) for _ in range(2)]
    assert len({answer.json()["id"] for answer in answers}) == 1
    job_id = answers[0].json()["id"]
    installation.jobs.append(job_id)
    assert len(installation.api.request("GET", "/jobs?limit=100").json()["jobs"]) - known == 1
    installation.recover()
    installation.assert_archived_once(job_id, video_id)
