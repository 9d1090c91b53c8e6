"""One run, seen from the supervisor: commands go to the child, and its answers are not trusted."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import TypeVar

from yt_videos_api.cage.base import Completed
from yt_videos_api.cage.groups import kill_group
from yt_videos_api.cage.runs import TransferProgress, UnknownRung
from yt_videos_api.domain.errors import CancelRequested, DownloadFailure
from yt_videos_api.domain.lists import ListEntry, ListFacts
from yt_videos_api.domain.offers import FetchedSubtitle, Look, Offer, Part
from yt_videos_api.engine.access import Approach, approach_message
from yt_videos_api.engine.client import ForkserverClient
from yt_videos_api.engine.fields import Fields
from yt_videos_api.engine.messages import Channel, Message, ProtocolError
from yt_videos_api.engine.orders import (
    COVER_SECONDS,
    INFO_SECONDS,
    SUBTITLES_SECONDS,
    Order,
    extract_seconds,
    order_message,
)
from yt_videos_api.engine.output import Output
from yt_videos_api.engine.refusals import refusals_translated
from yt_videos_api.engine.staged import require_plain, require_there
from yt_videos_api.engine.wire import (
    read_failure,
    read_file_name,
    read_look,
    read_offer,
    read_parts,
    read_progress,
    read_skip_reason,
    read_subtitles,
)
from yt_videos_api.engine.wire_lists import read_entries, read_list

LOG_NAME = "engine.log"

_MARGIN_SECONDS = 10.0  # the child keeps the time; we only step in when it does not

Answer = TypeVar("Answer")
OnProgress = Callable[[TransferProgress], None]


class YtDlpRun:
    """See cage.runs.EngineRun. Commands from one thread; `kill` from any."""

    def __init__(self, client: ForkserverClient, order: Order, on_exit: Callable[[YtDlpRun], None]) -> None:
        self._client = client
        self._spec = order.spec
        self._introduction: Message | None = approach_message(Approach(order.spec.access, order.aids))
        self._on_exit = on_exit
        self._deadline = time.monotonic() + order.spec.limits.wall_seconds
        self._offers: list[Offer] = []
        self._lock = threading.Lock()
        self._cancelled = False
        self._over = False
        self._socket, self._lifeline, self.group = self._spawn(order)
        self._channel = Channel(self._socket)

    def extract(self, rung: str) -> Offer:
        """See EngineRun."""
        offer = self._ask_site({"kind": "extract", "rung": rung}, "offer", lambda answer: read_offer(answer, rung))
        self._offers.append(offer)
        return offer

    def transfer(self, offer: Offer, on_progress: OnProgress) -> list[Part]:
        """See EngineRun."""

        def read(answer: Fields) -> list[Part]:
            return [require_there(part, self._spec.folder) for part in read_parts(answer, offer)]

        return self._ask({"kind": "transfer", "index": self._index(offer)}, "parts", read, on_progress=on_progress)

    def fetch_cover(self, offer: Offer) -> str | None:
        """See EngineRun."""

        def read(answer: Fields) -> str | None:
            return None if answer.optional_text("name") is None else read_file_name(answer, "name")

        command: Message = {"kind": "cover", "index": self._index(offer)}
        return self._ask(command, "cover", read, longest_seconds=COVER_SECONDS)

    def fetch_subtitles(
        self, offer: Offer, languages: Sequence[str], *, automatic: bool
    ) -> tuple[FetchedSubtitle, ...]:
        """See EngineRun."""

        def read(answer: Fields) -> tuple[FetchedSubtitle, ...]:
            fetched = read_subtitles(answer)
            for subtitle in fetched:
                require_plain(self._spec.folder / subtitle.path)
            return fetched

        command: Message = {
            "kind": "subtitles",
            "index": self._index(offer),
            "languages": list(languages),
            "automatic": automatic,
        }
        return self._ask(command, "subtitles", read, longest_seconds=SUBTITLES_SECONDS)

    def fetch_info(self, offer: Offer) -> str | None:
        """See EngineRun."""

        def read(answer: Fields) -> str | None:
            if answer.optional_text("name") is None:
                return None
            name = read_file_name(answer, "name")
            require_plain(self._spec.folder / name)
            return name

        command: Message = {"kind": "info", "index": self._index(offer)}
        return self._ask(command, "info", read, longest_seconds=INFO_SECONDS)

    def look(self, url: str | None = None) -> Look:
        """See EngineRun."""
        return self._ask_site({"kind": "look", "url": url}, "look", read_look)

    def open_list(self, url: str) -> ListFacts:
        """See EngineRun."""
        return self._ask_site({"kind": "list", "url": url}, "list", read_list)

    def next_entries(self) -> tuple[ListEntry, ...]:
        """See EngineRun."""
        return self._ask_site({"kind": "entries"}, "entries", read_entries)

    def run(self, argv: Sequence[str], *, folder: Path, timeout_seconds: float) -> Completed:
        """See EngineRun."""
        command: Message = {
            "kind": "execute",
            "argv": list(argv),
            "folder": str(folder),
            "timeout_seconds": timeout_seconds,
        }
        with Output() as output:
            returncode = self._ask(
                command,
                "completed",
                lambda answer: answer.integer("returncode", least=-255),
                output=output,
                longest_seconds=timeout_seconds,
            )
            stdout, stderr = output.collect()
        return Completed(returncode, stdout, stderr)

    def kill(self) -> None:
        """See EngineRun."""
        self._cancelled = True
        self._end()

    def __enter__(self) -> YtDlpRun:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()
        with self._lock:
            if self._over:
                return
            self._over = True
            os.close(self._lifeline)
            self._channel.close()
        try:
            self._client.release(self.group)
        except DownloadFailure:
            if error is None:  # else what went wrong before says more
                raise
        finally:
            shutil.rmtree(self._spec.scratch, ignore_errors=True)
            self._on_exit(self)

    def _spawn(self, order: Order) -> tuple[socket.socket, int, int]:
        """Our end of the control socket, our end of the lifeline, and the group of a new child.

        Raises DownloadFailure, leaving nothing open: "no_space", "library_unavailable" or "engine_crashed".
        """
        spec = order.spec
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW
        with ExitStack() as kept, ExitStack() as lent, refusals_translated():
            spec.scratch.mkdir(parents=True, exist_ok=True)
            log = os.open(spec.folder / LOG_NAME, flags, 0o600)
            lent.callback(os.close, log)
            ours, theirs = socket.socketpair()
            kept.enter_context(ours)
            lent.enter_context(theirs)
            watched, held = os.pipe()
            kept.callback(os.close, held)
            lent.callback(os.close, watched)
            lock = [] if spec.lock_fd is None else [spec.lock_fd]
            group = self._client.spawn(order_message(order), [theirs.fileno(), watched, log, *lock])
            kept.pop_all()
        return ours, held, group

    def _end(self) -> None:
        """Kill the group, and make whoever waits for an answer go on."""
        with self._lock:
            if self._over:
                return  # the group's number may belong to somebody else by now
            kill_group(self.group)
            with contextlib.suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)

    def _ask_site(self, command: Message, kind: str, read: Callable[[Fields], Answer]) -> Answer:
        """Ask something that takes the child a few requests of a site."""
        return self._ask(command, kind, read, longest_seconds=extract_seconds(self._spec.limits))

    def _ask(
        self,
        command: Message,
        kind: str,
        read: Callable[[Fields], Answer],
        *,
        on_progress: OnProgress | None = None,
        output: Output | None = None,
        longest_seconds: float | None = None,
    ) -> Answer:
        """Send a command and read its answer. After anything but a clean failure of the child the group is dead."""
        deadline = self._deadline
        if longest_seconds is not None:
            deadline = min(deadline, time.monotonic() + longest_seconds + _MARGIN_SECONDS)
        try:
            self._introduce()
            self._channel.send(command, output.writing_ends if output else ())
            if output:
                output.close_writing_ends()
            answer = self._receive(deadline, on_progress)
            return read(_expect(answer, kind, command))
        except (DownloadFailure, UnknownRung):
            raise
        except TimeoutError as error:
            self._end()
            raise DownloadFailure("time_limit", f"no answer to {command['kind']} in time") from error
        except (OSError, ProtocolError) as error:
            self._end()
            if self._cancelled:
                raise CancelRequested from error
            raise DownloadFailure("engine_crashed", f"{type(error).__name__}: {error}") from error
        except BaseException:
            self._end()
            raise

    def _introduce(self) -> None:
        """Tell the child how to approach sites, once and before anything else; it does not answer to that."""
        introduction, self._introduction = self._introduction, None
        if introduction is not None:
            self._channel.send(introduction)

    def _receive(self, deadline: float, on_progress: OnProgress | None) -> Fields:
        while True:
            message = self._channel.receive(max(0.0, deadline - time.monotonic()))
            if message is None:
                raise ProtocolError("the process has ended")
            fields = Fields(message)
            if on_progress is None or message.get("kind") != "progress":
                return fields
            progress = read_progress(fields)
            try:
                on_progress(progress)
            except BaseException:  # also a DownloadFailure: the child knows nothing of it and goes on
                self._end()
                raise

    def _index(self, offer: Offer) -> int:
        """The child counts its offers as we do. The last of two equal ones: its addresses are the fresher ones."""
        return len(self._offers) - 1 - self._offers[::-1].index(offer)


def _expect(answer: Fields, kind: str, command: Message) -> Fields:
    told = answer.text("kind")
    if told == "failed":
        raise read_failure(answer)
    if told == "unknown_rung":
        raise UnknownRung(str(command.get("rung")), read_skip_reason(answer))
    if told != kind:
        raise ProtocolError(f"{told!r} is no answer")
    return answer
