"""Looking at what the product leaves behind: published files, and what commands and answers say."""

from __future__ import annotations

import hashlib
import json
import subprocess
from pathlib import Path
from typing import Any

import httpx2

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
    """Format, streams and chapters; every frame and every sound is decoded without a complaint."""
    tools = find_tools(None, None)
    shown = ("-show_format", "-show_streams", "-show_chapters", "-of", "json", str(path))
    decoding = ("-i", str(path), "-map", "0:v:0?", "-map", "0:a?", "-f", "null", "-")
    decoded = subprocess.run([str(tools.ffmpeg), "-v", "error", "-xerror", *decoding], capture_output=True, check=False)
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


def chapters_of(document: dict[str, Any]) -> list[tuple[float, str]]:
    """Where each chapter begins, in seconds, and what it is called."""
    return [(float(chapter["start_time"]), chapter["tags"]["title"]) for chapter in document["chapters"]]


def sidecars(product: Product, job: dict[str, Any]) -> dict[str, Path]:
    """The files beside the media of a job, by what follows its name; they are exactly what the API says of them."""
    stem = job["file"]["path"].rpartition(".")[0]
    for told in job["file"]["sidecars"]:
        assert hashlib.sha256((product.library / told["path"]).read_bytes()).hexdigest() == told["sha256"]
    paths = (told["path"] for told in job["file"]["sidecars"])
    return {path.removeprefix(stem): product.library / path for path in paths}


def assert_one_clear_line(done: subprocess.CompletedProcess[str], *words: str) -> None:
    """Exit 2, and one line on stderr that has these words."""
    assert done.returncode == 2, (done.stdout, done.stderr)
    assert done.stdout == ""
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    for word in words:
        assert word in done.stderr


def assert_problem(answer: httpx2.Response, status: int) -> dict[str, Any]:
    """The answer is a problem document of RFC 9457 that says nothing of our insides."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    told: dict[str, Any] = answer.json()
    assert {"type", "title", "status", "detail", "instance", "code"} <= told.keys()
    assert told["status"] == status
    assert told["detail"]
    assert not any(word in answer.text for word in ("Traceback", "yt_videos_api", "sqlalchemy", "/src/"))
    return told
