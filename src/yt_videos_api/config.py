"""The settings. Each is an environment variable `YT_VIDEOS_<NAME>`; the defaults need none."""

from __future__ import annotations

import os
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from yt_videos_api.apis.address import parse_api_address
from yt_videos_api.cage.upstream import parse_proxies
from yt_videos_api.domain.errors import InvalidInput, Misconfigured
from yt_videos_api.domain.ladder import DEFAULT_CLIENTS
from yt_videos_api.domain.name_template import DEFAULT_TEMPLATE, NameTemplate
from yt_videos_api.domain.policy import ContainerPolicy
from yt_videos_api.domain.urls import parse_egress_allow


class Auth(StrEnum):
    """Who may use the API."""

    ACCOUNTS = "accounts"  # not there yet: until then only loopback is served
    OFF = "off"  # everybody who reaches the port


class LogFormat(StrEnum):
    """How log lines look."""

    TEXT = "text"
    JSON = "json"


class Quality(StrEnum):
    """The picture that is wanted unless a job says otherwise."""

    BEST = "best"
    P4320 = "4320p"
    P2160 = "2160p"
    P1440 = "1440p"
    P1080 = "1080p"
    P720 = "720p"
    P480 = "480p"
    P360 = "360p"
    P240 = "240p"
    P144 = "144p"

    @property
    def max_height(self) -> int | None:
        """Most lines of the picture; None for the best there is."""
        return None if self is Quality.BEST else int(self.value.removesuffix("p"))


def _state_home() -> Path:
    return Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "yt-videos"


