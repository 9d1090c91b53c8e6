"""The process that has yt-dlp loaded and is forked for every run: `python -m yt_videos_api.engine.forkserver C L`.

C is the descriptor of its socket to the supervisor, L of the lifeline. It does nothing itself: one thread, no network,
no secrets, an environment of its own. multiprocessing's forkserver inherits the main module and the environment, and
its children outlived a killed supervisor (tried).
"""

from __future__ import annotations

import contextlib
import gc
import os
import select
import socket
import sys
import time
import traceback
from collections.abc import Iterator
from typing import Any

import yt_videos_api.engine.hidden  # noqa: F401  # hides something from yt-dlp, so it comes before all that imports it

# isort: split

from yt_videos_api.cage.groups import kill_group
from yt_videos_api.cage.strays import adopt_orphans, end_children
from yt_videos_api.engine.child import Child
from yt_videos_api.engine.confine import confine
from yt_videos_api.engine.lifeline import die_with
from yt_videos_api.engine.messages import Channel, Message
from yt_videos_api.engine.orders import Order, read_order
from yt_videos_api.engine.warm import warm_for_others, warm_for_youtube

_LOOK_SECONDS = 0.0005  # a child that was killed is gone after about a millisecond
_BURIAL_SECONDS = 3.0  # for one that hangs in the kernel, on a dead disk


class Forkserver:
    """Forks on demand, and buries what it has forked."""

    def __init__(self, control: int, lifeline: int) -> None:
        self._control = Channel(socket.socket(fileno=control), accepts_descriptors=True)
        self._lifeline = lifeline
        self._groups: set[int] = set()  # of runs that are not over
        self._spare_work = warm_for_others()

    def serve(self) -> None:
        """Until the supervisor is gone or lets go of us; then every group is killed."""
        poller = select.poll()
        poller.register(self._control, select.POLLIN)
        poller.register(self._lifeline, select.POLLIN)
        self._control.send({"kind": "ready"})
        busy = True
        while True:
            # No waiting while there is spare work, for ever when there is nothing to do.
            ready = {number for number, _ in poller.poll(0 if busy else None)}
            if self._lifeline in ready or (self._control.fileno() in ready and not self._serve_all()):
                break
            busy = bool(ready) or _do_a_little(self._spare_work)
        for group in self._groups:
            kill_group(group)
        end_children(but=(), timeout_seconds=_BURIAL_SECONDS)

    def _serve_all(self) -> bool:
        """Everything that has been asked; False when the supervisor has closed its end."""
        while True:
            message = self._control.receive()
            if message is None:
                return False
            answer = self._release(message) if message["kind"] == "release" else self._spawn(message)
            try:
                self._control.send(answer)
            except ConnectionError:
                return False
            if not self._control.has_message:
                return True

    def _release(self, message: dict[str, Any]) -> Message:
        """End a run with all that it has started, also outside of its group; answered when nothing of it is left."""
        group = int(message["group"])
        if group not in self._groups:
            return {"kind": "stranger"}
        kill_group(group)
        self._groups.discard(group)
        _bury(group)
        complete = end_children(but=self._groups, timeout_seconds=_BURIAL_SECONDS)
        return {"kind": "released", "complete": complete}

    def _spawn(self, message: dict[str, Any]) -> Message:
        descriptors = self._control.take_descriptors()
        try:
            pid = os.fork()
        except OSError as error:
            _close(descriptors)
            return {"kind": "refused", "detail": str(error)}
        if pid == 0:
            self._run_child(message, descriptors)
        _close(descriptors)
        # Both sides set the group: whoever comes first, it exists when the supervisor hears of it.
        with contextlib.suppress(OSError):
            os.setpgid(pid, pid)
        self._groups.add(pid)
        return {"kind": "spawned", "group": pid}

    def _run_child(self, message: dict[str, Any], descriptors: list[int]) -> None:
        """Never returns."""
        try:
            os.setpgid(0, 0)
            self._control.close()
            os.close(self._lifeline)
            _become_child(read_order(message), descriptors)
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(1)


def _become_child(order: Order, descriptors: list[int]) -> None:
    control, lifeline, log, *rest = descriptors
    adopt_orphans()  # as long as the run lasts, what leaves its group stays below it
    die_with(lifeline)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.close(log)
    confine(order)
    channel = Channel(socket.socket(fileno=control), accepts_descriptors=True)
    Child(channel, order, rest[0] if order.with_lock else None).serve()


def _do_a_little(work: Iterator[None]) -> bool:
    """One step; False when there is none left. What was built must not be copied by the children's collectors."""
    try:
        next(work)
    except StopIteration:
        return False
    gc.freeze()
    return True


def _bury(group: int) -> None:
    """Wait for the end of our children in a killed group; their numbers stay taken until then."""
    deadline = time.monotonic() + _BURIAL_SECONDS
    with contextlib.suppress(ChildProcessError):
        while time.monotonic() < deadline:
            if not os.waitpid(-group, os.WNOHANG)[0]:
                time.sleep(_LOOK_SECONDS)


def _close(descriptors: list[int]) -> None:
    for descriptor in descriptors:
        os.close(descriptor)


def main() -> None:
    """Entry point."""
    control, lifeline = int(sys.argv[1]), int(sys.argv[2])
    adopt_orphans()
    warm_for_youtube()
    gc.collect()
    gc.freeze()  # the collector would touch, and so copy, every page that children share with us
    Forkserver(control, lifeline).serve()


if __name__ == "__main__":
    main()
