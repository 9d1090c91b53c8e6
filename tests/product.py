"""The product as its users run it: real processes, reached over HTTP and by command line."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2

from tests.origin import Origin

LISTENING = re.compile(rb"listens on (http://\S+)")
SCRIPTS = Path(sys.executable).parent


@dataclass
class Product:
    """One installation: a state directory, a library, and the processes that work on them."""

    folder: Path
    origin: Origin | None = None
    settings: dict[str, str] = field(default_factory=dict)

    @property
    def library(self) -> Path:
        """Where archived files appear."""
        return self.folder / "library"

    @property
    def state(self) -> Path:
        """Where the embedded database lies."""
        return self.folder / "state"

    def environment(self, more: Mapping[str, str] | None = None) -> dict[str, str]:
        """What every process of this installation is started with."""
        given = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "LANG": "C.UTF-8",
            "YT_VIDEOS_STATE_DIRECTORY": str(self.state),
            "YT_VIDEOS_OUTPUT_DIRECTORY": str(self.library),
            "YT_VIDEOS_PORT": "0",
            "YT_VIDEOS_LEASE_SECONDS": "3",
            "YT_VIDEOS_DISK_RESERVE_BYTES": "0",
        }
        if self.origin:
            given["YT_VIDEOS_UPSTREAM_PROXY"] = self.origin.proxy_url
            given["YT_VIDEOS_CA_BUNDLE"] = str(self.origin.ca_bundle)
        return given | self.settings | dict(more or {})

    def command(self, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
        """`yt-videos ARGUMENTS`, to its end."""
        argv = [str(SCRIPTS / "yt-videos"), *arguments]
        return subprocess.run(
            argv, env=self.environment(settings), capture_output=True, text=True, timeout=100, check=False
        )

    @contextmanager
    def serving(self, **settings: str) -> Iterator[Server]:
        """`yt-videos serve`."""
        with self._process([str(SCRIPTS / "yt-videos"), "serve"], settings) as process:
            yield Server(process, process.wait_for(LISTENING))

    @contextmanager
    def api(self, port: int = 0, *, host: str = "127.0.0.1", **settings: str) -> Iterator[Server]:
        """`uvicorn yt_videos_api.main:app`, which accepts and never works; on any free port when none is given."""
        argv = [sys.executable, "-m", "uvicorn", "yt_videos_api.main:app", "--host", host, "--port", str(port)]
        with self._process([*argv, "--workers", "1"], settings) as process:
            url = process.wait_for(re.compile(rb"Uvicorn running on (http://[^\s\x1b]+)"))
            yield Server(process, url.replace("0.0.0.0", "127.0.0.1"))

    @contextmanager
    def worker(self, **settings: str) -> Iterator[Process]:
        """`python -m yt_videos_api.worker`."""
        with self._process([sys.executable, "-m", "yt_videos_api.worker"], settings) as process:
            process.wait_for(re.compile(rb"(worker_started)"))
            yield process

    def doomed_worker(self, **settings: str) -> Process:
        """A worker that ends by itself, killed by a fault of its `settings`: after its end."""
        with self._process([sys.executable, "-m", "yt_videos_api.worker"], settings) as process:
            process.wait()
        return process

    def check(self, *arguments: str) -> dict[str, Any]:
        """The report of `yt-videos check --json`; exit 0 or 1."""
        done = self.command("check", "--json", *arguments)
        assert done.returncode in (0, 1), done.stderr
        report: dict[str, Any] = json.loads(done.stdout)
        return report

    def assert_clean(self) -> None:
        """`check --deep` has nothing to say."""
        assert self.check("--deep")["violations"] == []

    def media_files(self) -> list[Path]:
        """Everything visible in the library."""
        return sorted(
            p
            for p in self.library.rglob("*")
            if p.is_file() and not p.relative_to(self.library).parts[0].startswith(".")
        )

    @contextmanager
    def _process(self, argv: list[str], settings: Mapping[str, str]) -> Iterator[Process]:
        log = self.folder / f"{Path(argv[0]).name}-{time.monotonic_ns()}.log"
        with log.open("wb") as sink:
            child = subprocess.Popen(
                argv, env=self.environment(settings), stdout=sink, stderr=subprocess.STDOUT, start_new_session=True
            )
        process = Process(child, log)
        try:
            yield process
        finally:
            process.stop()


class Process:
    """One process of the product."""

    def __init__(self, child: subprocess.Popen[bytes], log: Path) -> None:
        self._child = child
        self._log = log

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._child.pid

    def output(self) -> str:
        """What it has printed so far."""
        return self._log.read_text(errors="replace")

    def wait_for(self, pattern: re.Pattern[bytes], timeout_seconds: float = 30) -> str:
        """Wait until `pattern` is printed; its first group."""
        deadline = time.monotonic() + timeout_seconds
        while time.monotonic() < deadline:
            found = pattern.search(self._log.read_bytes())
            if found:
                return found[1].decode()
            if self._child.poll() is not None:
                break
            time.sleep(0.02)
        raise AssertionError(f"{pattern.pattern!r} was not printed:\n{self.output()}")

    def kill(self) -> None:
        """kill -9 of this process alone."""
        self._child.send_signal(signal.SIGKILL)
        self._child.wait(10)

    def send(self, number: signal.Signals) -> None:
        """Send it a signal."""
        self._child.send_signal(number)

    def wait(self, timeout_seconds: float = 40) -> int:
        """Its exit code, once it has ended."""
        return self._child.wait(timeout_seconds)

    def stop(self) -> None:
        """Ask it to end, and see that it does."""
        if self._child.poll() is None:
            self._child.send_signal(signal.SIGTERM)
            try:
                self._child.wait(35)
            except subprocess.TimeoutExpired:
                self._child.kill()
                self._child.wait(10)
                raise AssertionError(f"did not stop on SIGTERM:\n{self.output()}") from None


class Server:
    """A process that answers HTTP."""

    def __init__(self, process: Process, url: str) -> None:
        self.process = process
        self.url = url

    def request(self, method: str, path: str, **more: Any) -> httpx2.Response:
        """One request."""
        with httpx2.Client(base_url=self.url, timeout=30, trust_env=False) as client:
            return client.request(method, path, **more)

    def submit(self, entity_id: str, *, entity_type: str = "video", **more: Any) -> dict[str, Any]:
        """POST /jobs; the accepted job."""
        answer = self.request("POST", "/jobs", json={"entity_type": entity_type, "entity_id": entity_id, **more})
        assert answer.status_code == 202, answer.text
        job: dict[str, Any] = answer.json()
        return job

    def job(self, job_id: str) -> dict[str, Any]:
        """GET /jobs/{id}."""
        answer = self.request("GET", f"/jobs/{job_id}")
        assert answer.status_code == 200, answer.text
        job: dict[str, Any] = answer.json()
        return job

    def wait_until_ended(self, job_id: str, timeout_seconds: float = 60) -> dict[str, Any]:
        """The job when it is terminal."""
        deadline = time.monotonic() + timeout_seconds
        while time.monotonic() < deadline:
            job = self.job(job_id)
            if job["state"] not in ("PENDING", "IN_PROGRESS"):
                return job
            time.sleep(0.02)
        raise AssertionError(f"did not end: {json.dumps(self.job(job_id), indent=1)}\n{self.process.output()}")

    def archive(self, entity_id: str, **more: Any) -> dict[str, Any]:
        """Submit and wait; the job, which must be DONE."""
        job = self.wait_until_ended(self.submit(entity_id, **more)["id"])
        assert job["state"] == "DONE", f"{json.dumps(job, indent=1)}\n{self.process.output()}"
        return job
