"""Live progress of a download: one percentage over all stages, which never falls."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Stage(StrEnum):
    """What a run is busy with."""

    EXTRACT = "extract"
    TRANSFER = "transfer"
    MUX = "mux"
    VERIFY = "verify"
    PUBLISH = "publish"


# Where each stage begins and ends on the way from 0 to 100; 100 itself is only said when the file is in the library.
_SPANS = {
    Stage.EXTRACT: (0.0, 2.0),
    Stage.TRANSFER: (2.0, 92.0),
    Stage.MUX: (92.0, 95.0),
    Stage.VERIFY: (95.0, 98.0),
    Stage.PUBLISH: (98.0, 99.5),
}


@dataclass(frozen=True, slots=True)
class Progress:
    """How far one download is. Lost without harm: the database does not depend on it."""

    stage: Stage
    percentage: float
    done_bytes: int = 0
    total_bytes: int | None = None
    bytes_per_second: float | None = None
    eta_seconds: float | None = None


def overall_percentage(stage: Stage, fraction: float) -> float:
    """Percentage of the whole for `fraction` (0 to 1) of `stage`."""
    start, end = _SPANS[stage]
    return round(start + (end - start) * min(max(fraction, 0.0), 1.0), 1)


def transfer_progress(done_bytes: int, total_bytes: int | None, bytes_per_second: float | None) -> Progress:
    """Progress within the transfer stage; without a known total it stays at the stage's beginning."""
    fraction = done_bytes / total_bytes if total_bytes else 0.0
    left = max(total_bytes - done_bytes, 0) if total_bytes else None
    eta = left / bytes_per_second if left is not None and bytes_per_second else None
    return Progress(
        Stage.TRANSFER,
        overall_percentage(Stage.TRANSFER, fraction),
        done_bytes,
        total_bytes,
        bytes_per_second,
        eta,
    )
