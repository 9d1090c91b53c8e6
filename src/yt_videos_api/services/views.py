"""What the outside sees of jobs: plain values, built here once for the API, the web page and the command line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from yt_videos_api.db.tables import Attempt, Download, File, Job, JobVideo, Video, Work
from yt_videos_api.domain.choices import Extras
from yt_videos_api.domain.failures import FAILURES
from yt_videos_api.domain.offers import Cut
from yt_videos_api.domain.progress import Progress
from yt_videos_api.domain.states import DownloadState, ItemState, JobState
from yt_videos_api.services import in_vain, settle
from yt_videos_api.services.chosen import chosen_options


@dataclass(frozen=True, slots=True)
class ErrorView:
    """Why something failed, or what is being waited for, and what to do about it."""

    code: Annotated[str, Field(description="Stable; for programs.")]
    message: str
    advice: Annotated[str, Field(description="What to do about it.")]
    retryable: Annotated[bool, Field(description="Whether the same request may succeed later.")]


@dataclass(frozen=True, slots=True)
class VideoView:
    """What the site says of the video."""

    id: str
    extractor: str
    video_id: str
    title: str
    webpage_url: str
    channel: str | None
    upload_date: Annotated[str | None, Field(description="YYYYMMDD.")]
    duration_seconds: float | None
    removed_at_source: Annotated[
        datetime | None, Field(description="When the site was first found not to show it any more.")
    ] = None
    removed_reason: Annotated[str | None, Field(description="`private_video`, `video_unavailable`.")] = None


@dataclass(frozen=True, slots=True)
class FileView:
    """A file in the library."""

    kind: Annotated[str, Field(description="`media`, `cover`, `thumbnail`, `subtitle`, `info_json`, `nfo`.")]
    path: Annotated[str, Field(description="Inside the library.")]
    size_bytes: int
    sha256: str
    language: Annotated[str | None, Field(description="Of subtitles.")] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaFileView(FileView):
    """The archived video itself."""

    url: Annotated[str, Field(description="Where this API serves it.")]
    container: str
    policy_met: Annotated[bool, Field(description="Whether the container is the one that was asked for.")]
    cover: Annotated[
        str, Field(description="`embedded`, `sidecar`, `dropped` (the site's picture was unusable), `none`.")
    ]
    height: int | None
    duration_seconds: float | None
    video_codec: str | None = None
    audio_codec: str | None = None
    sidecars: Annotated[tuple[FileView, ...], Field(description="What lies beside it.")] = ()
    notes: Annotated[tuple[str, ...], Field(description="What a person should know, in whole sentences.")] = ()


@dataclass(frozen=True, slots=True)
class AttemptView:
    """One player client that was asked."""

    client: str
    outcome: Literal["satisfied", "inferior", "skipped", "failed"]
    reason: Annotated[
        Literal["unknown_client", "takes_no_cookies", "nothing_recorded"] | None,
        Field(description="Why it was skipped."),
    ]
    error_code: str | None
    height: Annotated[int | None, Field(description="Lines of the picture it offered.")]
    started_at: datetime
    ended_at: datetime


@dataclass(frozen=True, slots=True)
class ItemView:
    """One video inside a job."""

    id: str
    position: Annotated[int, Field(description="In the order of the job, from 0.")]
    title: Annotated[str | None, Field(description="Of the video, else as its playlist tells it.")]
    url: Annotated[str, Field(description="Where the video is.")]
    state: ItemState
    percentage: Annotated[float, Field(description="Of all its stages, from 0 to 100.")]
    stage: Annotated[
        str | None,
        Field(description="`extract`, `transfer`, `mux`, `verify`, `publish`; null while nobody works on it."),
    ]
    downloaded_bytes: int | None
    total_bytes: int | None
    speed_bytes_per_second: float | None
    eta_seconds: float | None
    retry_at: Annotated[datetime | None, Field(description="When it is tried again, while it waits.")]
    video: VideoView | None
    file: MediaFileView | None
    attempts: Annotated[
        tuple[AttemptView, ...], Field(description="The player clients that were asked, in their order.")
    ]
    error: ErrorView | None


@dataclass(frozen=True, slots=True)
class JobSummary:
    """A job without its items."""

    id: str
    entity_type: str
    entity_id: str
    container_policy: str
    options: Annotated[
        dict[str, Any], Field(description="All other choices, resolved, under their names in a request.")
    ]
    state: JobState
    revision: Annotated[int, Field(description="Grows with every change: a smaller one is older.")]
    created_at: datetime
    updated_at: datetime
    finished_at: datetime | None


@dataclass(frozen=True, slots=True)
class ItemCounts:
    """How many items of a job are in which state."""

    total: int
    pending: int
    in_progress: int
    done: int
    failed: int
    cancelled: int


@dataclass(frozen=True, slots=True)
class ProblemView:
    """An item that failed."""

    position: Annotated[int, Field(description="Of the item, from 0.")]
    title: str | None
    url: str
    error: ErrorView


@dataclass(frozen=True, slots=True)
class ListingView:
    """How far the playlist or channel of a job is listed."""

    playlist_id: Annotated[str, Field(description="See GET /playlists/{id}.")]
    title: str | None
    url: str
    state: Annotated[str, Field(description="`listing`, `listed`, `failed`, `cancelled`.")]
    source: Annotated[str | None, Field(description="`data_api`, `extraction`.")]
    note: Annotated[str | None, Field(description="Why not the Data API, and whether it was cut off.")]
    listed: Annotated[int, Field(description="Entries seen so far.")]
    taken: Annotated[int, Field(description="Entries that became items; the others were left out by a choice.")]
    retry_at: Annotated[datetime | None, Field(description="When it is tried again, while it waits.")]


@dataclass(frozen=True, slots=True)
class JobView(JobSummary):
    """A job. The only item of a single video stands in it; those of a playlist or channel are a resource of their own.

    With one item, what matters of it stands at the top as well.
    """

    items_url: Annotated[str, Field(description="All items, page by page.")]
    counts: Annotated[ItemCounts, Field(description="How many items are in which state.")]
    listing: Annotated[ListingView | None, Field(description="Of a playlist or channel: how far it is listed.")]
    problems: Annotated[tuple[ProblemView, ...], Field(description="Items that failed, the first twenty.")]
    percentage: Annotated[float, Field(description="Of what is known of it so far, from 0 to 100.")]
    speed_bytes_per_second: float | None
    eta_seconds: float | None
    file: MediaFileView | None
    attempts: tuple[AttemptView, ...]
    error: ErrorView | None
    items: Annotated[
        tuple[ItemView, ...], Field(description="The item of a single video; empty for playlists and channels.")
    ] = field(default_factory=tuple)


@dataclass(frozen=True, slots=True)
class ItemRows:
    """Everything the database knows of one item."""

    item: JobVideo
    download: Download
    video: Video | None
    work: Work | None
    files: Sequence[File]
    attempts: Sequence[Attempt]


def error_view(code: str) -> ErrorView:
    """The catalogue's words for a code."""
    kind = FAILURES[code]
    return ErrorView(code, kind.message, kind.advice, kind.retryable)


