"""What a run cannot do, even when somebody has broken into it.

The tool in these tests is a Python that does as it likes.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import sysconfig
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from tests.integration.engine.conftest import OpenRun
from tests.integration.engine.machine import PYTHON
from yt_videos_api.cage.runs import RunLimits, RunSpec
from yt_videos_api.domain.errors import DownloadFailure
from yt_videos_api.domain.offers import MediaRequest
from yt_videos_api.domain.policy import ContainerPolicy
from yt_videos_api.engine.client import ForkserverClient
from yt_videos_api.engine.messages import Message
from yt_videos_api.engine.orders import Order
from yt_videos_api.engine.run import YtDlpRun
from yt_videos_api.engine.ytdlp import YtDlpEngine

DENO = Path(sysconfig.get_path("scripts")) / "deno"

Attack = Callable[[str], str]


@pytest.fixture
def attack(open_run: OpenRun, tmp_path: Path) -> Attack:
    """Run code inside of a run; "done", or the name of the exception that stopped it."""

    def run_code(code: str) -> str:
        caught = "except BaseException as error:\n    print(type(error).__name__)"
        program = f"try:\n    {code}\n{caught}\nelse:\n    print('done')"
        completed = open_run().run([str(PYTHON), "-c", program], folder=tmp_path / "staging", timeout_seconds=20)
        return completed.stdout.decode().strip()

    return run_code


def test_its_own_folders_can_be_written(attack: Attack, tmp_path: Path) -> None:
    assert attack("open('x', 'w').write('x')") == "done"
    assert (tmp_path / "staging" / "x").read_text() == "x"
    assert attack("import tempfile; tempfile.mkstemp()") == "done"


def test_files_of_others_cannot_be_read_or_written(attack: Attack, tmp_path: Path) -> None:
    secret = tmp_path / "secret.key"
    secret.write_text("secret")
    assert attack(f"open({str(secret)!r}).read()") == "PermissionError"
    assert attack(f"open({str(secret)!r}, 'w')") == "PermissionError"
    assert attack("open('/etc/passwd').read()") == "PermissionError"
    assert attack("import os; os.listdir('/proc')") == "PermissionError"
    assert secret.read_text() == "secret"


def test_nothing_but_the_gate_can_be_connected_to(attack: Attack) -> None:
    with socket.create_server(("127.0.0.1", 0)) as canary:
        port = canary.getsockname()[1]
        assert attack(f"import socket; socket.create_connection(('127.0.0.1', {port}), 2)") == "PermissionError"
        canary.settimeout(0)
        with pytest.raises(BlockingIOError):
            canary.accept()


def test_processes_outside_cannot_be_signalled(attack: Attack) -> None:
    assert attack(f"import os; os.kill({os.getpid()}, 0)") == "PermissionError"


@pytest.mark.parametrize("way", ["start_new_session=True", "process_group=0"])
def test_the_group_of_the_run_cannot_be_left(attack: Attack, way: str) -> None:
    assert attack(f"import subprocess; subprocess.run(['true'], {way})") == "PermissionError"


def test_no_secret_of_the_environment_gets_in(
    attack: Attack, monkeypatch: pytest.MonkeyPatch, engine: YtDlpEngine
) -> None:
    monkeypatch.setenv("YT_VIDEOS_DATABASE_URL", "postgresql://user:password@host/db")
    monkeypatch.setenv("NO_PROXY", "*")
    engine.stop_when_idle(0)  # the next forkserver is started with this environment around
    assert (
        attack("import os; assert not [n for n in os.environ if 'YT_VIDEOS' in n or n.upper() == 'NO_PROXY']") == "done"
    )
    assert attack("import os; assert os.environ['https_proxy'].startswith('http://127.0.0.1:')") == "done"


def test_a_file_beyond_the_limit_cannot_be_written(open_run: OpenRun, tmp_path: Path) -> None:
    run = open_run(limits=RunLimits(file_bytes=100_000))
    program = "import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); open('x', 'wb').write(bytes(200_000))"
    completed = run.run([str(PYTHON), "-c", program], folder=tmp_path / "staging", timeout_seconds=20)
    assert completed.returncode == 1
    assert b"File too large" in completed.stderr


def test_a_flood_of_output_is_cut_off(open_run: OpenRun, tmp_path: Path) -> None:
    program = "import sys\nwhile True: sys.stdout.buffer.write(bytes(2**20))"
    with pytest.raises(DownloadFailure, match="media_tool_failed"):
        open_run().run([str(PYTHON), "-c", program], folder=tmp_path / "staging", timeout_seconds=30)


def test_the_javascript_runtime_works_inside(tmp_path: Path, make_spec: Callable[..., RunSpec]) -> None:
    engine = YtDlpEngine(tools=[DENO])
    code = "let s = 0; for (let i = 0; i < 5e6; i++) s += i % 7; console.log(s)"
    with engine.open(make_spec()) as run:
        completed = run.run([str(DENO), "eval", code], folder=tmp_path / "staging", timeout_seconds=30)
    engine.close()
    assert (completed.stdout, completed.returncode) == (b"14999995\n", 0), completed.stderr


class TakenOver(ForkserverClient):
    """Instead of a child, somebody who answers what he likes."""

    def __init__(self, answer: bytes) -> None:
        super().__init__()
        self._answer = answer
        self._thread = threading.Thread(target=self._speak)

    def spawn(self, message: Message, descriptors: Sequence[int]) -> int:
        self._socket = socket.socket(fileno=os.dup(descriptors[0]))
        self._thread.start()
        return 2**31 - 1

    def release(self, group: int) -> None:
        self._thread.join()
        self._socket.close()

    def _speak(self) -> None:
        self._socket.recv(2**16)
        with contextlib.suppress(OSError):
            self._socket.sendall(self._answer)
            self._socket.shutdown(socket.SHUT_WR)


GOOD_OFFER = {
    "facts": {"extractor": "youtube", "video_id": "a", "title": "t", "webpage_url": "u", "chapters": []},
    "streams": [{"format_id": "1", "kind": "both", "ext": "mp4", "protocol": "https", "hdr": False}],
    "full": False,
}


def line(message: object) -> bytes:
    return json.dumps(message).encode() + b"\n"


@pytest.fixture
def order(tmp_path: Path) -> Order:
    media = MediaRequest("https://example.org/", ContainerPolicy.WEBM)
    return Order(RunSpec(media, tmp_path, tmp_path / "scratch", "http://127.0.0.1:9", None), (), 9, with_lock=False)


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"\n",
        b"\xff\n",
        b"x" * (5 * 2**20),
        line([]),
        line({}),
        line({"kind": "parts", "parts": []}),
        line({"kind": "progress", "done_bytes": 1}),
        line({"kind": "offer", "offer": {}}),
        line({"kind": "offer", "offer": {**GOOD_OFFER, "streams": []}}),
        line({"kind": "failed", "code": "DROP TABLE", "detail": ""}),
    ],
    ids=lambda answer: repr(answer[:40]),
)
def test_a_child_that_was_taken_over_does_not_harm_the_worker(order: Order, answer: bytes) -> None:
    with (
        YtDlpRun(TakenOver(answer), order, lambda _: None) as run,
        pytest.raises(DownloadFailure, match="engine_crashed"),
    ):
        run.extract("default")


def test_the_same_child_with_a_good_answer_is_believed(order: Order) -> None:
    with YtDlpRun(TakenOver(line({"kind": "offer", "offer": GOOD_OFFER})), order, lambda _: None) as run:
        assert run.extract("default").facts.title == "t"


@pytest.mark.parametrize("trick", ["symlink", "hard link", "other size", "missing", "outside"])
def test_a_part_that_is_not_what_it_is_said_to_be_is_refused(order: Order, tmp_path: Path, trick: str) -> None:
    (tmp_path / "secret").write_bytes(b"12345")
    name = {"outside": "../secret", "missing": "nothing"}.get(trick, "1.mp4")
    if trick == "symlink":
        (tmp_path / name).symlink_to(tmp_path / "secret")
    elif trick == "hard link":
        os.link(tmp_path / "secret", tmp_path / name)
    elif trick == "other size":
        (tmp_path / name).write_bytes(b"1234")
    part = {"path": name, "size_bytes": 5, "resumed_bytes": 0}
    answers = line({"kind": "offer", "offer": GOOD_OFFER}) + line({"kind": "parts", "parts": [part]})
    with YtDlpRun(TakenOver(answers), order, lambda _: None) as run:
        offer = run.extract("default")
        with pytest.raises(DownloadFailure, match="engine_crashed"):
            run.transfer(offer, lambda _: None)