class Settings(BaseSettings):
    """Everything that can be set. The reasons stand with the fields."""

    model_config = SettingsConfigDict(
        env_prefix="YT_VIDEOS_",
        env_ignore_empty=True,  # what a compose file hands on as empty is not set
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,  # it may be a secret
    )

    host: Annotated[str, Field(description="Address the API listens on.")] = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535, description="Port the API listens on; 0 takes a free one.")] = 8101
    workers: Annotated[int, Field(ge=1, le=256, description="Downloads at the same time in one process.")] = 4
    auth: Annotated[Auth, Field(description="`off` serves everybody on addresses other than loopback.")] = Auth.ACCOUNTS
    allowed_hosts: Annotated[
        tuple[str, ...],
        NoDecode,
        Field(description="Further host names under which the API may be reached, separated by commas."),
    ] = ()

    database_url: Annotated[
        str | None, Field(description="`postgresql://...`; by default an SQLite file in the state directory.")
    ] = None
    state_directory: Annotated[
        Path, Field(default_factory=_state_home, description="Local folder for the embedded database and secrets.")
    ]
    output_directory: Annotated[
        Path | None,
        Field(description="The library. By default /mnt/media/youtube where writable, else in your video folder."),
    ] = None
    disk_reserve_bytes: Annotated[
        int, Field(ge=0, description="Bytes that stay free on the disk; below that, jobs wait instead of failing.")
    ] = 1024**3
    keep_failed_hours: Annotated[
        float, Field(ge=0, description="Hours for which the staging folder of a failed run is kept for a look.")
    ] = 24.0
    trash_days: Annotated[
        float, Field(ge=0, description="Days for which a file that was moved to the trash can be taken out again.")
    ] = 30.0
    secret_key_file: Annotated[
        Path | None,
        Field(
            description="Key that encrypts uploaded cookies; by default `secret.key` in the state directory, made by"
            " the first start. All hosts need the same."
        ),
    ] = None

    container_policy: Annotated[ContainerPolicy, Field(description="Container of jobs that name none.")] = (
        ContainerPolicy.WEBM
    )
    quality_preference: Annotated[Quality, Field(description="Picture of jobs that name none.")] = Quality.BEST
    name_template: Annotated[
        NameTemplate,
        NoDecode,
        Field(
            description="How archived files are called; see `yt-videos names preview`. Those that are there already"
            " keep their names.",
        ),
    ] = DEFAULT_TEMPLATE
    embed_metadata: Annotated[bool, Field(description="Write title, channel, date ... into the file.")] = True
    embed_cover_art: Annotated[bool, Field(description="Write the thumbnail into the file.")] = True
    youtube_api_key: Annotated[
        str | None,
        Field(
            description="YouTube Data API key: playlists and channels are then listed by the API, with exact dates;"
            " where it fails or its daily quota is used up, as without a key.",
            repr=False,
        ),
    ] = None
    youtube_api_url: Annotated[
        str, Field(description="Where the YouTube Data API is; an address of your own network is reached directly.")
    ] = "https://www.googleapis.com/youtube/v3"
    sponsorblock_url: Annotated[
        str,
        Field(description="Where SponsorBlock is, which is asked for marks of those jobs that want them; likewise."),
    ] = "https://sponsor.ajay.app"

    live_max_seconds: Annotated[int, Field(gt=0, description="Longest recording of a live stream.")] = 12 * 3600
    live_wait_hours: Annotated[
        float, Field(gt=0, description="Longest wait for a live stream or premiere to begin.")
    ] = 168.0
    formats_cache_seconds: Annotated[
        float, Field(ge=0, description="For how long the answer of GET /formats is not asked for anew.")
    ] = 900.0

    player_clients: Annotated[
        tuple[str, ...],
        NoDecode,
        Field(description="YouTube player clients in the order in which they are asked."),
    ] = DEFAULT_CLIENTS
    js_runtime: Annotated[
        str | None,
        Field(
            description="JavaScript runtime for YouTube's challenges: `deno`, `node`, `quickjs`, or"
            " `node:/path/to/node`; by default whichever is found."
        ),
    ] = None
    po_tokens: Annotated[
        tuple[str, ...],
        NoDecode,
        Field(description="PO tokens for YouTube, `CLIENT.CONTEXT+TOKEN`, separated by commas.", repr=False),
    ] = ()
    po_provider_url: Annotated[
        str | None, Field(description="Address of a bgutil server that makes PO tokens, e.g. http://127.0.0.1:4416.")
    ] = None
    upstream_proxy: Annotated[
        str | None, Field(description="http://[user:password@]host:port through which all downloads go.", repr=False)
    ] = None
    proxies: Annotated[
        dict[str, str],
        NoDecode,
        Field(
            description="Proxies that jobs may choose by name: `name=http://[user:password@]host:port`, separated by"
            " commas.",
            repr=False,
        ),
    ] = {}
    ca_bundle: Annotated[Path | None, Field(description="PEM file of authorities to trust beside the usual.")] = None
    egress_allow: Annotated[
        frozenset[tuple[str, int]],
        NoDecode,
        Field(
            description="Exact host:port pairs that may be visited although they are private, then without"
            " UPSTREAM_PROXY."
        ),
    ] = frozenset()
    egress_ports: Annotated[
        frozenset[int], NoDecode, Field(description="Ports of the internet that may be visited.")
    ] = frozenset({80, 443, 8080, 8443})

    lease_seconds: Annotated[
        float, Field(ge=1, description="Without a sign of life for this long, a worker's downloads are taken over.")
    ] = 30.0
    poll_seconds: Annotated[
        float, Field(gt=0, description="How often a worker looks for work that another process accepted.")
    ] = 0.5
    drain_seconds: Annotated[
        float, Field(ge=0, le=25, description="How long downloads may go on after a request to stop.")
    ] = 10.0
    run_timeout_seconds: Annotated[float, Field(gt=0, description="Longest time for one download.")] = 6 * 3600.0
    stall_seconds: Annotated[float, Field(gt=0, description="A transfer that stands still for this long is ended.")] = (
        60.0
    )
    max_file_bytes: Annotated[int, Field(gt=0, description="Largest file that is archived.")] = 64 * 1024**3
    engine_idle_seconds: Annotated[
        float, Field(ge=0, description="After this long without a download the warm engine gives its memory back.")
    ] = 300.0

    ffmpeg: Annotated[str | None, Field(description="Path of ffmpeg; by default from PATH, else the bundled one.")] = (
        None
    )
    ffprobe: Annotated[str | None, Field(description="Path of ffprobe; likewise.")] = None
    log_level: Annotated[str, Field(pattern="^(debug|info|warning|error)$", description="Least severity.")] = "info"
    log_format: Annotated[LogFormat, Field(description="`text` for people, `json` for machines.")] = LogFormat.TEXT

    testing: Annotated[bool, Field(description="Obey YT_VIDEOS_FAULTS. Never in production.")] = False
    faults: Annotated[str, Field(description="Faults to provoke, `point:action@passing, ...`.")] = ""

    @field_validator("player_clients", "allowed_hosts", "po_tokens", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @field_validator("name_template", mode="before")
    @classmethod
    def _parse_template(cls, value: Any) -> Any:
        if isinstance(value, str):
            try:
                return NameTemplate.parse(value)
            except InvalidInput as error:
                raise ValueError(error.problem) from error
        return value

    @field_validator("egress_ports", mode="before")
    @classmethod
    def _split_ports(cls, value: Any) -> Any:
        if isinstance(value, str):
            return frozenset(int(part) for part in value.split(","))
        return value

    @field_validator("egress_allow", mode="before")
    @classmethod
    def _parse_exceptions(cls, value: Any) -> Any:
        if isinstance(value, str):
            try:
                return parse_egress_allow(value)
            except InvalidInput as error:
                raise ValueError(error.problem) from error
        return value

    @field_validator("youtube_api_url", "sponsorblock_url")
    @classmethod
    def _parse_api_address(cls, value: str) -> str:
        return parse_api_address(value).url

    @field_validator("po_provider_url")
    @classmethod
    def _parse_provider_address(cls, value: str | None) -> str | None:
        return None if value is None else parse_api_address(value).url

    @field_validator("proxies", mode="before")
    @classmethod
    def _parse_proxies(cls, value: Any) -> Any:
        return parse_proxies(value) if isinstance(value, str) else value

    @property
    def logs_json(self) -> bool:
        """Whether log lines are for machines."""
        return self.log_format is LogFormat.JSON

    @property
    def embedded(self) -> bool:
        """Whether the database is the SQLite file in the state directory."""
        return self.database_url is None or self.database_url.startswith("sqlite")


def load_settings(**overrides: Any) -> Settings:
    """Read the environment. Raises Misconfigured that names every setting that is wrong."""
    try:
        return Settings(**overrides)
    except ValidationError as error:
        lines = [f"YT_VIDEOS_{'_'.join(map(str, e['loc'])).upper()}: {e['msg']}" for e in error.errors()]
        raise Misconfigured("\n".join(lines)) from error
