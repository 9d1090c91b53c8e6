"""The process of one run: takes commands from the supervisor, one at a time, until it is killed."""

from __future__ import annotations

import contextlib
import os
import sys
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import asdict
from functools import partial
from typing import Any

from yt_videos_api.cage.runs import TransferProgress, UnknownRung
from yt_videos_api.domain.errors import DownloadFailure
from yt_videos_api.engine.access import Approach, read_approach, require_cookies_taken
from yt_videos_api.engine.caged import CagedYoutubeDL
from yt_videos_api.engine.cover import fetch_cover
from yt_videos_api.engine.description import given_secrets, write_description
from yt_videos_api.engine.errors import Stage, translate
from yt_videos_api.engine.extract import Extracted, extract, require_known
from yt_videos_api.engine.inquiry import Inquiry
from yt_videos_api.engine.live import Recording
from yt_videos_api.engine.live_salvage import Remembered, remember
from yt_videos_api.engine.live_transfer import record_parts
from yt_videos_api.engine.messages import Channel, Message
from yt_videos_api.engine.options import EngineEnvironment, build_options
from yt_videos_api.engine.orders import COVER_SECONDS, SUBTITLES_SECONDS, Order, extract_seconds
from yt_videos_api.engine.part import Fetched
from yt_videos_api.engine.parts import transfer_parts
from yt_videos_api.engine.secrets import MaskedWriter, Secrets
from yt_videos_api.engine.sockets import GateTraffic
from yt_videos_api.engine.subtitles import fetch_subtitles
from yt_videos_api.engine.tools import execute
from yt_videos_api.engine.watch import Watch
from yt_videos_api.engine.wire import failure_message, offer_message


