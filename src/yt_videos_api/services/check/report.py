"""What a check finds and answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

REPAIR = "Run `yt-videos check --repair`"


class Depth(StrEnum):
    """How closely to look; each includes the one before."""

    QUICK = "quick"  # the database alone, and the sizes of files
    NORMAL = "normal"  # also walks the library and staging
    DEEP = "deep"  # also hashes every file, and reads what lies beside the media


@dataclass(frozen=True, slots=True)
class Violation:
    """One thing that is not as it must be."""

    invariant: str  # I1 to I12
    subject: str  # a path in the library, or a kind of row and its id
    message: str  # one sentence: what is wrong
    advice: str  # what to do next; of a repaired one: what was done
    repaired: bool = False


@dataclass(frozen=True, slots=True)
class Report:
    """The answer of one check. Also what was repaired is among the violations."""

    depth: Depth
    violations: tuple[Violation, ...]
    downloads_checked: int
    jobs_checked: int
    files_checked: int
    objects_checked: int  # things in the library that were looked at; 0 for a quick check
    bytes_hashed: int

    @property
    def clean(self) -> bool:
        """Whether nothing is wrong now: no violation, or all of them repaired."""
        return all(violation.repaired for violation in self.violations)


@dataclass(slots=True)
class Tally:
    """What has been looked at so far."""

    downloads: int = 0
    jobs: int = 0
    files: int = 0
    objects: int = 0
    bytes_hashed: int = 0


@dataclass(frozen=True, slots=True)
class Finding:
    """A violation together with what would mend it.

    `mend` looks again by itself, does what is needed in one small transaction and says in a sentence what it did; None
    when it cannot help. It raises DownloadFailure when the library refuses.
    """

    invariant: str
    subject: str
    message: str
    advice: str = f"{REPAIR}."
    mend: Callable[[], str | None] | None = None


MENDED_MEANWHILE = "It has come right by itself meanwhile."
