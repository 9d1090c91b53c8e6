"""P3 to P6 of one run: from an address to verified files in staging, ready to be published."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import structlog

from yt_videos_api.cage.gate import Gate, GateSession
from yt_videos_api.cage.runs import RECORDED_RUNG, Engine, EngineRun, RunLimits, RunSpec, TransferProgress
from yt_videos_api.db.engine import Database
from yt_videos_api.domain.choices import AccessWish, Extras, Live, Selection
from yt_videos_api.domain.errors import DownloadFailure
from yt_videos_api.domain.identity import DownloadIdentity
from yt_videos_api.domain.ladder import DEFAULT_CLIENTS
from yt_videos_api.domain.name_template import DEFAULT_TEMPLATE, NameTemplate
from yt_videos_api.domain.offers import Chapter, Cut, FetchedSubtitle, MediaRequest, Offer, Part, VideoFacts
from yt_videos_api.domain.policy import ContainerPolicy
from yt_videos_api.domain.progress import Progress, Stage, overall_percentage, transfer_progress
from yt_videos_api.domain.retry import may_retry
from yt_videos_api.domain.targets import is_youtube_address
from yt_videos_api.events.base import ProgressBoard
from yt_videos_api.media.tools import Tools
from yt_videos_api.media.verify import Verified
from yt_videos_api.services import settle
from yt_videos_api.services.assemble import Muxed, Wishes, assemble, check, forget_parts, surely_needs_pass
from yt_videos_api.services.attempts import AttemptLog, rungs_for
from yt_videos_api.services.beside import Companions, Marks, Sidecar, no_marks
from yt_videos_api.services.climb import Climb, Transferred, first_offer
from yt_videos_api.services.clock import Now
from yt_videos_api.services.control import RunControl
from yt_videos_api.services.downloads import LostFiles, identity_of
from yt_videos_api.services.faults import FaultPlan
from yt_videos_api.services.identify import RunPlace, identify, require_same_video
from yt_videos_api.services.in_cage import opened_in_cage
from yt_videos_api.services.leases import Claimed
from yt_videos_api.services.means import Means, MeansBook
from yt_videos_api.services.publish import Publication
from yt_videos_api.services.remux import fetch, find_donor
from yt_videos_api.services.seal import seal
from yt_videos_api.storage.base import Library
from yt_videos_api.storage.staging import Staging, StagingFolder

log = structlog.get_logger()

SPACE_CHECK_SECONDS = 2.0
# What is found wrong with parts that arrived as a whole.
_BAD_BYTES = frozenset({"damaged_media", "not_media", "incomplete", "media_tool_failed"})
_FRESH_STARTS = 2  # how often they are fetched again; an ffmpeg that still fails then is not the fault of the bytes


@dataclass(frozen=True, slots=True)
class ArchiveRules:
    """What the settings say about every run."""

    clients: tuple[str, ...] = DEFAULT_CLIENTS
    limits: RunLimits = field(default_factory=RunLimits)
    ca_file: Path | None = None
    reserve_bytes: int = 2**30  # free space that no run may eat into
    live_max_seconds: int = 12 * 3600  # longest recording of a live stream
    live_wait_seconds: float = 168 * 3600.0  # how long the start of one is waited for
    names: NameTemplate = DEFAULT_TEMPLATE


@dataclass(frozen=True, slots=True)
class Adapters:
    """The outside world of a run."""

    database: Database
    engine: Engine
    gate: Gate
    library: Library
    staging: Staging
    tools: Tools
    progress: ProgressBoard
    lost_files: LostFiles
    means: MeansBook = field(default_factory=MeansBook)
    marks_through: Callable[[str | None], Marks] = lambda _upstream: no_marks  # by the proxy of the job


@dataclass(frozen=True, slots=True)
class _Made:
    """What the processes of a run leave in staging."""

    facts: VideoFacts
    muxed: Muxed
    verified: Verified
    sidecars: tuple[Sidecar, ...]
    delivered: Extras
    notes: tuple[str, ...] = ()
    made_from: str | None = None
    cut: Cut | None = None


class Production:
    """One run that starts from nothing, or from the parts an earlier one left."""

    def __init__(
        self,
        adapters: Adapters,
        rules: ArchiveRules,
        *,
        faults: FaultPlan,
        claimed: Claimed,
        control: RunControl,
        folder: StagingFolder,
        attempts: AttemptLog,
        now: Now,
    ) -> None:
        self._adapters = adapters
        self._rules = rules
        self._faults = faults
        self._lease = claimed.lease
        self._download = claimed.download
        self._retries_so_far = claimed.retry_count
        self._identity = identity_of(claimed.download)
        self._wishes = Wishes(ContainerPolicy(claimed.download.container_policy), settle.extras_of(claimed.download))
        self._control = control
        self._folder = folder
        self._attempts = attempts
        self._now = now
        self._space_checked_at = 0.0
        self._marks: Marks = no_marks

    def produce(self) -> Publication:
        """From the address to verified and durable files. Raises DownloadFailure, RunEnded, Unavailable."""
        wish = AccessWish.from_json(self._download.access or {})
        means = self._adapters.means.look_up(wish, self._download.source_url, self._download.access_scope)
        self._marks = self._adapters.marks_through(means.upstream)
        self._say(Stage.EXTRACT, 0.0)
        adapters = self._adapters
        with opened_in_cage(
            adapters.engine,
            adapters.gate,
            means,
            self._folder,
            self._control,
            lambda session: self._spec(session, means),
        ) as opened:
            made = self._make(opened.run, opened.session)
        # The processes are gone: nobody can change the files any more, so now a hash means something.
        self._faults.reach("worker.P6.hash")
        self._control.check()
        publication = self._seal(made)
        self._faults.reach("worker.P6.after")
        self._control.check()
        return publication

    def _make(self, run: EngineRun, session: GateSession) -> _Made:
        made = self._remux(run)
        if made is not None:
            return made
        transferred = self._transfer(run, session)
        self._faults.reach("worker.P4.after")
        self._control.check()
        try:
            return self._put_together(run, transferred)
        except DownloadFailure as failure:
            # The same bytes would fail the same way. The last ones stay: they may be looked into. A recording stays,
            # too: it cannot be had again.
            recorded = transferred.offer.facts.live_status == "is_live"
            if failure.code in _BAD_BYTES and self._retries_so_far < _FRESH_STARTS and not recorded:
                forget_parts(self._folder.path, transferred.parts)
            raise

    def _remux(self, run: EngineRun) -> _Made | None:
        """Another container of what is archived already: nothing is transferred; None when that cannot be.

        The site is asked only for what goes into the file and is not in the archive. Should it not answer, that lies
        beside the file later, as all that is wanted beside it (services/enrich.py).
        """
        donor = find_donor(self._adapters.database, self._download)
        if donor is None:
            return None
        self._require_room(2 * donor.media.size_bytes)
        fetched = fetch(self._adapters.library, donor, self._folder.path)
        if fetched is None:
            return None
        part, cover = fetched
        wanted = self._wishes.extras
        delivered = Extras(wanted.embed_metadata, wanted.embed_cover_art, wanted.embed_chapters)
        companions = Companions(run, self._adapters.tools, self._folder.path, wanted)
        subtitles, chapters = self._fetch_for_remux(run, companions)
        try:
            muxed, verified = self._assemble(
                run, (part,), donor.facts, cover=cover, subtitles=subtitles, chapters=chapters, from_archive=True
            )
        except DownloadFailure as failure:
            if failure.code not in _BAD_BYTES:
                raise
            log.warning("remux_failed", made_from=donor.download_id, code=failure.code, detail=failure.detail)
            return None
        finally:
            forget_parts(self._folder.path, (part,))
        sidecars = companions.subtitle_files(subtitles, muxed.embedded_subtitles)
        if chapters is not None:
            delivered = replace(delivered, sponsorblock=wanted.sponsorblock)
        if subtitles:
            delivered = delivered.merged(wanted.subtitles_only())
        if muxed.cover_name:
            sidecars.append(Sidecar("cover", muxed.cover_name, ".jpg"))
        return _Made(
            donor.facts, muxed, verified, tuple(sidecars), delivered, tuple(companions.notes), donor.download_id
        )

    def _fetch_for_remux(
        self, run: EngineRun, companions: Companions
    ) -> tuple[tuple[FetchedSubtitle, ...], tuple[Chapter, ...] | None]:
        """What is to go into the file besides the archived streams; nothing when the site does not give it."""
        wanted = self._wishes.extras
        if not (wanted.embed_subtitles or wanted.sponsorblock):
            return (), None
        try:
            offer = first_offer(run, self._control, self._rungs())
            require_same_video(self._download, offer.facts)
            subtitles = companions.subtitles(offer) if wanted.embed_subtitles else ()
        except DownloadFailure as failure:
            log.info("remux_without_site", code=failure.code, detail=failure.detail)
            return (), None
        marked = companions.chapters(offer.facts, self._marks) if wanted.sponsorblock else None
        return subtitles, marked

    def _put_together(self, run: EngineRun, transferred: Transferred) -> _Made:
        offer, extras = transferred.offer, self._wishes.extras
        companions = Companions(run, self._adapters.tools, self._folder.path, extras)
        self._say(Stage.MUX, 0.0)
        cover = self._fetch_cover(run, offer) if extras.embed_cover_art else None
        try:
            subtitles, delivered = companions.subtitles(offer), extras
        except DownloadFailure as failure:
            # The video is here. It is archived, and its subtitles are fetched next, with patience (services/enrich.py).
            self._control.check()
            log.info("subtitles_put_off", code=failure.code, detail=failure.detail)
            subtitles, delivered = (), extras.but_subtitles()
        muxed, verified = self._assemble(
            run,
            transferred.parts,
            offer.facts,
            cover=cover,
            subtitles=subtitles,
            chapters=companions.chapters(offer.facts, self._marks),
        )
        self._control.check()
        sidecars = companions.files(
            offer, subtitles, embedded=muxed.embedded_subtitles, picture=cover, cover=muxed.cover_name
        )
        cut = next((part.cut for part in transferred.parts if part.cut), None)
        return _Made(offer.facts, muxed, verified, sidecars, delivered, tuple(companions.notes), cut=cut)

    def _assemble(
        self,
        run: EngineRun,
        parts: tuple[Part, ...],
        facts: VideoFacts,
        *,
        cover: str | None,
        subtitles: tuple[FetchedSubtitle, ...] = (),
        chapters: tuple[Chapter, ...] | None = None,
        from_archive: bool = False,
    ) -> tuple[Muxed, Verified]:
        """P5, and P6 up to the hash."""
        with self._faults.around("worker.P5"):
            muxed = assemble(
                run,
                self._adapters.tools,
                self._folder.path,
                parts=parts,
                facts=facts,
                wishes=self._wishes,
                cover_file=cover,
                require_room=self._require_room,
                subtitles=subtitles,
                chapters=chapters,
                from_archive=from_archive,
            )
        self._control.check()
        self._say(Stage.VERIFY, 0.0)
        self._faults.reach("worker.P6.before")
        return muxed, check(run, self._adapters.tools, self._folder.path, muxed, facts)

    def _fetch_cover(self, run: EngineRun, offer: Offer) -> str | None:
        self._faults.reach("worker.P4.cover")
        return run.fetch_cover(offer)

    def _spec(self, session: GateSession, means: Means) -> RunSpec:
        wish = AccessWish.from_json(self._download.access or {})
        return RunSpec(
            media=MediaRequest(
                self._download.source_url,
                ContainerPolicy(self._download.container_policy),
                Selection.from_key(self._download.selection),
                self._download.entry_index,
                wish.live,
                wish.live_limit_seconds or self._rules.live_max_seconds,
            ),
            folder=self._folder.path,
            scratch=self._folder.scratch,
            proxy_url=session.proxy_url,
            ca_file=self._rules.ca_file,
            lock_fd=self._folder.lock_fd,
            limits=self._rules.limits,
            access=means.access,
        )

    def _transfer(self, run: EngineRun, session: GateSession) -> Transferred:
        youtube = is_youtube_address(self._download.source_url)
        rungs = self._rungs()

        def on_offer(offer: Offer) -> None:
            self._faults.reach("worker.P3.identify")
            video = identify(
                self._adapters.database,
                self._lease,
                offer.facts,
                attempts=self._attempts,
                lost_files=self._adapters.lost_files,
                place=RunPlace(self._folder.path.name, run.group),
                now=self._now,
                committed=lambda: self._faults.reach("worker.P3.commit"),
            )
            self._identity = identity_of(self._download, video)
            self._faults.reach("worker.P3.after")
            self._faults.reach("worker.P4.before")

        climb = Climb(
            run, session, self._control, self._attempts, on_offer=on_offer, on_progress=self._on_transfer_progress
        )
        wanted_height = Selection.from_key(self._download.selection).max_height
        self._faults.reach("worker.P3.before")
        retries = self._retries_so_far
        try:
            return climb.climb(rungs, youtube=youtube, wanted_height=wanted_height, retries_so_far=retries)
        except DownloadFailure as failure:
            if may_retry(failure.code, retries) or not self._records_live():
                raise
            return self._salvage(climb, failure)

    def _salvage(self, climb: Climb, failure: DownloadFailure) -> Transferred:
        """The last try at a live stream: what was recorded of it so far. It cannot be had again."""
        try:
            return climb.climb((RECORDED_RUNG,), youtube=False, wanted_height=None, retries_so_far=0)
        except DownloadFailure:
            raise failure from None

    def _records_live(self) -> bool:
        return AccessWish.from_json(self._download.access or {}).live is Live.RECORD

    def _rungs(self) -> Sequence[str]:
        database, clients = self._adapters.database, self._rules.clients
        return rungs_for(database, self._download.source_url, clients, self._now())

    def _on_transfer_progress(self, offer: Offer, progress: TransferProgress) -> None:
        self._faults.reach("worker.P4.progress")
        self._control.check()
        self._control.done_bytes = progress.done_bytes
        clock = time.monotonic()
        if clock - self._space_checked_at > SPACE_CHECK_SECONDS:
            self._space_checked_at = clock
            total_bytes = max(progress.total_bytes or 0, progress.done_bytes)
            second_copy_bytes = total_bytes if surely_needs_pass(offer.streams, self._wishes) else 0
            self._require_room(total_bytes - progress.done_bytes + second_copy_bytes)
        self._adapters.progress.put(
            self._download.id,
            transfer_progress(progress.done_bytes, progress.total_bytes, progress.bytes_per_second),
        )

    def _require_room(self, missing_bytes: int) -> None:
        free = self._adapters.library.free_bytes()
        if free - missing_bytes < self._rules.reserve_bytes:
            raise DownloadFailure("no_space", f"{free} bytes free, {missing_bytes} to come")

    def _say(self, stage: Stage, fraction: float) -> None:
        self._adapters.progress.put(
            self._download.id,
            Progress(stage, overall_percentage(stage, fraction), done_bytes=self._control.done_bytes),
        )

    def _seal(self, made: _Made) -> Publication:
        """Hash and sync the files; reading and writing back go side by side."""
        sidecars = (Sidecar("media", made.muxed.name, ""), *made.sidecars)
        files = seal(self._folder.path, sidecars)
        self._say(Stage.PUBLISH, 0.0)
        identity = self._identity_of(made)
        return Publication(
            files=files,
            facts=made.facts,
            identity_hash=identity.digest(),
            selection=identity.selection,
            container=made.muxed.container,
            policy_met=made.muxed.policy_met,
            cover=made.muxed.cover,
            height=made.verified.height,
            duration_seconds=made.verified.duration_seconds,
            delivered=made.delivered,
            video_codec=made.verified.video_codec,
            audio_codec=made.verified.audio_codec,
            transcoded_from=made.muxed.transcoded_from,
            made_from=made.made_from,
            notes=(*made.notes, made.cut.value) if made.cut else made.notes,
        )

    def _identity_of(self, made: _Made) -> DownloadIdentity:
        """Of what was made: a recording that was ended is not what was asked for, so that this can still be had."""
        if made.cut is None:
            return self._identity
        wished = Selection.from_key(self._identity.selection)
        ended = wished.cut_short(made.verified.duration_seconds or 0.0, self._now())
        return replace(self._identity, selection=ended.key())
