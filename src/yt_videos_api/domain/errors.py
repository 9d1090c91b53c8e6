"""Every error this product raises on purpose.

    YtVideosError
    |-- InvalidInput          the caller's fault, names the field               HTTP 422
    |-- NotFound              no such thing, or none of yours                   HTTP 404
    |-- Conflict              the thing is not in a state that allows this      HTTP 409
    |-- IdempotencyMismatch   same key, another request                         HTTP 422
    |-- Unavailable           a part is missing right now; try again            HTTP 503
    |-- Misconfigured         refuses to start; says which setting and why      exit 2
    |-- DownloadFailure       a run ended; its code is in domain/failures.py    stored with the download
    `-- RunEnded              a run must stop, nothing failed
        |-- LeaseLost         another worker owns the work now; write nothing
        |-- CancelRequested   nobody wants the download any more
        `-- DrainRequested    this worker is shutting down; hand the work back

Anything else that is raised is a bug and is left to crash.
"""

from __future__ import annotations

from yt_videos_api.domain.failures import FAILURES, FailureKind


class YtVideosError(Exception):
    """Root of the tree."""


class InvalidInput(YtVideosError):
    """`field` is unusable; `problem` says why and what would be right. `code` is stable, e.g. `url.scheme`."""

    def __init__(self, field: str, problem: str, *, code: str = "invalid") -> None:
        super().__init__(f"{field}: {problem}")
        self.field = field
        self.problem = problem
        self.code = code


class NotFound(YtVideosError):
    """There is no such thing."""


class Conflict(YtVideosError):
    """The thing exists, in a state that does not allow what was asked."""


class IdempotencyMismatch(YtVideosError):
    """An Idempotency-Key came back with another request."""


class Unavailable(YtVideosError):
    """A part that is needed is not there right now; a retry helps."""


class Misconfigured(YtVideosError):
    """A setting makes it unsafe or impossible to start."""


class DownloadFailure(YtVideosError):
    """A run could not archive its video. `code` is a key of `FAILURES`; `detail` is for logs, never shown as it is.

    `retry_at`, in seconds since 1970, is when the site says that it can be had ("not_started").
    """

    def __init__(self, code: str, detail: str = "", *, retry_at: float | None = None) -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code = code
        self.detail = detail
        self.retry_at = retry_at

    @property
    def kind(self) -> FailureKind:
        """What is known of this code: whether a retry helps, how long to wait, what to tell people."""
        return FAILURES[self.code]


class RunEnded(YtVideosError):
    """A run has to stop although nothing failed."""


class LeaseLost(RunEnded):
    """Another worker has the work, with a higher epoch; this run must not write any more."""


class CancelRequested(RunEnded):
    """No live item wants the download any more."""


class DrainRequested(RunEnded):
    """The worker is shutting down; the work goes back to the queue without costing a try."""
