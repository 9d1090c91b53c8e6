"""What people can choose about a job, as typed fields. What is left out follows the preset, then the settings."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from yt_videos_api.config import Quality
from yt_videos_api.domain.choices import Browser, Hdr, Live, SponsorBlockCategory, SubtitleFormat, VideoCodec
from yt_videos_api.domain.errors import InvalidInput
from yt_videos_api.domain.filters import OnRemoved, Order
from yt_videos_api.domain.policy import ContainerPolicy
from yt_videos_api.domain.selectors import MOST_CHARACTERS, parse_selector

MOST_LANGUAGES = 20
MOST_TITLES = 20
MOST_ITEMS = 100_000

# What a format selector says already; both together could only contradict each other.
STREAM_CHOICES = ("quality", "max_fps", "hdr", "video_codec", "max_size_bytes")
# What means something for playlists and channels alone.
COLLECTION_CHOICES = (
    "item_limit",
    "published_after",
    "published_before",
    "order",
    "title_include",
    "title_exclude",
    "skip_shorts",
    "skip_live",
    "on_removed_from_playlist",
)


def _canonical_selector(text: str) -> str:
    try:
        return parse_selector(text)
    except InvalidInput as error:
        # In braces pydantic would look for values of its own.
        raise PydanticCustomError("format_selector", "{problem}", {"problem": error.problem}) from None


def _day(value: Any) -> Any:
    """Only the one spelling: pydantic by itself takes numbers for moments, too."""
    if value is None or isinstance(value, date):
        return value
    if not isinstance(value, str) or not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        raise PydanticCustomError("date", "must be a day as YYYY-MM-DD")
    return value


def _as_list(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


Switch = Annotated[bool, Field(strict=True)]
Day = Annotated[date, BeforeValidator(_day)]
# Without control characters: PostgreSQL keeps no NUL, and nobody can see the others.
PlainText = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]
Titles = Annotated[list[PlainText], Field(max_length=MOST_TITLES), BeforeValidator(_as_list, list[str] | str)]
LanguagePattern = Annotated[
    str, Field(min_length=1, max_length=35, pattern=r"^[A-Za-z0-9.*-]+$"), AfterValidator(str.lower)
]
LanguageTag = Annotated[
    str,
    Field(max_length=35, pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$", examples=["en", "pt-br"]),
    AfterValidator(str.lower),
]
ProxyName = Annotated[str, Field(pattern=r"^[a-z0-9-]{1,64}$")]
Selector = Annotated[
    str, Field(max_length=MOST_CHARACTERS, examples=["bv[height<=720]+ba/b"]), AfterValidator(_canonical_selector)
]


class Subtitles(BaseModel):
    """Which subtitles, and where to. With neither `embed` nor `sidecar` they lie beside the video as WebVTT."""

    model_config = ConfigDict(extra="forbid")

    languages: Annotated[
        list[LanguagePattern],
        Field(
            max_length=MOST_LANGUAGES,
            description='"en" is that alone, "en-*" (or "en.*") en and en-US, en-GB ..., "*" everything. Empty: none.',
        ),
    ]
    automatic: Annotated[Switch, Field(description="The site's recognition and translation, for want of better.")] = (
        False
    )
    embed: Annotated[Switch | None, Field(description="Put them into the file; beside it where it holds none.")] = None
    sidecar: Annotated[list[SubtitleFormat] | None, Field(max_length=2, description="Lay them beside the file.")] = None

    @model_validator(mode="after")
    def _go_somewhere(self) -> Self:
        if self.languages and self.embed is False and self.sidecar == []:
            raise PydanticCustomError("subtitles", 'with "embed": false and "sidecar": [] they would go nowhere')
        return self


class Choices(BaseModel):
    """Every choice, none of them required."""

    model_config = ConfigDict(extra="forbid")

    container_policy: Annotated[
        ContainerPolicy | None, Field(description="`webm`, `mp4`, `mkv`; sound alone: `m4a`, `mp3`, `opus`, `flac`.")
    ] = None
    quality: Annotated[Quality | None, Field(description="`best`, or the most lines of the picture.")] = None
    max_fps: Annotated[int | None, Field(strict=True, ge=1, le=240, description="Most frames a second.")] = None
    hdr: Annotated[Hdr | None, Field(description="High dynamic range: `any`, `never`, `only`.")] = None
    video_codec: Annotated[VideoCodec | None, Field(description="Preferred where the site has it.")] = None
    max_size_bytes: Annotated[
        int | None, Field(strict=True, gt=0, lt=2**63, description="Most bytes of all streams, as the site tells them.")
    ] = None
    audio_language: Annotated[LanguageTag | None, Field(description="Preferred where there are several.")] = None
    format_selector: Annotated[
        Selector | None, Field(description=f"For experts, instead of {', '.join(STREAM_CHOICES)}.")
    ] = None

    embed_metadata: Annotated[Switch | None, Field(description="Write title, channel, date ... into the file.")] = None
    embed_cover_art: Annotated[Switch | None, Field(description="Write the thumbnail into the file.")] = None
    embed_chapters: Annotated[Switch | None, Field(description="Write chapters into the file; else: yes.")] = None
    subtitles: Subtitles | None = None
    save_thumbnail: Annotated[Switch | None, Field(description="As a JPEG beside the file.")] = None
    save_info_json: Annotated[Switch | None, Field(description="All that is known, without secrets.")] = None
    save_nfo: Annotated[Switch | None, Field(description="For Jellyfin and Kodi.")] = None
    sponsorblock: Annotated[
        list[SponsorBlockCategory] | None,
        Field(max_length=len(SponsorBlockCategory), description="Marked as chapters, never cut out."),
    ] = None

    use_cookies: Annotated[Switch | None, Field(description="Those uploaded for the site: PUT /cookies/SITE.")] = None
    proxy_name: Annotated[ProxyName | None, Field(description="One of YT_VIDEOS_PROXIES.")] = None
    impersonate_browser: Annotated[Browser | None, Field(description="Connect as that browser would.")] = None
    live: Annotated[Live | None, Field(description="Of what has not ended: `refuse`, or wait and `record`.")] = None
    live_limit_seconds: Annotated[int | None, Field(strict=True, ge=1, description="Longest recording.")] = None

    item_limit: Annotated[int | None, Field(strict=True, ge=1, le=MOST_ITEMS, description="Most videos.")] = None
    published_after: Annotated[Day | None, Field(description="That day included.")] = None
    published_before: Annotated[Day | None, Field(description="That day included.")] = None
    order: Annotated[Order | None, Field(description="`listed`, `newest` or `oldest` first.")] = None
    title_include: Annotated[Titles | None, Field(description="Any of these texts, in any case.")] = None
    title_exclude: Annotated[Titles | None, Field(description="None of these texts.")] = None
    skip_shorts: Switch | None = None
    skip_live: Annotated[Switch | None, Field(description="Skip live streams and premieres, past ones too.")] = None
    on_removed_from_playlist: Annotated[
        OnRemoved | None, Field(description="Of an archived video that is no longer listed: `keep`, or `trash` it.")
    ] = None

    def require_consistent(self) -> None:
        """Raise InvalidInput that names the field when one choice contradicts another."""
        other = [name for name in STREAM_CHOICES if getattr(self, name) is not None]
        if self.format_selector is not None and other:
            problem = f"says already which streams are wanted; leave out {', '.join(other)}."
            raise InvalidInput("format_selector", problem, code="contradiction")
        after, before = self.published_after, self.published_before
        if after and before and after > before:
            raise InvalidInput("published_after", "is later than published_before.", code="contradiction")
        if self.live_limit_seconds is not None and self.live is not Live.RECORD:
            raise InvalidInput("live_limit_seconds", 'needs "live": "record".', code="contradiction")

    def given(self) -> dict[str, Any]:
        """What was chosen, as plain JSON values."""
        fields = list(Choices.model_fields)
        return self.model_dump(mode="json", include=set(fields), exclude_none=True)

    def over(self, preset: Choices) -> Choices:
        """These choices where they are made, else those of `preset`."""
        mine = self.given()
        theirs = preset.given()
        # Whichever of the two ways to name streams is said here replaces the other one of the preset.
        if "format_selector" in mine:
            theirs = {name: value for name, value in theirs.items() if name not in STREAM_CHOICES}
        elif any(name in mine for name in STREAM_CHOICES):
            theirs.pop("format_selector", None)
        if mine.get("live") == Live.REFUSE:
            theirs.pop("live_limit_seconds", None)
        return Choices.model_validate(theirs | mine)
