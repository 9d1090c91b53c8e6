"""Nothing outlives its worker, nothing is left unburied, and what dies is started again."""

from __future__ import annotations

import fcntl
import os
import resource
import signal
import subprocess
import sys
import sysconfig
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import psutil
import pytest

from tests.integration.engine.conftest import OpenRun
from tests.integration.engine.machine import PYTHON, TOOLS, members, running, wait_until, zombies
from tests.origin import Origin, faults
from yt_videos_api.cage.runs import RunLimits, RunSpec
from yt_videos_api.domain.errors import DownloadFailure
from yt_videos_api.engine.ytdlp import YtDlpEngine

ROOT = Path(__file__).parents[3]
LIST_INODES = """
import os
for number in range(3, 50):
    try:
        print(os.fstat(number).st_ino)
    except OSError:
        pass
"""
ESCAPE = """
import contextlib, os, time
if os.fork():
    os._exit(0)
with contextlib.suppress(OSError):  # where the cage does not allow it
    os.setsid()
os.closerange(0, 3)
with open("escaped.new", "w") as note:
    note.write(str(os.getpid()))
os.rename("escaped.new", "escaped")
time.sleep(60)
"""
ENDLESS = "import time\nwhile True: time.sleep(1)"


@dataclass
class Supervised:
    """A worker in a process of its own, with its forkserver and the group of its run."""

    process: subprocess.Popen[str]
    group: int
    forkserver: int