class Child:
    """Serves one run. Keeps what was extracted, so that an offer can be transferred without asking again."""

    def __init__(self, channel: Channel, order: Order, lock: int | None) -> None:
        self._channel = channel
        self._order = order
        self._spec = order.spec
        self._kept_open = [] if lock is None else [lock]
        self._traffic = GateTraffic(order.gate_port)
        self._watch = Watch(self._traffic, order.spec.limits.stall_seconds)
        self._deadline = time.monotonic() + order.spec.limits.wall_seconds
        self._extracted: list[Extracted] = []
        self._approach = Approach()
        self._secrets = Secrets(())
        self._commands: dict[str, Callable[[Mapping[str, Any]], Message]] = {
            "extract": self._extract,
            "transfer": self._transfer,
            "cover": self._cover,
            "subtitles": self._subtitles,
            "info": self._info,
            "execute": self._execute,
            **Inquiry(order.spec.media, order.spec.limits, self._watch, self._open_ydl).commands,
        }

    def serve(self) -> None:
        """Until the supervisor closes its end."""
        introduction = self._channel.receive()
        if introduction is None:
            return
        self._approach = read_approach(introduction, self._order.aids)
        self._secrets = self._approach.secrets()
        sys.stderr = MaskedWriter(sys.stderr, self._secrets)
        while (command := self._channel.receive()) is not None:
            self._channel.send(self._answer(command))

    def _answer(self, command: Mapping[str, Any]) -> Message:
        try:
            return self._commands[str(command["kind"])](command)
        except UnknownRung as unknown:
            return {"kind": "unknown_rung", "reason": unknown.reason.value}
        except DownloadFailure as failure:
            failure.detail = self._secrets.masked(failure.detail)
            return failure_message(failure)

    def _extract(self, command: Mapping[str, Any]) -> Message:
        rung = str(command["rung"])
        require_known(rung)
        ydl = self._open_ydl(self._spec.media.url, partial(build_options, self._spec.media, rung))
        require_cookies_taken(ydl, self._spec.media.url, rung)
        try:
            with self._watch.watching(floor_bytes_per_second=0, longest_seconds=extract_seconds(self._spec.limits)):
                extracted = extract(ydl, self._spec.media, rung, self._spec.folder)
        except (DownloadFailure, UnknownRung):
            raise
        except Exception as error:
            traceback.print_exc()
            raise translate(error, list(ydl.log.warnings), Stage.EXTRACT) from error
        self._extracted.append(extracted)
        return offer_message(extracted.offer)

    def _open_ydl(self, url: str, options: Callable[[EngineEnvironment], dict[str, Any]]) -> CagedYoutubeDL:
        """A YoutubeDL for `url` with what this run has for getting along with sites."""
        environment = EngineEnvironment(
            scratch=self._spec.scratch,
            proxy_url=self._spec.proxy_url,
            own_ca=self._spec.ca_file is not None,
            limits=self._spec.limits,
            approach=self._approach,
        )
        self._approach.prepare(url)
        return CagedYoutubeDL(options(environment), self._watch, self._traffic.hurry)

    def _transfer(self, command: Mapping[str, Any]) -> Message:
        extracted = self._extracted[int(command["index"])]
        try:
            fetched = self._record(extracted, extracted.recording) if extracted.recording else self._fetch(extracted)
        except DownloadFailure:
            traceback.print_exc()
            raise
        return {"kind": "parts", "parts": [asdict(part) for part in fetched]}

    def _fetch(self, extracted: Extracted) -> list[Fetched]:
        return transfer_parts(
            extracted.ydl,
            extracted.parts,
            folder=self._spec.folder,
            limits=self._spec.limits,
            watch=self._watch,
            tell=self._tell,
        )

    def _record(self, extracted: Extracted, recording: Recording) -> list[Fetched]:
        offered = Remembered(extracted.offer, extracted.parts, extracted.thumbnails)
        remember(self._spec.folder, self._spec.media.url, offered)
        return record_parts(
            recording,
            folder=self._spec.folder,
            limits=self._spec.limits,
            deadline=self._deadline,
            watch=self._watch,
            tell=self._tell,
        )

    def _tell(self, progress: TransferProgress) -> None:
        self._channel.send({"kind": "progress", **asdict(progress)})

    def _cover(self, command: Mapping[str, Any]) -> Message:
        extracted = self._extracted[int(command["index"])]
        name = None
        with (
            contextlib.suppress(DownloadFailure),
            self._watch.watching(floor_bytes_per_second=0, longest_seconds=COVER_SECONDS),
        ):
            name = fetch_cover(extracted.ydl, extracted.thumbnails, self._spec.folder)
        return {"kind": "cover", "name": name}

    def _subtitles(self, command: Mapping[str, Any]) -> Message:
        extracted = self._extracted[int(command["index"])]
        with self._watch.watching(floor_bytes_per_second=0, longest_seconds=SUBTITLES_SECONDS):
            fetched = fetch_subtitles(
                extracted.ydl,
                extracted.info,
                command["languages"],
                automatic=bool(command["automatic"]),
                folder=self._spec.folder,
            )
        return {"kind": "subtitles", "subtitles": [asdict(subtitle) for subtitle in fetched]}

    def _info(self, command: Mapping[str, Any]) -> Message:
        extracted = self._extracted[int(command["index"])]
        known = Secrets(given_secrets(extracted.ydl, self._spec.proxy_url))
        name = write_description(
            extracted.ydl, extracted.info, self._spec.folder, lambda text: known.masked(self._secrets.masked(text))
        )
        return {"kind": "info", "name": name}

    def _execute(self, command: Mapping[str, Any]) -> Message:
        stdout, stderr = self._channel.take_descriptors()
        try:
            argv = [str(word) for word in command["argv"]]
            if not argv or argv[0] not in self._order.tools:
                raise DownloadFailure("media_tool_failed", "not one of the configured tools")
            returncode = execute(
                argv,
                folder=str(command["folder"]),
                timeout_seconds=float(command["timeout_seconds"]),
                output=(stdout, stderr),
                keep=self._kept_open,
            )
        finally:
            os.close(stdout)
            os.close(stderr)
        return {"kind": "completed", "returncode": returncode}
