"""What people can choose about a video beyond its container: its streams, what goes with them, how it is fetched.

`Selection` (which media streams) is part of a download's identity, `Extras` (what comes with them) and `AccessWish`
(how the site is asked) are not: a later request for more extras of an archived video fetches only those.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Self

from yt_videos_api.domain.cookiefiles import same_site
from yt_videos_api.domain.languages import matches


class Hdr(StrEnum):
    """Whether the picture may be one of high dynamic range."""

    ANY = "any"  # the better picture wins
    NEVER = "never"
    ONLY = "only"


class VideoCodec(StrEnum):
    """A codec that is preferred where the site offers it in the wanted size."""

    H264 = "h264"
    H265 = "h265"
    VP9 = "vp9"
    AV1 = "av1"


@dataclass(frozen=True, slots=True)
class Selection:
    """Which media streams are wanted; part of a download's identity once resolved. Empty means: the best there is."""

    max_height: int | None = None
    max_fps: int | None = None
    hdr: Hdr = Hdr.ANY
    video_codec: VideoCodec | None = None  # preferred, not demanded
    max_size_bytes: int | None = None  # of all streams together, as far as the site tells
    audio_language: str | None = None  # preferred, not demanded; lower-case BCP 47, e.g. "en" or "pt-br"
    format_selector: str | None = None  # of an expert, canonical (domain/selectors.py); overrides all of the above
    # What became of a recording that ended before its stream: "seconds@moment" (see `cut_short`). Never wished for.
    cut: str | None = None

    def cut_short(self, seconds: float, at: datetime) -> Selection:
        """What a recording is that ended early, after so many `seconds`: no other is the same, least of all the whole.

        So it keeps nobody from recording the stream again, or from archiving the whole video later.
        """
        return replace(self, cut=f"{round(seconds)}@{int(at.timestamp())}")

    def key(self) -> str:
        """Canonical text for the identity; empty for the default."""
        said = {
            "height<=": self.max_height,
            "fps<=": self.max_fps,
            "hdr=": None if self.hdr is Hdr.ANY else self.hdr.value,
            "codec=": self.video_codec,
            "bytes<=": self.max_size_bytes,
            "language=": self.audio_language,
            "cut=": self.cut,
            "format=": self.format_selector,
        }
        return ";".join(f"{name}{value}" for name, value in said.items() if value is not None)

    def to_json(self) -> dict[str, Any]:
        """Plain values for the database, of what was wished for."""
        said = asdict(self)
        del said["cut"]
        return said

    @classmethod
    def from_json(cls, said: Mapping[str, Any]) -> Self:
        """The inverse of `to_json`."""
        known = {field.name: said[field.name] for field in fields(cls) if field.name in said and field.name != "cut"}
        known["hdr"] = Hdr(known.get("hdr", Hdr.ANY))
        known["video_codec"] = VideoCodec(known["video_codec"]) if known.get("video_codec") else None
        return cls(**known)

    @classmethod
    def from_key(cls, key: str) -> Selection:
        """The selection that `key` was made of."""
        head, marker, selector = key.partition("format=")
        said = dict(_split_choice(choice) for choice in head.split(";") if choice)
        codec = said.get("codec=")
        return cls(
            max_height=_whole(said.get("height<=")),
            max_fps=_whole(said.get("fps<=")),
            hdr=Hdr(said.get("hdr=", Hdr.ANY)),
            video_codec=VideoCodec(codec) if codec else None,
            max_size_bytes=_whole(said.get("bytes<=")),
            audio_language=said.get("language="),
            format_selector=selector if marker else None,
            cut=said.get("cut="),
        )


class SubtitleFormat(StrEnum):
    """How subtitles lie beside the video."""

    VTT = "vtt"
    SRT = "srt"


