"""What doctor says of the aids for getting along with sites."""

from __future__ import annotations

import pytest

from yt_videos_api.apis.fault import ApiFault, FaultReason
from yt_videos_api.apis.http import Answer
from yt_videos_api.services.doctor import Severity
from yt_videos_api.services.doctor_sites import examine_impersonation, examine_tokens


@pytest.mark.parametrize(
    ("answer", "severity", "words"),
    [
        (Answer(200, {"version": "2.0.2"}), Severity.OK, "version 2.0.2"),
        (Answer(200, {"version": "1.3.1"}), Severity.WARNING, "the plugin 2.0.2"),
        (Answer(200, {"version": "2\x1b[2J"}), Severity.WARNING, "YT_VIDEOS_PO_PROVIDER_URL"),
        (Answer(200, ["2.0.2"]), Severity.WARNING, "YT_VIDEOS_PO_PROVIDER_URL"),
        (Answer(502, None), Severity.WARNING, "YT_VIDEOS_PO_PROVIDER_URL"),
    ],
)
def test_what_answers_at_the_address_of_the_provider_is_judged(answer: Answer, severity: Severity, words: str) -> None:
    finding = examine_tokens(by_hand=0, ping=lambda: answer, plugin="2.0.2")
    assert (finding.severity, words in finding.message) == (severity, True)


def test_a_provider_that_is_away_is_a_warning() -> None:
    def ping() -> Answer:
        raise ApiFault(FaultReason.TIMEOUT)

    assert examine_tokens(by_hand=0, ping=ping, plugin="2.0.2").severity is Severity.WARNING


def test_a_provider_without_its_plugin_is_an_error() -> None:
    finding = examine_tokens(by_hand=0, ping=lambda: Answer(200, {}), plugin=None)
    assert (finding.severity, "[pot]" in finding.advice) == (Severity.ERROR, True)


def test_tokens_by_hand_are_counted_and_not_shown() -> None:
    assert examine_tokens(by_hand=2, ping=None, plugin=None).message == "PO tokens by hand: 2."


@pytest.mark.parametrize(
    ("version", "usable", "severity"),
    [(None, False, Severity.OK), ("0.16.3", True, Severity.OK), ("9.0", False, Severity.WARNING)],
)
def test_a_curl_cffi_that_yt_dlp_does_not_take_is_named(version: str | None, usable: bool, severity: Severity) -> None:
    assert examine_impersonation(version, usable=usable).severity is severity
