"""Programs that fork, so they run apart from pytest: publish while being killed at every line, and publish in a race.

    python -m tests.integration.storage.forked kill <way> <staging> <library>
    python -m tests.integration.storage.forked race <way> <staging> <library> <same|different>

Each checks after every round and prints JSON; a failed assertion ends it with a traceback and a code that is not 0.
"""

from __future__ import annotations

import hashlib
import json
import os
import signal
import sys
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any

from yt_videos_api.storage import rename
from yt_videos_api.storage.base import NameTaken
from yt_videos_api.storage.local import LocalLibrary

KEY = "channel/video [id].webm"
CONTENT = os.urandom(2 * 2**20 + 7)  # more than one chunk of a copy
SHA256 = hashlib.sha256(CONTENT).hexdigest()


def use_only(way: str) -> None:
    """Take away the ways of renaming that come before `way`, as a file system that does not know them would."""

    def unsupported(*_: object) -> None:
        raise rename.Unsupported

    order = ["by_renameat2", "by_link", "by_check"]
    for missing in order[: order.index(way)]:
        setattr(rename, missing, unsupported)


def killed_at_every_line(staging: Path, root: Path) -> dict[str, int]:
    """Publish in a child that is killed before its first line of our code, then before its second, and so on."""
    staged = staging / "staged.webm"
    seen: Counter[str] = Counter()
    finished = False
    while not finished:
        staged.write_bytes(CONTENT)
        child = in_child(partial(publish_until_line, staged, root, line=seen.total() + 1))
        finished = exit_code(child) == 0
        library = LocalLibrary(root)
        seen[judge(library, staged)] += 1
        library.publish(staged, KEY, SHA256)
        library.clean()
        assert judge(library, staged) == "published", "a repeated publish completes"
        assert list((root / ".staging").glob("*")) == [], "no litter"
        library.remove(KEY)
        (root / "channel").rmdir()
    return dict(seen)


def judge(library: LocalLibrary, staged: Path) -> str:
    """What a reader sees; fails when it is neither all nor nothing, or when the video is nowhere."""
    if library.stat(KEY) is None:
        assert list(library.keys()) == []
        assert staged.read_bytes() == CONTENT, "still staged"
        return "nothing"
    assert library.sha256(KEY) == SHA256
    assert list(library.keys()) == [KEY]
    return "both" if staged.exists() else "published"


def publish_until_line(staged: Path, root: Path, *, line: int) -> None:
    """Publish; SIGKILL before the `line`th line of the storage package or of the copying loop is run."""
    passed = 0

    def trace(frame: FrameType, event: str, _: Any) -> Callable[..., Any] | None:
        nonlocal passed
        if not frame.f_code.co_filename.endswith("shutil.py") and "/storage/" not in frame.f_code.co_filename:
            return None
        passed += event == "line"
        if passed == line:
            os.kill(os.getpid(), signal.SIGKILL)
        return trace

    library = LocalLibrary(root)
    sys.settrace(trace)
    library.publish(staged, KEY, SHA256)


def race(staging: Path, root: Path, *, same: bool) -> str:
    """Two processes publish to one key at one moment; their exit codes, in order."""
    contents = [CONTENT[:-1] + (b"x" if same else bytes([racer])) for racer in (1, 2)]
    ready, gate = os.pipe(), os.pipe()
    racers = [in_child(partial(publish_together, ready[1], gate[0], staging, root, content)) for content in contents]
    for racer in racers:
        assert os.read(ready[0], 1), racer
    os.write(gate[1], b"go")
    for end in (*ready, *gate):
        os.close(end)
    codes = [exit_code(racer) for racer in racers]
    library = LocalLibrary(root)
    winners = [hashlib.sha256(content).hexdigest() for content, code in zip(contents, codes, strict=True) if code == 0]
    assert list(map(library.sha256, library.keys())) == [*set(winners)]
    library.remove(KEY)
    return " ".join(map(str, sorted(codes)))


def publish_together(ready: int, gate: int, staging: Path, root: Path, content: bytes) -> None:
    """Stage `content`, publish it when the gate opens; exit code 3 when the name is taken."""
    staged = staging / f"{os.getpid()}.webm"
    staged.write_bytes(content)
    library = LocalLibrary(root)
    os.write(ready, b"r")
    os.read(gate, 1)
    try:
        library.publish(staged, KEY, hashlib.sha256(content).hexdigest(), synced=True)
        assert not staged.exists()
    except NameTaken:
        assert staged.read_bytes() == content, "the loser keeps its file for the next name"
        staged.unlink()
        os._exit(3)


def in_child(body: Callable[[], None]) -> int:
    """Run `body` in a forked child: its process id."""
    child = os.fork()
    if child == 0:
        try:
            body()
        except BaseException:
            sys.excepthook(*sys.exc_info())
            os._exit(1)
        os._exit(0)
    return child


def exit_code(child: int) -> int:
    """Wait for `child`. Its code is 0, 3, or -9; anything else is a bug in it."""
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert code in (0, 3, -signal.SIGKILL), code
    return code


def main(what: str, way: str, staging: str, root: str, *same: str) -> None:
    """See the top of this file."""
    use_only(way)
    if what == "kill":
        print(json.dumps(killed_at_every_line(Path(staging), Path(root))))
    else:
        rounds = (race(Path(staging), Path(root), same=same == ("same",)) for _ in range(30))
        print(json.dumps(Counter(rounds)))


if __name__ == "__main__":
    main(*sys.argv[1:])
