"""The studio, with the pair of tools that the product would choose here."""

from __future__ import annotations

import os

import pytest

from tests.integration.media.studio import Studio
from yt_videos_api.media.tools import find_tools


@pytest.fixture(scope="session")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Studio:
    tools = find_tools(os.environ.get("YT_VIDEOS_FFMPEG"), os.environ.get("YT_VIDEOS_FFPROBE"))
    return Studio(tools, tmp_path_factory.mktemp("clips"))
