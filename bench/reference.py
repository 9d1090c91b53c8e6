"""The other side: the yt-dlp command line, and what has to follow it to know as much as we do."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from uuid import uuid4

import certifi

from tests.origin import Origin
from yt_videos_api.media.tools import find_tools

# yt-dlp starts 370 ms later where curl_cffi is installed, which few people have and our tests need: no handicap for it.
_YT_DLP = "import sys; sys.modules['curl_cffi'] = None; import yt_dlp; yt_dlp.main()"


class Reference:
    """yt-dlp with merge, metadata and cover, the same streams as ours, through the same proxy."""

    def __init__(self, origin: Origin, folder: Path) -> None:
        folder.mkdir()
        self._folder = folder
        tools = find_tools(None, None)
        binaries = folder / "bin"  # yt-dlp wants both in one folder, under their usual names
        binaries.mkdir()
        (binaries / "ffmpeg").symlink_to(tools.ffmpeg)
        (binaries / "ffprobe").symlink_to(tools.ffprobe)
        self._ffprobe = tools.ffprobe
        trusted = folder / "ca.pem"
        trusted.write_text(Path(certifi.where()).read_text() + origin.ca_bundle.read_text())
        self._environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "SSL_CERT_FILE": str(trusted)}
        self._command = [
            *(sys.executable, "-c", _YT_DLP, "--ignore-config", "--quiet", "--no-progress"),
            *("--proxy", origin.proxy_url, "--compat-options", "no-certifi", "--ffmpeg-location", str(binaries)),
            *("--merge-output-format", "mp4", "--format-sort", "res,fps,ext:mp4:m4a"),
            *("--embed-metadata", "--embed-thumbnail", "--convert-thumbnails", "jpg"),
        ]

    def one_process_per_url(self, video_ids: Sequence[str]) -> float:
        """Seconds for one yt-dlp after the other, each followed by its checks."""
        started = time.perf_counter()
        for video_id in video_ids:
            self._download([video_id])
        return time.perf_counter() - started

    def one_process(self, video_ids: Sequence[str]) -> float:
        """Seconds for one yt-dlp with all URLs, followed by the checks of every file."""
        started = time.perf_counter()
        self._download(video_ids)
        return time.perf_counter() - started

    def _download(self, video_ids: Sequence[str]) -> None:
        target = self._folder / uuid4().hex
        urls = [f"https://www.youtube.com/watch?v={video_id}" for video_id in video_ids]
        self._run(*self._command, "--paths", str(target), *urls)
        for file in target.iterdir():
            self._run("sha256sum", str(file))
            self._run(str(self._ffprobe), "-v", "error", "-show_format", "-show_streams", str(file))
            self._run("sync", str(file))

    def _run(self, *argv: str) -> None:
        subprocess.run(argv, env=self._environment, stdout=subprocess.DEVNULL, check=True)
