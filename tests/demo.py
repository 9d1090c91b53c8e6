"""`make demo`: the whole product in one terminal, without the internet.

Starts a stand-in for YouTube on this machine and `yt-videos serve` against it, submits a video as a person would with
curl, pulls the plug in the middle, starts again, shows that nothing was lost, proves the file, asks a second time, and
ends. Nothing outside a temporary folder is touched.
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
REQUEST = {"entity_type": "video", "entity_id": VIDEO_ID, "container_policy": "mp4"}
BAR_WIDTH = 32


def main() -> None:
    """Run the demonstration; exit 0 when everything went as it should."""
    say("A stand-in for YouTube starts on this machine ...")
    with Origin.start() as origin, tempfile.TemporaryDirectory(prefix="yt-videos-demo-") as folder:
        recipe = Recipe(seconds=6, kilobits=2600)
        origin.add(Video(VIDEO_ID, title="A walk through the archive", channel="Stand-in Channel", recipe=recipe))
        origin.inject("media", faults.Throttle(600_000), video=VIDEO_ID)  # slow enough to watch
        product = Product(Path(folder), origin)
        job_id = submit_and_pull_the_plug(product)
        say("Start it again, and the transfer goes on where it was:")
        command("yt-videos serve")
        with product.serving() as server:
            print(f"yt-videos-api listens on {server.url}")
            job = watch(server, job_id, until=100)
            ranges = [request.range or "" for request in origin.requests(kind="media", video=VIDEO_ID)]
            resumed = [asked for asked in ranges if asked and not asked.startswith("bytes=0-")]
            whole = prove(product, server, job)
        print(f"\n# After the restart the stand-in was asked for {', '.join(resumed)} only.")
        say("The end. Start your own with: make run")
    sys.exit(0 if whole else 1)


def submit_and_pull_the_plug(product: Product) -> str:
    """What a first user does, and a power cut; the job's id."""
    command("yt-videos serve")
    with product.serving() as server:
        print(f"yt-videos-api listens on {server.url}")
        command(curl(server))
        job = server.submit(**REQUEST)
        show(job, "id", "state")
        watch(server, job["id"], until=50)
        command(f"kill -9 {server.process.pid}")
        server.process.kill()
    job_id: str = job["id"]
    return job_id


def prove(product: Product, server: Server, job: dict[str, Any]) -> bool:
    """The file is what the answer says, the same request is answered at once, and the archive proves itself."""
    show(job, "state", "file")
    for attempt in job["attempts"]:
        print(f"  asked as {attempt['client']:<12} {attempt['outcome']:<10} {attempt['height'] or ''}")

    path = product.library / job["file"]["path"]
    command(f"sha256sum {shlex.quote(str(path.relative_to(product.library)))}")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    print(f"{digest}  {'the same as in the answer' if digest == job['file']['sha256'] else 'DIFFERS'}")

    say("The same again is answered at once:")
    command(curl(server))
    show(server.submit(**REQUEST), "id", "state")

    say("And the archive can prove itself:")
    command("yt-videos check --deep")
    done = product.command("check", "--deep")
    print(done.stdout.strip())
    return digest == job["file"]["sha256"] and done.returncode == 0


def watch(server: Server, job_id: str, *, until: float) -> dict[str, Any]:
    """Show how far the job is until it has ended, or has come so far."""
    command(f"curl -s {server.url}/jobs/{job_id}")
    shown = -10.0
    while True:
        job = server.job(job_id)
        ended = job["state"] not in ("PENDING", "IN_PROGRESS")
        if ended or job["percentage"] >= shown + 10:
            shown = job["percentage"]
            stage = job["items"][0]["stage"] or job["state"].lower()
            print(f"  [{'#' * round(BAR_WIDTH * shown / 100):<{BAR_WIDTH}}] {shown:5.1f} %  {stage}", flush=True)
        if ended or shown >= until:
            return job
        time.sleep(0.05)


def curl(server: Server) -> str:
    """The submission, as one types it."""
    return f"curl -s {server.url}/jobs -H 'content-type: application/json' -d {shlex.quote(json.dumps(REQUEST))}"


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
