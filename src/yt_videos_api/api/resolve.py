"""From what was sent to a request with every choice explicit: the body first, then its preset, then the settings.

The defaults of a later day do not change a job: nothing is looked up again after this.
"""

from __future__ import annotations

from pydantic import ValidationError

from yt_videos_api.api.choices import COLLECTION_CHOICES, Choices, Subtitles
from yt_videos_api.api.schemas import NewJob
from yt_videos_api.bootstrap import Container
from yt_videos_api.config import Settings
from yt_videos_api.domain.choices import AccessWish, Extras, Hdr, Live, Selection, SubtitleFormat
from yt_videos_api.domain.errors import InvalidInput, NotFound
from yt_videos_api.domain.filters import CollectionFilter, OnRemoved, Order
from yt_videos_api.domain.policy import ContainerPolicy
from yt_videos_api.domain.targets import EntityType
from yt_videos_api.services.submit import JobRequest


def resolve(body: NewJob, container: Container) -> JobRequest:
    """The request that `body` means in this installation. Raises InvalidInput that names the field."""
    _require_collection(body)
    choices = body.over(_preset(body.preset, container))
    choices.require_consistent()
    _require_possible(choices, container)
    settings = container.settings
    policy = choices.container_policy or settings.container_policy
    return JobRequest(
        entity_type=body.entity_type,
        entity_id=body.entity_id,
        container_policy=policy,
        selection=_selection(choices, policy, settings),
        extras=_extras(choices, settings),
        access=_access(choices),
        filter=CollectionFilter() if body.entity_type is EntityType.VIDEO else _filter(choices),
        preset=body.preset,
    )


def _preset(name: str | None, container: Container) -> Choices:
    if name is None:
        return Choices()
    try:
        return Choices.model_validate(container.presets.get(name).choices)
    except NotFound:
        known = ", ".join(preset.name for preset in container.presets.list())
        raise InvalidInput("preset", f"is not known; there are: {known}.", code="preset") from None
    except ValidationError:
        # Saved by a version that knew other choices.
        raise InvalidInput("preset", "has choices that are not known any more; save it again.", code="preset") from None


def _require_collection(body: NewJob) -> None:
    if body.entity_type is not EntityType.VIDEO:
        return
    for name in COLLECTION_CHOICES:
        if getattr(body, name) is not None:
            raise InvalidInput(
                name, 'is for playlists and channels, not for entity_type "video".', code="contradiction"
            )


def _require_possible(choices: Choices, container: Container) -> None:
    """What this installation does not have is said now, not by a job that fails."""
    if choices.proxy_name is not None and choices.proxy_name not in container.settings.proxies:
        known = ", ".join(sorted(container.settings.proxies))
        allowed = f"allowed are: {known}." if known else "YT_VIDEOS_PROXIES names none."
        raise InvalidInput("proxy_name", f"is not one of this installation; {allowed}", code="proxy_name")
    if choices.impersonate_browser is not None and not container.impersonation_available:
        problem = "needs curl_cffi, which is not installed here: pip install 'yt-videos-api[impersonate]'."
        raise InvalidInput("impersonate_browser", problem, code="impersonate_browser")
    longest = container.settings.live_max_seconds
    if choices.live_limit_seconds is not None and choices.live_limit_seconds > longest:
        problem = f"is more than {longest}, the most of this installation (YT_VIDEOS_LIVE_MAX_SECONDS)."
        raise InvalidInput("live_limit_seconds", problem, code="live_limit_seconds")


def _selection(choices: Choices, policy: ContainerPolicy, settings: Settings) -> Selection:
    """Only what changes the streams: what says nothing about sound is left out where only sound is wanted."""
    sound = Selection(
        max_size_bytes=choices.max_size_bytes,
        audio_language=choices.audio_language,
        format_selector=choices.format_selector,
    )
    if policy.audio_only or choices.format_selector is not None:
        return sound
    return Selection(
        max_height=(choices.quality or settings.quality_preference).max_height,
        max_fps=choices.max_fps,
        hdr=choices.hdr or Hdr.ANY,
        video_codec=choices.video_codec,
        max_size_bytes=sound.max_size_bytes,
        audio_language=sound.audio_language,
    )


def _extras(choices: Choices, settings: Settings) -> Extras:
    subtitles = choices.subtitles or Subtitles(languages=[])
    embed, sidecars = _places(subtitles)
    return Extras(
        embed_metadata=_or(choices.embed_metadata, settings.embed_metadata),
        embed_cover_art=_or(choices.embed_cover_art, settings.embed_cover_art),
        embed_chapters=_or(choices.embed_chapters, default=True),
        subtitle_languages=tuple(sorted(set(subtitles.languages))),
        automatic_subtitles=bool(subtitles.languages) and subtitles.automatic,
        embed_subtitles=embed,
        subtitle_sidecars=sidecars,
        thumbnail=bool(choices.save_thumbnail),
        info_json=bool(choices.save_info_json),
        nfo=bool(choices.save_nfo),
        sponsorblock=tuple(sorted(set(choices.sponsorblock or ()))),
    )


def _places(subtitles: Subtitles) -> tuple[bool, tuple[SubtitleFormat, ...]]:
    """Whether subtitles are embedded, and as what they lie beside the video."""
    if not subtitles.languages:
        return False, ()
    embed = bool(subtitles.embed)
    default = [] if embed else [SubtitleFormat.VTT]
    sidecars = default if subtitles.sidecar is None else subtitles.sidecar
    return embed, tuple(sorted(set(sidecars)))


def _access(choices: Choices) -> AccessWish:
    return AccessWish(
        use_cookies=bool(choices.use_cookies),
        proxy_name=choices.proxy_name,
        browser=choices.impersonate_browser,
        live=choices.live or Live.REFUSE,
        live_limit_seconds=choices.live_limit_seconds,
    )


def _filter(choices: Choices) -> CollectionFilter:
    return CollectionFilter(
        item_limit=choices.item_limit,
        published_after=choices.published_after,
        published_before=choices.published_before,
        order=choices.order or Order.LISTED,
        title_include=tuple(choices.title_include or ()),
        title_exclude=tuple(choices.title_exclude or ()),
        skip_shorts=bool(choices.skip_shorts),
        skip_live=bool(choices.skip_live),
        on_removed_from_playlist=choices.on_removed_from_playlist or OnRemoved.KEEP,
    )


def _or(choice: bool | None, default: bool) -> bool:
    return default if choice is None else choice
