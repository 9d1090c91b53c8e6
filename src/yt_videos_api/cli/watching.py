"""What a person sees while `yt-videos archive` works, and at its end."""

from __future__ import annotations

import time
from collections.abc import Sequence

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from yt_videos_api.bootstrap import Container
from yt_videos_api.services.views import ItemView, JobView

LOOK_SECONDS = 0.1
LIST_TELL_SECONDS = 5.0  # without a terminal, a playlist of ten thousand is not told line by line


class _Teller:
    """Says on standard error what has changed since it last said something; for where there is no terminal."""

    def __init__(self) -> None:
        self._told: dict[str, str] = {}
        self._quiet_until: dict[str, float] = {}

    def tell(self, job: JobView) -> None:
        """One line, if there is something new; of lists only now and then, and at the end."""
        text = f"{_title(job)}: {_state(job)}"
        clock = time.monotonic()
        early = clock < self._quiet_until.get(job.id, 0.0) and not job.state.terminal
        if early or self._told.get(job.id) == text:
            return
        typer.echo(text, err=True)
        self._told[job.id] = text
        if _only_item(job) is None:
            self._quiet_until[job.id] = clock + LIST_TELL_SECONDS


def watch(container: Container, job_ids: Sequence[str], *, quiet: bool) -> list[JobView]:
    """Show how far the jobs are until all have ended; without a terminal, a line for what changes."""
    console = Console(stderr=True)
    teller = _Teller()
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>5.1f}%"))
    with Progress(
        *columns, TimeRemainingColumn(), console=console, disable=quiet or not console.is_terminal
    ) as display:
        bars = [display.add_task(job_id[:8], total=100) for job_id in job_ids]
        while True:
            jobs = [container.jobs.get(job_id) for job_id in job_ids]
            for bar, job in zip(bars, jobs, strict=True):
                _show(display, bar, job)
                if not quiet and not console.is_terminal:
                    teller.tell(job)
            if all(job.state.terminal for job in jobs):
                return jobs
            time.sleep(LOOK_SECONDS)


def report(job: JobView, container: Container) -> None:
    """The file of a video, or how a list ended and which of its videos failed."""
    if job.file:
        typer.echo(f"{container.library_root / job.file.path}")
        for note in job.file.notes:
            typer.echo(f"  {note}")
    elif _only_item(job) is None and job.counts.total:
        typer.echo(f"{_title(job)}: {_counts(job)}")
        for problem in job.problems:
            where = f"  {problem.position + 1}. {problem.title or 'a video'}"
            typer.echo(f"{where}: {problem.error.message} [{problem.error.code}]", err=True)
    if job.error:
        typer.echo(f"{job.entity_id}: {job.error.message} {job.error.advice} [{job.error.code}]", err=True)


def _only_item(job: JobView) -> ItemView | None:
    """The video of a job for one; None for lists, whose items are not in its view."""
    return job.items[0] if job.listing is None and len(job.items) == 1 else None


def _show(display: Progress, bar: TaskID, job: JobView) -> None:
    item = _only_item(job)
    more = f" ({_counts(job)})" if item is None else ""
    if item and item.error and item.retry_at:
        more = f" (waits: {item.error.code})"
    display.update(bar, completed=job.percentage, description=f"{_title(job)[:48]}{more}")


def _title(job: JobView) -> str:
    item = _only_item(job)
    title = item.title if item else job.listing.title if job.listing else None
    return title or job.entity_id


def _state(job: JobView) -> str:
    item = _only_item(job)
    if item is None:
        return f"{job.state.lower()}, {_counts(job)}"
    return f"waits: {item.error.message}" if item.error and item.retry_at else job.state.lower()


def _counts(job: JobView) -> str:
    counts = job.counts
    failed = f", {counts.failed} failed" if counts.failed else ""
    still = ", still listing" if job.listing and job.listing.state == "listing" else ""
    return f"{counts.done} of {counts.total} archived{failed}{still}"