def summary(job: Job) -> JobSummary:
    """A job without its items."""
    return JobSummary(**_job_fields(job))


def job_view(
    job: Job,
    rows: Sequence[ItemRows],
    progress: dict[str, Progress],
    *,
    counts: ItemCounts,
    listing: ListingView | None,
    problems: Sequence[ProblemView],
) -> JobView:
    """A job; `rows` are all of its items, or of a playlist or channel those that are in progress."""
    items = tuple(item_view(row, progress.get(row.download.id)) for row in rows)
    only = items[0] if listing is None and len(items) == 1 else None
    speeds = [item.speed_bytes_per_second for item in items if item.speed_bytes_per_second]
    return JobView(
        **_job_fields(job),
        items_url=f"/jobs/{job.id}/items",
        counts=counts,
        listing=listing,
        problems=tuple(problems),
        percentage=_percentage(JobState(job.state), items, counts) if listing else only.percentage if only else 0.0,
        speed_bytes_per_second=sum(speeds) if speeds else None,
        eta_seconds=max((item.eta_seconds for item in items if item.eta_seconds is not None), default=None),
        file=only.file if only else None,
        attempts=only.attempts if only else (),
        error=only.error if only else _job_error(job),
        items=() if listing else items,
    )


def _job_error(job: Job) -> ErrorView | None:
    code = "cancelled" if job.state == JobState.CANCELLED else job.error_code
    return error_view(code) if code else None