class SponsorBlockCategory(StrEnum):
    """Stretches of a video that SponsorBlock's users mark; in SponsorBlock's own words."""

    SPONSOR = "sponsor"
    SELFPROMO = "selfpromo"
    INTERACTION = "interaction"
    INTRO = "intro"
    OUTRO = "outro"
    PREVIEW = "preview"
    HOOK = "hook"
    FILLER = "filler"
    MUSIC_OFFTOPIC = "music_offtopic"


@dataclass(frozen=True, slots=True)
class Extras:
    """What comes with the media. Sets are kept as sorted tuples, so that equal wishes are equal."""

    embed_metadata: bool = True
    embed_cover_art: bool = True
    embed_chapters: bool = True
    subtitle_languages: tuple[str, ...] = ()  # with wildcards: "en", "en-*", "*" (domain/languages.py); empty: none
    automatic_subtitles: bool = False  # the site's own recognition and translations, where there is nothing better
    embed_subtitles: bool = False
    subtitle_sidecars: tuple[SubtitleFormat, ...] = ()
    thumbnail: bool = False  # as a JPEG beside the video
    info_json: bool = False  # what yt-dlp knows, without addresses and secrets
    nfo: bool = False  # for Jellyfin and Kodi
    sponsorblock: tuple[SponsorBlockCategory, ...] = ()  # marked as chapters, never cut out

    def merged(self, other: Extras) -> Extras:
        """Everything that either of the two wants."""
        both: dict[str, Any] = {}
        for field in fields(self):
            mine, theirs = getattr(self, field.name), getattr(other, field.name)
            both[field.name] = tuple(sorted({*mine, *theirs})) if isinstance(mine, tuple) else mine or theirs
        return Extras(**both)

    def beside(self) -> Extras:
        """What of it lies beside the media: all that can still be given to a video that is archived already.

        Subtitles that were to be embedded lie beside it then: a file that was proved is not written anew.
        """
        sidecars = self.subtitle_sidecars or ((SubtitleFormat.VTT,) if self.embed_subtitles else ())
        none = replace(self, embed_metadata=False, embed_cover_art=False, embed_chapters=False, sponsorblock=())
        return replace(none, embed_subtitles=False, subtitle_sidecars=sidecars if self.subtitle_languages else ())

    def subtitles_only(self) -> Extras:
        """The wish for subtitles alone."""
        return replace(_NOTHING, **{name: getattr(self, name) for name in _SUBTITLE_FIELDS})

    def but_subtitles(self) -> Extras:
        """Everything else."""
        return replace(self, **{name: getattr(_NOTHING, name) for name in _SUBTITLE_FIELDS})

    def without(self, delivered: Extras) -> Extras:
        """What of this is not in `delivered`. Of subtitles that is further languages, or all in a further form."""
        languages = self._languages_missing_in(delivered)
        if self._form_missing_in(delivered):
            languages = self.subtitle_languages
        return replace(
            replace(self.subtitles_only(), subtitle_languages=languages) if languages else _NOTHING,
            thumbnail=self.thumbnail and not delivered.thumbnail,
            info_json=self.info_json and not delivered.info_json,
            nfo=self.nfo and not delivered.nfo,
        )

    def reduced_to(self, delivered: Extras) -> Extras:
        """As if nobody had ever wished for more beside the media than was delivered."""
        inside = ("embed_metadata", "embed_cover_art", "embed_chapters", "sponsorblock")
        return replace(delivered, **{name: getattr(self, name) for name in inside})

    def missing_in(self, delivered: Extras) -> bool:
        """Whether a file made with `delivered` lacks something of this that can still be given to it."""
        lacks_file = any(
            getattr(self, name) and not getattr(delivered, name) for name in ("thumbnail", "info_json", "nfo")
        )
        return lacks_file or bool(self._languages_missing_in(delivered)) or self._form_missing_in(delivered)

    def _languages_missing_in(self, delivered: Extras) -> tuple[str, ...]:
        """Those that are not delivered, neither by themselves nor among all of a kind."""
        known = delivered.subtitle_languages
        return tuple(
            wish
            for wish in self.subtitle_languages
            if wish not in known and ("*" in wish or not any(matches(pattern, wish) for pattern in known))
        )

    def _form_missing_in(self, delivered: Extras) -> bool:
        if not self.subtitle_languages:
            return False
        readable = delivered.embed_subtitles or bool(delivered.subtitle_sidecars)
        return (
            not set(self.subtitle_sidecars) <= set(delivered.subtitle_sidecars)
            or (self.automatic_subtitles and not delivered.automatic_subtitles)
            or (self.embed_subtitles and not readable)
        )

    def to_json(self) -> dict[str, Any]:
        """Plain values for the database."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}

    @classmethod
    def from_json(cls, said: Mapping[str, Any]) -> Self:
        """The inverse of `to_json`; what a later version added or an earlier one lacks follows the defaults."""
        known = {field.name: said[field.name] for field in fields(cls) if field.name in said}
        for name, kind in (("subtitle_sidecars", SubtitleFormat), ("sponsorblock", SponsorBlockCategory)):
            known[name] = tuple(kind(value) for value in known.get(name, ()))
        known["subtitle_languages"] = tuple(known.get("subtitle_languages", ()))
        return cls(**known)


_NOTHING = Extras(embed_metadata=False, embed_cover_art=False, embed_chapters=False)
_SUBTITLE_FIELDS = ("subtitle_languages", "automatic_subtitles", "embed_subtitles", "subtitle_sidecars")


class Browser(StrEnum):
    """A browser whose way of connecting is imitated."""

    CHROME = "chrome"
    EDGE = "edge"
    FIREFOX = "firefox"
    SAFARI = "safari"


class Live(StrEnum):
    """What is done with a live stream or a premiere that has not ended."""

    REFUSE = "refuse"  # it fails with `not_yet_available`
    RECORD = "record"  # its start is waited for, and it is recorded until it ends or the limit is reached


@dataclass(frozen=True, slots=True)
class AccessWish:
    """How a site is to be asked, as a user chooses it; names only, no secrets."""

    use_cookies: bool = False  # those that were uploaded for the site
    proxy_name: str | None = None  # one of the operator's allow-list
    browser: Browser | None = None
    live: Live = Live.REFUSE
    live_limit_seconds: int | None = None

    def carried(self, chosen_for: str, address: str) -> AccessWish:
        """As it holds at another address than the one it was chosen for.

        Cookies are for one site: no page may have us visit another one in somebody's name.
        """
        stays = chosen_for == address or same_site(chosen_for, address)
        return replace(self, use_cookies=self.use_cookies and stays)

    def joined(self, other: AccessWish) -> AccessWish:
        """As it serves both, for one download: the way of the first one, and of a live stream what either wants."""
        records = [wish for wish in (self, other) if wish.live is Live.RECORD]
        limits = [wish.live_limit_seconds for wish in records]
        known = [limit for limit in limits if limit is not None]
        return replace(
            self,
            use_cookies=self.use_cookies or other.use_cookies,
            live=Live.RECORD if records else Live.REFUSE,
            live_limit_seconds=max(known) if known and len(known) == len(limits) else None,
        )

    def to_json(self) -> dict[str, Any]:
        """Plain values for the database."""
        return asdict(self)

    @classmethod
    def from_json(cls, said: Mapping[str, Any]) -> Self:
        """The inverse of `to_json`."""
        known = {field.name: said[field.name] for field in fields(cls) if field.name in said}
        browser = known.get("browser")
        known["browser"] = Browser(browser) if browser else None
        known["live"] = Live(known.get("live", Live.REFUSE))
        return cls(**known)


def _split_choice(choice: str) -> tuple[str, str]:
    name, sign, value = choice.partition("=")
    return name + sign, value


def _whole(text: str | None) -> int | None:
    return None if text is None else int(text)
