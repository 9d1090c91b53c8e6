"""`yt-videos archive`: the same pipeline without a server."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer
from pydantic import TypeAdapter, ValidationError

from yt_videos_api.api.resolve import resolve
from yt_videos_api.api.schemas import NewJob
from yt_videos_api.bootstrap import Container, build_container
from yt_videos_api.cli.options import JsonOption, print_json, spoken_error
from yt_videos_api.cli.spoken import spoken
from yt_videos_api.cli.watching import report, watch
from yt_videos_api.config import Quality, Settings, load_settings
from yt_videos_api.domain.choices import Browser, Hdr, Live, SponsorBlockCategory, SubtitleFormat, VideoCodec
from yt_videos_api.domain.errors import InvalidInput, Misconfigured
from yt_videos_api.domain.filters import OnRemoved, Order
from yt_videos_api.domain.policy import ContainerPolicy
from yt_videos_api.domain.states import JobState
from yt_videos_api.domain.targets import EntityType, list_target
from yt_videos_api.domain.urls import youtube_video_id
from yt_videos_api.log import configure_logging
from yt_videos_api.services.submit import JobRequest
from yt_videos_api.services.views import JobView
from yt_videos_api.worker.process import working

EXIT_INTERRUPTED = 130

_jobs = TypeAdapter(list[JobView])
_PICTURE, _BESIDE, _SITE, _LIST = "Picture and sound", "What goes with it", "How sites are asked", "Playlists, channels"


def archive(
    urls: Annotated[list[str], typer.Argument(help="Addresses, ids or @handles: videos, playlists, channels.")],
    preset: Annotated[str | None, typer.Option(help="Choices by name, see `yt-videos presets list`.")] = None,
    container: Annotated[
        ContainerPolicy | None, typer.Option(help="[YT_VIDEOS_CONTAINER_POLICY]", rich_help_panel=_PICTURE)
    ] = None,
    quality: Annotated[
        Quality | None, typer.Option(help="[YT_VIDEOS_QUALITY_PREFERENCE]", rich_help_panel=_PICTURE)
    ] = None,
    max_fps: Annotated[int | None, typer.Option(help="Most frames a second.", rich_help_panel=_PICTURE)] = None,
    hdr: Annotated[Hdr | None, typer.Option(rich_help_panel=_PICTURE)] = None,
    codec: Annotated[VideoCodec | None, typer.Option(help="Preferred.", rich_help_panel=_PICTURE)] = None,
    max_bytes: Annotated[int | None, typer.Option(help="Largest file.", rich_help_panel=_PICTURE)] = None,
    language: Annotated[str | None, typer.Option(help="Of the sound.", rich_help_panel=_PICTURE)] = None,
    format_selector: Annotated[
        str | None, typer.Option("--format", help="A selector as of yt-dlp.", rich_help_panel=_PICTURE)
    ] = None,
    metadata: Annotated[
        bool | None, typer.Option("--metadata/--no-metadata", help="Embed metadata.", rich_help_panel=_BESIDE)
    ] = None,
    cover: Annotated[
        bool | None, typer.Option("--cover/--no-cover", help="Embed the cover.", rich_help_panel=_BESIDE)
    ] = None,
    chapters: Annotated[
        bool | None, typer.Option("--chapters/--no-chapters", help="Embed chapters.", rich_help_panel=_BESIDE)
    ] = None,
    subtitles: Annotated[
        list[str] | None, typer.Option(help='"en", "en-*" (en, en-US ...) or "*"; repeatable.', rich_help_panel=_BESIDE)
    ] = None,
    no_subtitles: Annotated[
        bool, typer.Option("--no-subtitles", help="None, whatever the preset says.", rich_help_panel=_BESIDE)
    ] = False,
    automatic_subtitles: Annotated[
        bool | None,
        typer.Option(
            "--automatic-subtitles/--no-automatic-subtitles", help="The site's own, too.", rich_help_panel=_BESIDE
        ),
    ] = None,
    embed_subtitles: Annotated[
        bool | None, typer.Option("--embed-subtitles/--no-embed-subtitles", rich_help_panel=_BESIDE)
    ] = None,
    sidecar: Annotated[
        list[SubtitleFormat] | None, typer.Option(help="Of subtitles; repeatable.", rich_help_panel=_BESIDE)
    ] = None,
    thumbnail: Annotated[bool | None, typer.Option("--thumbnail/--no-thumbnail", rich_help_panel=_BESIDE)] = None,
    info_json: Annotated[bool | None, typer.Option("--info-json/--no-info-json", rich_help_panel=_BESIDE)] = None,
    nfo: Annotated[
        bool | None, typer.Option("--nfo/--no-nfo", help="For Jellyfin, Kodi.", rich_help_panel=_BESIDE)
    ] = None,
    sponsorblock: Annotated[
        list[SponsorBlockCategory] | None,
        typer.Option(help="Marked as chapters; repeatable.", rich_help_panel=_BESIDE),
    ] = None,
    no_sponsorblock: Annotated[
        bool, typer.Option("--no-sponsorblock", help="No marks, whatever the preset says.", rich_help_panel=_BESIDE)
    ] = False,
    cookies: Annotated[
        bool | None, typer.Option("--cookies/--no-cookies", help="See `yt-videos cookies put`.", rich_help_panel=_SITE)
    ] = None,
    proxy: Annotated[str | None, typer.Option(help="One of YT_VIDEOS_PROXIES.", rich_help_panel=_SITE)] = None,
    browser: Annotated[Browser | None, typer.Option(help="To imitate.", rich_help_panel=_SITE)] = None,
    live: Annotated[Live | None, typer.Option(help="Of what has not ended.", rich_help_panel=_SITE)] = None,
    live_limit: Annotated[int | None, typer.Option(help="In seconds.", rich_help_panel=_SITE)] = None,
    limit: Annotated[int | None, typer.Option(help="Most videos.", rich_help_panel=_LIST)] = None,
    after: Annotated[str | None, typer.Option(help="YYYY-MM-DD, included.", rich_help_panel=_LIST)] = None,
    before: Annotated[str | None, typer.Option(help="YYYY-MM-DD, included.", rich_help_panel=_LIST)] = None,
    order: Annotated[Order | None, typer.Option(rich_help_panel=_LIST)] = None,
    title: Annotated[list[str] | None, typer.Option(help="Any of these; repeatable.", rich_help_panel=_LIST)] = None,
    not_title: Annotated[
        list[str] | None, typer.Option(help="None of these; repeatable.", rich_help_panel=_LIST)
    ] = None,
    skip_shorts: Annotated[bool | None, typer.Option("--skip-shorts/--no-skip-shorts", rich_help_panel=_LIST)] = None,
    skip_live: Annotated[bool | None, typer.Option("--skip-live/--no-skip-live", rich_help_panel=_LIST)] = None,
    on_removed: Annotated[
        OnRemoved | None, typer.Option(help="Of an archived video that is not listed any more.", rich_help_panel=_LIST)
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Archive here and now, without a server. Exit 0 only if every video is in the library."""
    given = {
        "preset": preset,
        "container_policy": container,
        "quality": quality,
        "max_fps": max_fps,
        "hdr": hdr,
        "video_codec": codec,
        "max_size_bytes": max_bytes,
        "audio_language": language,
        "format_selector": format_selector,
        "embed_metadata": metadata,
        "embed_cover_art": cover,
        "embed_chapters": chapters,
        "subtitles": _subtitles(
            subtitles, sidecar, automatic=automatic_subtitles, embed=embed_subtitles, none=no_subtitles
        ),
        "save_thumbnail": thumbnail,
        "save_info_json": info_json,
        "save_nfo": nfo,
        "sponsorblock": sponsorblock or ([] if no_sponsorblock else None),
        "use_cookies": cookies,
        "proxy_name": proxy,
        "impersonate_browser": browser,
        "live": live,
        "live_limit_seconds": live_limit,
        "item_limit": limit,
        "published_after": after,
        "published_before": before,
        "order": order,
        "title_include": title or None,
        "title_exclude": not_title or None,
        "skip_shorts": skip_shorts,
        "skip_live": skip_live,
        "on_removed_from_playlist": on_removed,
    }
    choices = {name: value for name, value in given.items() if value is not None}
    raise typer.Exit(_archive(load_settings(), urls, choices, as_json=as_json))


