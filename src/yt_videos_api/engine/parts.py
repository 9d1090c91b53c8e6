"""The transfer of an offer: its parts side by side, under one watchdog."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any

from yt_videos_api.cage.runs import RunLimits, TransferProgress
from yt_videos_api.domain.errors import DownloadFailure
from yt_videos_api.engine.caged import CagedYoutubeDL
from yt_videos_api.engine.errors import Stage, translate
from yt_videos_api.engine.formats import exact_size
from yt_videos_api.engine.part import Fetched, PartTransfer
from yt_videos_api.engine.progress import Meter
from yt_videos_api.engine.watch import Watch

_LONGEST_ADVERTISEMENT_SECONDS = 60.0


def transfer_parts(
    ydl: CagedYoutubeDL,
    parts: Sequence[Mapping[str, Any]],
    *,
    folder: Path,
    limits: RunLimits,
    watch: Watch,
    tell: Callable[[TransferProgress], None],
) -> list[Fetched]:
    """Fetch `parts` into `folder`, in their order. Raises DownloadFailure."""
    _require_small(parts, limits)
    _wait_until_available(parts)
    meter = Meter(tell)
    transfers = [
        PartTransfer(ydl, {**part, "available_at": None}, folder, meter=meter, largest_bytes=limits.file_bytes)
        for part in parts
    ]
    _listen(ydl, transfers)
    try:
        with watch.watching(floor_bytes_per_second=limits.floor_bytes_per_second):
            fetched = _all_at_once(transfers, watch)
    except Exception as error:
        raise translate(error, [*ydl.log.notes, *ydl.log.warnings], Stage.TRANSFER) from error
    meter.finish()
    return fetched


def _all_at_once(transfers: Sequence[PartTransfer], watch: Watch) -> list[Fetched]:
    if len(transfers) == 1:
        return [transfers[0].fetch()]
    with ThreadPoolExecutor(len(transfers), thread_name_prefix="part") as pool:
        running = [pool.submit(transfer.fetch) for transfer in transfers]
        wait(running, return_when=FIRST_EXCEPTION)
        failed = _first_failure(running)
        if failed is not None:
            # The others would go on for hours: cut them off, then tell why.
            watch.trip(translate(failed, (), Stage.TRANSFER))
    return [future.result() for future in running]


def _first_failure(running: Sequence[Future[Fetched]]) -> BaseException | None:
    return next((error for future in running if future.done() and (error := future.exception())), None)


def _listen(ydl: CagedYoutubeDL, transfers: Sequence[PartTransfer]) -> None:
    by_path = {str(transfer.path): transfer for transfer in transfers}

    def notice(status: Mapping[str, Any]) -> None:
        transfer = by_path.get(str(status.get("filename")))
        if transfer is not None:
            transfer.notice(status)

    ydl.add_progress_hook(notice)


def _require_small(parts: Sequence[Mapping[str, Any]], limits: RunLimits) -> None:
    for part in parts:
        if (exact_size(part) or 0) > limits.file_bytes:
            raise DownloadFailure("too_large", f"{exact_size(part)} bytes are promised")


def _wait_until_available(parts: Sequence[Mapping[str, Any]]) -> None:
    """YouTube refuses media until its advertisement would have ended; yt-dlp would sleep under the watchdog."""
    available_at = max(float(part.get("available_at") or 0) for part in parts)
    time.sleep(min(max(0.0, available_at - time.time()), _LONGEST_ADVERTISEMENT_SECONDS))
