"""What the listing of one job is to do, as the job was accepted."""

from __future__ import annotations

from dataclasses import dataclass

from yt_videos_api.db.tables import JobListing
from yt_videos_api.domain.filters import CollectionFilter
from yt_videos_api.domain.targets import EntityType, ListTarget
from yt_videos_api.services import listing
from yt_videos_api.services.entries import Wanted


@dataclass(frozen=True, slots=True)
class ListingPlan:
    """All that is known before the first page is read."""

    job_id: str
    target: ListTarget
    wanted: Wanted
    filter: CollectionFilter
    row: JobListing  # how far an earlier run came
    skips_tabs: bool  # of a channel; only the Data API lists all of them anyway

    @property
    def while_listing(self) -> bool:
        """Whether items are made of entries as they are listed."""
        return listing.takes_while_listing(self.filter, self.target.entity_type)

    @property
    def newest_first(self) -> bool:
        """Whether every entry is older than the one before it, within a part."""
        return self.target.entity_type is EntityType.CHANNEL

    @property
    def needs_dates(self) -> bool:
        """Whether the wanted order cannot be told without the date of every entry."""
        return not self.while_listing and not self.newest_first
