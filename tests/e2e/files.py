"""Looking into published files with ffprobe."""

from __future__ import annotations

import hashlib
import json
import subprocess
from pathlib import Path
from typing import Any

from tests.product import Product
from yt_videos_api.media.tools import find_tools


def media_path(product: Product, job: dict[str, Any]) -> Path:
    """The file of a job, which must be exactly what the API says of it."""
    told = job["file"]
    path: Path = product.library / told["path"]
    content = path.read_bytes()
    assert len(content) == told["size_bytes"]
    assert hashlib.sha256(content).hexdigest() == told["sha256"]
    return path


def probe(path: Path) -> dict[str, Any]:
    """Format, streams and chapters; every packet is read and every frame decoded without a complaint."""
    tools = find_tools(None, None)
    shown = ("-show_format", "-show_streams", "-show_chapters", "-of", "json", str(path))
    decoded = subprocess.run(
        [str(tools.ffmpeg), "-v", "error", "-xerror", "-i", str(path), "-map", "0:v:0", "-f", "null", "-"],
        capture_output=True,
        check=False,
    )
    assert (decoded.returncode, decoded.stderr) == (0, b"")
    told = subprocess.run([str(tools.ffprobe), "-v", "error", *shown], capture_output=True, check=True)
    document: dict[str, Any] = json.loads(told.stdout)
    return document


def tags(document: dict[str, Any]) -> dict[str, str]:
    """The tags of the file, names in lower case."""
    return {name.lower(): value for name, value in document["format"].get("tags", {}).items()}


def pictures(document: dict[str, Any]) -> list[dict[str, Any]]:
    """The streams that are covers."""
    return [
        stream
        for stream in document["streams"]
        if stream["disposition"]["attached_pic"] or stream["codec_type"] == "attachment"
    ]