@contextmanager
def supervised(origin: Origin, folder: Path, what: str) -> Iterator[Supervised]:
    """Start one; whatever happens, nothing of it is left."""
    folder.mkdir(exist_ok=True)
    argv = [
        sys.executable,
        "tests/integration/engine/supervisor.py",
        origin.proxy_url,
        str(origin.ca_bundle),
        str(folder),
    ]
    with subprocess.Popen([*argv, what], cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        group, forkserver = map(int, process.stdout.readline().split())
        try:
            yield Supervised(process, group, forkserver)
        finally:
            process.kill()


def nothing_left(worker: Supervised) -> bool:
    return not running(worker.forkserver) and not members(worker.group)


@pytest.mark.parametrize("what", ["extract", "tool", "idle"])
def test_no_process_outlives_a_killed_worker(origin: Origin, tmp_path: Path, what: str) -> None:
    origin.hold("page", times=None)
    expected = {"extract": 1, "tool": 2, "idle": 1}[what]
    with supervised(origin, tmp_path / what, what) as worker:
        wait_until(lambda: len(members(worker.group)) == expected, "the run to be under way")
        worker.process.kill()
        wait_until(lambda: nothing_left(worker), "the end of everything", timeout_seconds=5)


def test_runs_die_with_the_worker_even_when_the_forkserver_died_before(origin: Origin, tmp_path: Path) -> None:
    with supervised(origin, tmp_path / "run", "tool") as worker:
        wait_until(lambda: len(members(worker.group)) == 2, "the tool")
        os.kill(worker.forkserver, signal.SIGKILL)
        wait_until(lambda: not running(worker.forkserver), "the end of the forkserver")
        assert len(members(worker.group)) == 2
        worker.process.kill()
        wait_until(lambda: nothing_left(worker), "the end of everything", timeout_seconds=5)


@pytest.fixture
def own_engine() -> Iterator[YtDlpEngine]:
    """An engine that a test may harm."""
    engine = YtDlpEngine(tools=TOOLS)
    yield engine
    engine.close()


def test_a_forkserver_that_died_is_started_again(own_engine: YtDlpEngine, make_spec: Callable[..., RunSpec]) -> None:
    with own_engine.open(make_spec()) as run:
        first = own_engine.forkserver_process_id
        assert first is not None
        os.kill(first, signal.SIGKILL)
        assert run.extract("tv").streams  # what runs does not need it
    with own_engine.open(make_spec()) as run:
        assert own_engine.forkserver_process_id not in (None, first)
        assert run.extract("tv").streams


def test_the_forkserver_is_stopped_after_idle_time_only(
    own_engine: YtDlpEngine, make_spec: Callable[..., RunSpec]
) -> None:
    with own_engine.open(make_spec()):
        own_engine.stop_when_idle(0)
        assert own_engine.forkserver_process_id is not None
    own_engine.stop_when_idle(60)
    forkserver = own_engine.forkserver_process_id
    assert forkserver is not None
    own_engine.stop_when_idle(0)
    assert own_engine.forkserver_process_id is None
    assert not running(forkserver)


def test_closing_the_engine_kills_open_runs(own_engine: YtDlpEngine, make_spec: Callable[..., RunSpec]) -> None:
    with own_engine.open(make_spec()) as run:
        group = run.group
        own_engine.close()
        wait_until(lambda: not members(group), "the end of the group")


def test_leaving_a_run_leaves_no_process_and_no_zombie(
    own_engine: YtDlpEngine, make_spec: Callable[..., RunSpec]
) -> None:
    groups = []
    with ExitStack() as stack:
        for number in range(4):
            run = stack.enter_context(own_engine.open(make_spec(scratch=Path(make_spec().folder, f"s{number}"))))
            groups.append(run.group)
    assert not any(members(group) for group in groups)
    forkserver = own_engine.forkserver_process_id
    assert forkserver is not None
    wait_until(lambda: not zombies(forkserver), "the burials")


def test_a_tool_that_was_orphaned_is_killed_and_buried(
    own_engine: YtDlpEngine, make_spec: Callable[..., RunSpec]
) -> None:
    spec = make_spec()
    with own_engine.open(spec) as run:
        threading.Thread(target=lambda: kill_leader_once_busy(run.group)).start()
        with pytest.raises(DownloadFailure, match="engine_crashed"):
            run.run([str(PYTHON), "-c", ENDLESS], folder=spec.folder, timeout_seconds=50)
        group = run.group
    assert not members(group)
    forkserver = own_engine.forkserver_process_id
    assert forkserver is not None
    wait_until(lambda: not psutil.Process(forkserver).children(), "the burials")


@pytest.mark.parametrize("end", ["leaving the run", "closing the engine"])
def test_a_tool_that_left_its_group_is_gone_when_its_run_is(
    own_engine: YtDlpEngine, make_spec: Callable[..., RunSpec], tmp_path: Path, end: str
) -> None:
    spec, other_spec = make_spec(), make_spec(folder=tmp_path / "other")
    with own_engine.open(spec) as run, own_engine.open(other_spec) as other:
        run.run([str(PYTHON), "-c", ESCAPE], folder=spec.folder, timeout_seconds=20)
        wait_until((spec.folder / "escaped").exists, "the escape")
        escaped = int((spec.folder / "escaped").read_text())
        assert running(escaped)
        if end == "leaving the run":
            with run:
                pass
            assert other.run([str(PYTHON), "-c", "print(1)"], folder=other_spec.folder, timeout_seconds=20).stdout
        else:
            own_engine.close()
        assert not running(escaped)


def kill_leader_once_busy(group: int) -> None:
    """Kill the child alone, while its tool runs."""
    wait_until(lambda: len(members(group)) == 2, "the tool")
    os.kill(group, signal.SIGKILL)


def test_many_runs_at_once_do_not_disturb_each_other(
    own_engine: YtDlpEngine, make_spec: Callable[..., RunSpec], tmp_path: Path
) -> None:
    sizes: list[int] = []

    def archive(number: int) -> None:
        with own_engine.open(make_spec(folder=tmp_path / f"run-{number}")) as run:
            sizes.extend(part.size_bytes for part in run.transfer(run.extract("tv"), lambda _: None))

    threads = [threading.Thread(target=archive, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(sizes) == 12
    assert len(set(sizes)) == 2


def test_a_run_that_takes_longer_than_allowed_is_killed(open_run: OpenRun, origin: Origin) -> None:
    origin.inject("page", faults.Latency(30))
    run = open_run(limits=RunLimits(wall_seconds=0.5))
    with pytest.raises(DownloadFailure, match="time_limit"):
        run.extract("default")
    wait_until(lambda: not members(run.group), "the end of the group")


def test_an_exception_of_the_listener_ends_the_run_and_comes_out(open_run: OpenRun) -> None:
    class LostInterestError(Exception):
        pass

    def listen(_: object) -> None:
        raise LostInterestError

    run = open_run()
    offer = run.extract("tv")
    with pytest.raises(LostInterestError):
        run.transfer(offer, listen)
    wait_until(lambda: not members(run.group), "the end of the group")


def test_a_failure_found_by_the_listener_ends_the_run(open_run: OpenRun) -> None:
    def listen(_: object) -> None:
        raise DownloadFailure("no_space")

    run = open_run()
    offer = run.extract("tv")
    with pytest.raises(DownloadFailure, match="no_space"):
        run.transfer(offer, listen)
    wait_until(lambda: not members(run.group), "the end of the group")
    with pytest.raises(DownloadFailure, match="engine_crashed"):
        run.extract("tv")


FORKSERVER_THAT_MAY_BE_REFUSED = """#!{python} -IB
import errno, os, pathlib, runpy, sys

def fork(fork=os.fork):
    if pathlib.Path({sign!r}).exists():
        raise OSError(errno.EAGAIN, "no more processes")
    return fork()

os.fork = fork
sys.argv[1:] = sys.argv[-2:]
runpy.run_module("yt_videos_api.engine.forkserver", run_name="__main__")
"""


def test_a_refused_fork_harms_its_own_run_only(
    own_engine: YtDlpEngine, make_spec: Callable[..., RunSpec], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    sign, program = tmp_path / "refuse", tmp_path / "python"
    program.write_text(FORKSERVER_THAT_MAY_BE_REFUSED.format(python=PYTHON, sign=str(sign)))
    program.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(program))
    with own_engine.open(make_spec()) as neighbour:
        sign.touch()
        with pytest.raises(DownloadFailure, match="no more processes") as refused:
            own_engine.open(make_spec(folder=tmp_path / "other"))
        assert refused.value.code == "engine_crashed"
        sign.unlink()
        assert neighbour.extract("tv").streams
        with own_engine.open(make_spec(folder=tmp_path / "other")) as run:
            assert run.extract("tv").streams


def test_a_folder_that_refuses_the_run_fails_it_and_leaves_nothing_open(
    own_engine: YtDlpEngine, make_spec: Callable[..., RunSpec]
) -> None:
    spec = make_spec()
    (spec.folder / "engine.log").mkdir()
    with pytest.raises(DownloadFailure, match="library_unavailable"):
        own_engine.open(spec)
    before = open_descriptors()
    for _ in range(3):
        with pytest.raises(DownloadFailure, match="library_unavailable"):
            own_engine.open(spec)
    assert open_descriptors() == before


def test_a_worker_without_free_descriptors_fails_the_run_and_leaves_nothing_open(
    own_engine: YtDlpEngine, make_spec: Callable[..., RunSpec]
) -> None:
    spec = make_spec()
    with own_engine.open(spec):
        pass
    before = open_descriptors()
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    for spare in range(5):  # a run takes five: it is short of the first, the second, ...
        resource.setrlimit(resource.RLIMIT_NOFILE, (free_from(before, spare), limits[1]))
        try:
            with pytest.raises(DownloadFailure, match="Too many open files") as failure:
                own_engine.open(spec)
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, limits)
        assert failure.value.code == "engine_crashed"
    assert open_descriptors() == before


def open_descriptors() -> list[int]:
    return [number for number in range(200) if Path(f"/proc/self/fd/{number}").is_symlink()]


def free_from(taken: list[int], spare: int) -> int:
    """A limit that leaves `spare` numbers free."""
    free = (number for number in range(10_000) if number not in taken)
    return next(islice(free, spare, None))


def test_the_staging_lock_is_held_by_the_run_and_its_tools(open_run: OpenRun, tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        run = open_run(lock_fd=lock.fileno())
    with path.open("w") as other:
        with pytest.raises(BlockingIOError):
            fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
        told = run.run([str(PYTHON), "-c", LIST_INODES], folder=tmp_path, timeout_seconds=20).stdout
        assert str(path.stat().st_ino) in told.decode().split()
        with run:
            pass
        fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)


EXTRACT = """
import sys
from pathlib import Path
from yt_videos_api.domain.offers import MediaRequest
from yt_videos_api.domain.policy import ContainerPolicy
from yt_videos_api.cage.runs import RunSpec
from yt_videos_api.engine.ytdlp import YtDlpEngine

proxy_url, ca_file, folder = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
request = MediaRequest("https://www.youtube.com/watch?v=aaaaaaaaaaa", ContainerPolicy.WEBM)
engine = YtDlpEngine()
with engine.open(RunSpec(request, folder, folder / "scratch", proxy_url, ca_file)) as run:
    print(run.extract("tv").facts.title)
engine.close()
"""


def test_an_installation_for_one_user_works(origin: Origin, tmp_path: Path) -> None:
    packages = tmp_path / "user" / "lib" / f"python3.{sys.version_info.minor}" / "site-packages"
    packages.parent.mkdir(parents=True)
    packages.symlink_to(sysconfig.get_path("purelib"))
    interpreter = os.path.realpath(sys.executable)  # not that of the virtual environment, which knows no users
    told = subprocess.check_output(
        [interpreter, "-c", EXTRACT, origin.proxy_url, str(origin.ca_bundle), str(tmp_path)],
        env={**os.environ, "PYTHONUSERBASE": str(tmp_path / "user")},
        cwd=tmp_path,
        text=True,
        timeout=60,
    )
    assert told == "First video\n"