def _subtitles(
    languages: list[str] | None,
    sidecars: list[SubtitleFormat] | None,
    *,
    automatic: bool | None,
    embed: bool | None,
    none: bool,
) -> dict[str, Any] | None:
    if none and languages:
        raise InvalidInput("--no-subtitles", "and --subtitles exclude each other.")
    if none:
        return {"languages": []}
    if languages:
        more = {"sidecar": sidecars} if sidecars else {}
        return {"languages": languages, "automatic": bool(automatic), "embed": embed, **more}
    if sidecars or automatic is not None or embed is not None:
        raise InvalidInput("--subtitles", 'must name a language, e.g. --subtitles en or --subtitles "*".')
    return None


def _archive(settings: Settings, urls: Sequence[str], choices: Mapping[str, Any], *, as_json: bool) -> int:
    """Archive all `urls` and wait; the exit code. Interrupted, it leaves the rest queued for the next start."""
    configure_logging("error" if settings.log_level == "info" else settings.log_level, as_json=settings.logs_json)
    container = build_container(settings)
    try:
        problem = container.guard.problem()
        if problem:
            raise Misconfigured(problem)
        requests = [_request(container, url, choices) for url in urls]
        job_ids = [container.submission.submit(request).job_id for request in requests]
        with working(container, threads=settings.workers):
            jobs = watch(container, job_ids, quiet=as_json)
    except KeyboardInterrupt:
        typer.echo(
            "Interrupted: what is not archived stays queued for the next `archive`, `serve` or `worker`.", err=True
        )
        return EXIT_INTERRUPTED
    finally:
        container.close()
    if as_json:
        print_json(_jobs, jobs)
    else:
        for job in jobs:
            report(job, container)
    return 0 if all(job.state is JobState.DONE for job in jobs) else 1


def _request(container: Container, url: str, choices: Mapping[str, Any]) -> JobRequest:
    """Raises InvalidInput that names the address or the choice: nothing is submitted unless all of it can be."""
    try:
        body = NewJob.model_validate({"entity_type": _entity_type(url), "entity_id": url, **choices})
    except ValidationError as error:
        raise spoken(url, spoken_error(error)) from None
    try:
        request = resolve(body, container)
        container.submission.require_usable(request)
    except InvalidInput as error:
        raise spoken(url, error) from None
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
