"""Who is who: videos and downloads, and the one definition of 'the same'."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

PROVISIONAL_EXTRACTOR = "url"
YOUTUBE_EXTRACTOR = "youtube"


@dataclass(frozen=True, slots=True)
class VideoIdentity:
    """A video as its site knows it. `extractor` is lower case."""

    extractor: str
    video_id: str

    @property
    def provisional(self) -> bool:
        """True while only the address is known, not yet which video it leads to."""
        return self.extractor == PROVISIONAL_EXTRACTOR


@dataclass(frozen=True, slots=True)
class DownloadIdentity:
    """The unit of deduplication: one rendition of one video, for one circle of people."""

    video: VideoIdentity
    container_policy: str
    selection: str = ""  # what changes media streams, canonical text; empty: the default
    access_scope: str = ""  # owner of the cookies used; empty: public

    @property
    def parts(self) -> tuple[str, ...]:
        """All that makes the identity, in the order of the index that keeps it unique."""
        return self.video.extractor, self.video.video_id, self.container_policy, self.selection, self.access_scope

    def digest(self) -> str:
        """64 hex digits, the same on every host and in every version."""
        return hashlib.sha256("\0".join(self.parts).encode()).hexdigest()


def url_key(canonical_url: str) -> str:
    """Key of an address in `video_aliases`, and the provisional id of the video behind it."""
    return hashlib.sha256(canonical_url.encode()).hexdigest()


def provisional_identity(canonical_url: str, entry_index: int | None = None) -> VideoIdentity:
    """Identity of a video of which only the address is known, and its place where the page has several."""
    entry = "" if entry_index is None else f"#{entry_index}"
    return VideoIdentity(PROVISIONAL_EXTRACTOR, url_key(canonical_url + entry))


def scope_of(owner_id: str | None) -> str:
    """The access scope of what is fetched with somebody's cookies."""
    return f"owner:{owner_id or ''}"


def owner_of_scope(access_scope: str) -> str:
    """Whose cookies a scope stands for; empty while there are no accounts."""
    return access_scope.removeprefix("owner:")


def youtube_identity(video_id: str) -> VideoIdentity:
    """Identity of a YouTube video."""
    return VideoIdentity(YOUTUBE_EXTRACTOR, video_id)
