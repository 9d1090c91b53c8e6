"""`yt-videos archive`: the same pipeline without a server."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

import typer
from pydantic import TypeAdapter, ValidationError
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from yt_videos_api.api.resolve import resolve
from yt_videos_api.api.schemas import NewJob
from yt_videos_api.bootstrap import Container, build_container
from yt_videos_api.config import Settings
from yt_videos_api.domain.errors import InvalidInput, Misconfigured
from yt_videos_api.domain.states import JobState
from yt_videos_api.domain.targets import EntityType, list_target
from yt_videos_api.domain.urls import youtube_video_id
from yt_videos_api.log import configure_logging
from yt_videos_api.services.submit import JobRequest
from yt_videos_api.services.views import JobView
from yt_videos_api.worker.process import working

LOOK_SECONDS = 0.1
EXIT_INTERRUPTED = 130

_jobs = TypeAdapter(list[JobView])


def archive(settings: Settings, urls: Sequence[str], choices: Mapping[str, Any], *, as_json: bool) -> int:
    """Archive all `urls` and wait; the exit code. Interrupted, it leaves the rest queued for the next start.

    `choices` are those of a job's body (api/schemas.py), `preset` among them.
    """
    configure_logging("error" if settings.log_level == "info" else settings.log_level, as_json=settings.logs_json)
    container = build_container(settings)
    try:
        problem = container.guard.problem()
        if problem:
            raise Misconfigured(problem)
        requests = [_request(container, url, choices) for url in urls]
        job_ids = [container.submission.submit(request).job_id for request in requests]
        with working(container, threads=settings.workers):
            jobs = _watch(container, job_ids, quiet=as_json)
    except KeyboardInterrupt:
        typer.echo(
            "Interrupted: what is not archived stays queued for the next `archive`, `serve` or `worker`.", err=True
        )
        return EXIT_INTERRUPTED
    finally:
        container.close()
    if as_json:
        typer.echo(_jobs.dump_json(jobs, indent=2).decode())
    else:
        for job in jobs:
            _report(job, container)
    return 0 if all(job.state is JobState.DONE for job in jobs) else 1


def _request(container: Container, url: str, choices: Mapping[str, Any]) -> JobRequest:
    """Raises InvalidInput that names the address or the choice: nothing is submitted unless all of it can be."""
    try:
        body = NewJob.model_validate({"entity_type": _entity_type(url), "entity_id": url, **choices})
    except ValidationError as error:
        first = error.errors()[0]
        raise InvalidInput(_spoken(url, str(first["loc"][0])), f"{first['msg']}.") from None
    try:
        request = resolve(body, container)
        container.submission.require_usable(request)
    except InvalidInput as error:
        raise InvalidInput(_spoken(url, error.field), error.problem, code=error.code) from None
    return request


def _entity_type(text: str) -> EntityType:
    """What somebody typed: a video of YouTube, else a list of YouTube by its id or handle, else any address."""
    if youtube_video_id(text):
        return EntityType.VIDEO
    for kind in (EntityType.CHANNEL, EntityType.PLAYLIST):
        try:
            list_target(kind, text)
        except InvalidInput:
            continue
        return kind
    return EntityType.URL


def _spoken(url: str, field: str) -> str:
    """A field of the body in the words of the command line."""
    return url if field == "entity_id" else field


def _watch(container: Container, job_ids: Sequence[str], *, quiet: bool) -> list[JobView]:
    """Show how far the jobs are until all have ended; without a terminal, a line for everything that changes."""
    console = Console(stderr=True)
    told: dict[str, str] = {}
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
                    _tell(told, job)
            if all(job.state.terminal for job in jobs):
                return jobs
            time.sleep(LOOK_SECONDS)


def _tell(told: dict[str, str], job: JobView) -> None:
    item = job.items[0]
    state = f"waits: {item.error.message}" if item.error and item.retry_at else job.state.lower()
    text = f"{_title(job)}: {state}"
    if told.get(job.id) != text:
        typer.echo(text, err=True)
    told[job.id] = text


def _show(display: Progress, bar: TaskID, job: JobView) -> None:
    item = job.items[0]
    waiting = f" (waits: {item.error.code})" if item.error and item.retry_at else ""
    display.update(bar, completed=job.percentage, description=f"{_title(job)[:48]}{waiting}")


def _title(job: JobView) -> str:
    video = job.items[0].video
    return video.title if video else job.entity_id


def _report(job: JobView, container: Container) -> None:
    if job.file:
        typer.echo(f"{container.library_root / job.file.path}")
        for note in job.file.notes:
            typer.echo(f"  {note}")
    elif job.error:
        typer.echo(f"{job.entity_id}: {job.error.message} {job.error.advice} [{job.error.code}]", err=True)
