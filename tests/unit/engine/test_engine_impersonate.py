"""Where browsers can be imitated, and what is said where they cannot."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest
import yt_dlp

from yt_videos_api.domain.errors import DownloadFailure
from yt_videos_api.engine import impersonate


def install(monkeypatch: pytest.MonkeyPatch, number: str | None) -> None:
    """Have this version of curl_cffi installed; None: none."""

    def version(_: str) -> str:
        if number is None:
            raise PackageNotFoundError
        return number

    monkeypatch.setattr(impersonate, "version", version)


@pytest.mark.parametrize(
    ("number", "good"),
    [(None, False), ("0.5.10", False), ("0.10.0", True), ("0.17.3", True), ("0.18.0b1", False), ("1.0", False)],
)
def test_only_versions_that_yt_dlp_takes_count(monkeypatch: pytest.MonkeyPatch, number: str | None, good: bool) -> None:
    install(monkeypatch, number)
    assert impersonate.available() is good


def test_the_bounds_are_still_those_of_yt_dlp() -> None:
    source = (Path(yt_dlp.__file__).parent / "networking" / "_curlcffi.py").read_text()
    assert "(0, 10) <= curl_cffi_version < (0, 18)" in source


def test_a_run_that_needs_it_where_it_is_missing_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, None)
    with pytest.raises(DownloadFailure) as caught:
        impersonate.load()
    assert caught.value.code == "impersonation_unavailable"
    assert "impersonate" in caught.value.kind.advice
