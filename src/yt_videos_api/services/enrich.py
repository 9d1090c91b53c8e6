"""What was asked for after a video was archived, and lies beside it: the work of kind `enrich`.

The media is not touched: a file that was proved is never written anew. A kill between any two lines is finished by
whoever claims next, who takes back what was only half published and begins anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass, replace
from pathlib import Path
from uuid import uuid4

import structlog
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from yt_videos_api.db import queries
from yt_videos_api.db.tables import Download, File
from yt_videos_api.domain.choices import AccessWish, Extras
from yt_videos_api.domain.errors import DownloadFailure, LeaseLost, NotFound
from yt_videos_api.domain.names import collision_key, sidecar_name
from yt_videos_api.domain.offers import VideoFacts
from yt_videos_api.domain.policy import ContainerPolicy
from yt_videos_api.services import identify, settle
from yt_videos_api.services.attempts import rungs_for
from yt_videos_api.services.beside import Companions
from yt_videos_api.services.climb import first_offer
from yt_videos_api.services.clock import Now, utc_now
from yt_videos_api.services.control import RunControl
from yt_videos_api.services.downloads import identity_of
from yt_videos_api.services.faults import FaultPlan
from yt_videos_api.services.leases import Claimed
from yt_videos_api.services.patience import PUBLICATION_SECONDS
from yt_videos_api.services.produce import Adapters, ArchiveRules
from yt_videos_api.services.publish import Published, Publisher, StagedFile, intended
from yt_videos_api.services.seal import seal
from yt_videos_api.services.settle import Lease
from yt_videos_api.services.visit import Destination, Visitor

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _Found:
    """What a visit brought besides files."""

    facts: VideoFacts
    wanted: Extras
    notes: tuple[str, ...]


class Enricher:
    """Fetches what lies beside archived videos. One object serves all threads of a worker."""

    def __init__(
        self,
        adapters: Adapters,
        visitor: Visitor,
        rules: ArchiveRules,
        publisher: Publisher,
        faults: FaultPlan,
        *,
        now: Now = utc_now,
    ) -> None:
        self._adapters = adapters
        self._visitor = visitor
        self._rules = rules
        self._publisher = publisher
        self._faults = faults
        self._now = now

    def run(self, claimed: Claimed, control: RunControl) -> None:
        """See errands.Errand."""
        lease, download = claimed.lease, claimed.download
        self._take_back(lease)
        lacking = _lacking(download)
        missing = _without_cover(lacking, download)
        if not any(astuple(missing)):
            self._end(lease, lacking)
            return
        access = AccessWish.from_json(download.access or {})
        destination = Destination(
            download.source_url,
            access,
            download.access_scope,
            ContainerPolicy(download.container_policy),
            download.entry_index,
        )
        with self._visitor.visit(lease, control, destination) as visit:
            companions = Companions(visit.run, self._adapters.tools, visit.folder.path, missing)
            rungs = rungs_for(self._adapters.database, download.source_url, self._rules.clients, self._now())
            offer = first_offer(visit.run, control, rungs)
            identify.require_same_video(download, offer.facts)
            subtitles = companions.subtitles(offer)
            sidecars = companions.files(offer, subtitles, embedded=(), picture=None, cover=None)
            control.check()
            visit.end_processes()
            staged = seal(visit.folder.path, sidecars)
            found = _Found(offer.facts, lacking, tuple(companions.notes))
            control.check()
            with self._adapters.database.advisory_lock(identity_of(download).digest()):
                self._publish(lease, visit.folder.path, staged, found)

    def _end(self, lease: Lease, lacking: Extras) -> None:
        """All that is lacking lies there already: nobody has to be asked."""

        def write(session: Session) -> None:
            now = self._now()
            if settle.outcome_of(session, lease) != "finalized":
                settle.end_enrichment(session, settle.hold(session, lease), lacking, now, notes=())
                settle.end_run(session, lease, "finalized", now)

        self._adapters.database.retrying(write, patience_seconds=PUBLICATION_SECONDS)

    def _publish(self, lease: Lease, folder: Path, staged: Sequence[StagedFile], found: _Found) -> None:
        """P7 to P9 of files that go beside one that is there already."""
        database, published = self._adapters.database, list[Published]()
        with self._faults.around("worker.enrich.P7"):
            try:
                self._reserve_all(lease, staged)
            except IntegrityError:
                # Another rendition of the video took the name of our sidecar at the same moment; now it is seen.
                self._reserve_all(lease, staged)
        try:
            with self._faults.around("worker.enrich.P8"):
                for file in self._intended(lease):
                    published.append(self._publisher.put(lease, folder, file))
            with self._faults.around("worker.enrich.P9"):
                database.retrying(
                    lambda session: self._commit(session, lease, found),
                    patience_seconds=PUBLICATION_SECONDS,
                    committed=lambda: self._faults.reach("worker.enrich.P9.commit"),
                )
        except LeaseLost:
            self._publisher.retract(published)
            raise
        except NotFound as error:
            raise DownloadFailure("engine_crashed", f"a staged file vanished: {error}") from error

    def _reserve_all(self, lease: Lease, staged: Sequence[StagedFile]) -> None:
        self._adapters.database.retrying(
            lambda session: self._intend(session, lease, staged),
            patience_seconds=PUBLICATION_SECONDS,
            committed=lambda: self._faults.reach("worker.enrich.P7.commit"),
        )

    def _intend(self, session: Session, lease: Lease, staged: Sequence[StagedFile]) -> None:
        """Reserve the names, unless an earlier commit of this went through although its answer was lost."""
        held = settle.hold(session, lease)
        files = queries.files_of(session, held.download.id)
        if any(file.state == "intended" for file in files):
            return
        media = next(file for file in files if file.kind == "media")
        for file in staged:
            if any(known.kind == file.kind and known.sha256 == file.sha256 for known in files):
                continue  # it lies there already, under this name or one like it
            key = self._free_key(session, media.path, file.suffix)
            session.add(intended(held.download.id, file, key, self._now()))
            session.flush()

    def _free_key(self, session: Session, media_path: str, suffix: str) -> str:
        """A name that media centres still take for one of this video when a plain one belongs to another rendition."""
        key = sidecar_name(media_path, suffix)
        while self._is_taken(session, key):
            key = sidecar_name(media_path, f".{uuid4().hex[:4]}{suffix}")
        return key

    def _is_taken(self, session: Session, key: str) -> bool:
        known = session.scalar(select(File.id).where(File.collision_key == collision_key(key)))
        return known is not None or self._adapters.library.stat(key) is not None

    def _intended(self, lease: Lease) -> list[File]:
        with self._adapters.database.transaction() as session:
            settle.hold(session, lease)
            return [file for file in queries.files_of(session, lease.download_id) if file.state == "intended"]

    def _commit(self, session: Session, lease: Lease, found: _Found) -> None:
        now = self._now()
        if settle.outcome_of(session, lease) == "finalized":
            return
        held = settle.hold(session, lease)
        for file in queries.files_of(session, held.download.id):
            file.state = "published"
        identify.remember_video(session, identity_of(held.download).video, found.facts, now)
        settle.end_enrichment(session, held, found.wanted, now, notes=found.notes)
        settle.end_run(session, lease, "finalized", now)
        log.info("enriched", download_id=lease.download_id)

    def _take_back(self, lease: Lease) -> None:
        """Remove what a run that died had half published: whatever it was, it is fetched again."""
        ours = {file.id for file in self._intended(lease) if self._publisher.is_ours(file)}

        def write(session: Session) -> None:
            settle.hold(session, lease)
            for file in queries.files_of(session, lease.download_id):
                if file.state == "intended":
                    if file.id in ours:
                        self._adapters.library.remove(file.path)
                    session.delete(file)

        self._adapters.database.retrying(write, patience_seconds=PUBLICATION_SECONDS)


def _lacking(download: Download) -> Extras:
    """What is to lie beside the media and was not fetched yet."""
    return settle.extras_of(download).without(Extras.from_json(download.delivered or {})).beside()


def _without_cover(lacking: Extras, download: Download) -> Extras:
    """A cover that lies beside the media is its thumbnail."""
    return replace(lacking, thumbnail=lacking.thumbnail and download.cover != "sidecar")