def _percentage(state: JobState, in_progress: Sequence[ItemView], counts: ItemCounts) -> float:
    """How much of a playlist or channel has been dealt with, of what is known of it so far."""
    if counts.total == 0:
        return 100.0 if state is JobState.DONE else 0.0
    under_way = sum(item.percentage for item in in_progress) / 100
    return round(100 * (counts.done + counts.failed + under_way) / counts.total, 1)


def item_view(rows: ItemRows, progress: Progress | None) -> ItemView:
    """One item as the outside sees it."""
    state = ItemState(rows.item.state)
    live = progress if state is ItemState.IN_PROGRESS else None
    waiting = not state.terminal and _is_waiting(rows)
    return ItemView(
        id=rows.item.id,
        position=rows.item.position,
        title=rows.video.title if rows.video else rows.item.title,
        url=rows.download.source_url,
        state=state,
        percentage=100.0 if state is ItemState.DONE else live.percentage if live else 0.0,
        stage=live.stage.value if live else None,
        downloaded_bytes=live.done_bytes if live else None,
        total_bytes=live.total_bytes if live else None,
        speed_bytes_per_second=live.bytes_per_second if live else None,
        eta_seconds=live.eta_seconds if live else None,
        retry_at=rows.work.due_at if waiting and rows.work else None,
        video=_video_view(rows.video) if rows.video else None,
        file=_media_view(rows) if state is ItemState.DONE else None,
        attempts=tuple(_attempt_view(attempt) for attempt in rows.attempts),
        error=_item_error(rows, state, waiting=waiting),
    )


def _is_waiting(rows: ItemRows) -> bool:
    """Whether it is tried again later; of an archived video, to fetch what lies beside it."""
    state, owner = rows.download.state, rows.work.owner if rows.work else None
    beside = state == DownloadState.FINALIZED and owner is None and rows.download.error_code is not None
    return state == DownloadState.WAITING or beside


def _item_error(rows: ItemRows, state: ItemState, *, waiting: bool) -> ErrorView | None:
    if state is ItemState.CANCELLED:
        return error_view("cancelled")
    code = rows.item.error_code if state is ItemState.FAILED else rows.download.error_code if waiting else None
    return error_view(code) if code else None


def _job_fields(job: Job) -> dict[str, Any]:
    return {
        "id": job.id,
        "entity_type": job.entity_type,
        "entity_id": job.entity_id,
        "container_policy": job.container_policy,
        "options": chosen_options(job.entity_type, job.container_policy, job.options),
        "state": JobState(job.state),
        "revision": job.revision,
        "created_at": job.created_at,
        "updated_at": job.updated_at,
        "finished_at": job.finished_at,
    }


def _video_view(video: Video) -> VideoView:
    return VideoView(
        video.id,
        video.extractor,
        video.video_id,
        video.title,
        video.webpage_url,
        video.channel,
        video.upload_date,
        video.duration_seconds,
        video.gone_at,
        video.gone_code,
    )


