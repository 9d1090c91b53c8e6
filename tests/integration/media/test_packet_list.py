"""The list of packets that ffprobe writes: cut off by a full disk, it must not be taken for damage."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.integration.media.studio import Studio
from yt_videos_api.cage.base import Completed
from yt_videos_api.domain.errors import DownloadFailure
from yt_videos_api.domain.policy import Container
from yt_videos_api.media.expectation import Expectation
from yt_videos_api.media.verify import verify


@pytest.mark.parametrize("kept_bytes", [0, 1, 1000, 1001, 1005, 1010, 1017, -1, -12])
def test_a_list_cut_off_by_a_full_disk_is_no_damage(studio: Studio, tmp_path: Path, kept_bytes: int) -> None:
    studio.stage(tmp_path, "h264.mp4")
    path = tmp_path / "h264.mp4"

    class FullDisk:
        def run(self, argv: Sequence[str], *, folder: Path, timeout_seconds: float) -> Completed:
            done = studio.runner.run(argv, folder=folder, timeout_seconds=timeout_seconds)
            listing = tmp_path / "h264.mp4.packets"
            content = listing.read_bytes()
            listing.write_bytes(content[:kept_bytes])
            return done

    with pytest.raises(DownloadFailure) as failed:
        verify(FullDisk(), studio.tools, path, Container.MP4, Expectation())
    assert failed.value.code == "no_space"
    assert list(tmp_path.iterdir()) == [path]
