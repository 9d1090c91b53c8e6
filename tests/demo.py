"""`make demo`: the whole product in one terminal, without the internet.

Starts a stand-in for YouTube on this machine, starts `yt-videos serve` against it, submits a video as a person would
with curl, shows it rise, proves the file, asks a second time, and ends. Nothing outside a temporary folder is touched.
"""

from __future__ import annotations

import hashlib
import json
import shlex
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.origin import Origin, Recipe, Video, faults
from tests.product import Product, Server

VIDEO_ID = "standInVid1"
BAR_WIDTH = 32


def main() -> None:
    """Run the demonstration; exit 0 when everything went as it should."""
    say("A stand-in for YouTube starts on this machine ...")
    with Origin.start() as origin, tempfile.TemporaryDirectory(prefix="yt-videos-demo-") as folder:
        recipe = Recipe(seconds=6, kilobits=2600)
        origin.add(Video(VIDEO_ID, title="A walk through the archive", channel="Stand-in Channel", recipe=recipe))
        origin.inject("media", faults.Throttle(900_000), video=VIDEO_ID)  # slow enough to watch
        product = Product(Path(folder), origin, {"YT_VIDEOS_CONTAINER_POLICY": "mp4"})
        command("yt-videos serve")
        with product.serving() as server:
            print(f"yt-videos-api listens on {server.url}")
            demonstrate(product, server)
        say("The end. Start your own with: make run")


def demonstrate(product: Product, server: Server) -> None:
    """What a first user does."""
    body = {"entity_type": "video", "entity_id": VIDEO_ID}
    curl = f"curl -s {server.url}/jobs -H 'content-type: application/json' -d {shlex.quote(json.dumps(body))}"
    command(curl)
    job = server.submit(VIDEO_ID)
    show(job, "id", "state")
    job = watch(server, job["id"])
    show(job, "state", "file")
    for attempt in job["attempts"]:
        print(f"  asked as {attempt['client']:<12} {attempt['outcome']:<10} {attempt['height'] or ''}")

    path = product.library / job["file"]["path"]
    command(f"sha256sum {shlex.quote(str(path.relative_to(product.library)))}")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    print(f"{digest}  {'the same as in the answer' if digest == job['file']['sha256'] else 'DIFFERS'}")

    say("The same again is answered at once:")
    command(curl)
    show(server.submit(VIDEO_ID), "id", "state")

    say("And the archive can prove itself:")
    command("yt-videos check --deep")
    done = product.command("check", "--deep")
    print(done.stdout.strip())
    if digest != job["file"]["sha256"] or done.returncode != 0:
        sys.exit(1)


def watch(server: Server, job_id: str) -> dict[str, Any]:
    """Show how far the job is until it has ended."""
    command(f"curl -s {server.url}/jobs/{job_id}")
    while True:
        job = server.job(job_id)
        filled = round(BAR_WIDTH * job["percentage"] / 100)
        stage = job["items"][0]["stage"] or job["state"].lower()
        print(f"\r  [{'#' * filled:<{BAR_WIDTH}}] {job['percentage']:5.1f} %  {stage:<12}", end="", flush=True)
        if job["state"] not in ("PENDING", "IN_PROGRESS"):
            print()
            return job
        time.sleep(0.1)


def say(text: str) -> None:
    """A sentence between the commands."""
    print(f"\n# {text}")


def command(text: str) -> None:
    """What a person would have typed."""
    print(f"\n$ {text}")


def show(answer: dict[str, Any], *names: str) -> None:
    """The part of an answer that matters here."""
    print(json.dumps({name: answer[name] for name in names}, indent=2))


if __name__ == "__main__":
    main()