def _media_view(rows: ItemRows) -> MediaFileView | None:
    media = next((file for file in rows.files if file.kind == "media"), None)
    if media is None or rows.video is None:
        return None
    download = rows.download
    return MediaFileView(
        kind=media.kind,
        path=media.path,
        size_bytes=media.size_bytes,
        sha256=media.sha256,
        url=f"/videos/{rows.video.id}/file?download={download.id}",
        container=download.container or "",
        policy_met=bool(download.policy_met),
        cover=download.cover or "none",
        height=download.height,
        duration_seconds=download.duration_seconds,
        video_codec=download.video_codec,
        audio_codec=download.audio_codec,
        sidecars=tuple(
            FileView(file.kind, file.path, file.size_bytes, file.sha256, file.language)
            for file in rows.files
            if file is not media and file.state == "published"
        ),
        notes=_notes(download),
    )


def _notes(download: Download) -> tuple[str, ...]:
    notes = []
    if download.cover == "sidecar":
        notes.append("A WebM file cannot carry a cover by the format's own rules; it lies beside the video as a JPEG.")
    if download.cover == "dropped":
        notes.append("The site's cover picture could not be used; the video is archived without it.")
    if not download.policy_met:
        notes.append(
            f"The site offers no streams in this quality that fit into {download.container_policy};"
            f" they are stored as they are in {download.container}."
        )
    if download.transcoded_from:
        notes.append(f"The sound came as {download.transcoded_from} and was re-encoded for {download.container}.")
    if download.made_from:
        notes.append("It was made of the archived file of another container, without a new transfer.")
    if left_out := _left_out(download):
        notes.append(
            f"{left_out} asked for after the video was archived; a file that was proved is not written anew."
            " Another container is made with it."
        )
    seconds = round(download.duration_seconds or 0)
    known = [note for note in download.notes or () if not in_vain.is_about(note)]
    notes += [_SAID[note].format(seconds=seconds) if note in _SAID else _not_had(note) for note in known]
    if missed := in_vain.languages_of(download.notes or ()):
        notes.append(f"The site had no subtitles for {', '.join(missed)}; ask again later, and it is looked at again.")
    return tuple(notes)


_INSIDE = {
    "embed_metadata": "Metadata",
    "embed_cover_art": "the cover",
    "embed_chapters": "chapters",
    "sponsorblock": "SponsorBlock's marks",
}


def _left_out(download: Download) -> str | None:
    """What somebody wants inside of the file and that it was made without; the beginning of a sentence."""
    wanted, delivered = settle.extras_of(download), Extras.from_json(download.delivered or {})
    if download.delivered is None:
        return None
    names = [said for name, said in _INSIDE.items() if getattr(wanted, name) and not getattr(delivered, name)]
    listed = " and ".join(names)
    return f"{listed[0].upper()}{listed[1:]} {'were' if len(names) > 1 else 'was'}" if names else None


_SAID: dict[str, str] = {
    "sponsorblock_away": "SponsorBlock did not answer; the chapters are those of the site.",
    "no_thumbnail": "The site has no picture of the video that could be used.",
    "no_info_json": "What the site tells of the video is too much to be kept.",
    Cut.LENGTH: "The recording was ended after {seconds} seconds, the length it was limited to.",
    Cut.SIZE: "The recording was ended after {seconds} seconds, with the largest size this installation archives.",
    Cut.TIME: "The recording was ended after {seconds} seconds, with the time this installation gives to a download.",
}


def _not_had(code: str) -> str:
    """A note that is the code of a failure: what was asked for later could not be fetched."""
    reason = FAILURES[code].message if code in FAILURES else "It cannot be told why."
    return f"Not all that was asked for beside the video could be fetched. {reason}"


def _attempt_view(attempt: Attempt) -> AttemptView:
    return AttemptView(
        attempt.client,
        attempt.outcome,  # type: ignore[arg-type]  # written by domain.ladder.Outcome
        attempt.reason,  # type: ignore[arg-type]  # written by domain.ladder.SkipReason
        attempt.error_code,
        attempt.height,
        attempt.started_at,
        attempt.ended_at,
    )
