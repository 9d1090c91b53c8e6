"""Subtitles that a site did not have are looked for again when somebody asks for them anew."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select

from tests.integration.services.conftest import Archive
from tests.integration.services.lister import Lister
from tests.integration.services.rows import assert_rows_agree
from tests.integration.services.staged import facts_of, publish
from yt_videos_api.cage.gate import Gate
from yt_videos_api.db.tables import Download
from yt_videos_api.domain.choices import Extras, SubtitleFormat
from yt_videos_api.domain.identity import VideoIdentity
from yt_videos_api.domain.states import WorkKind
from yt_videos_api.services import in_vain, settle
from yt_videos_api.services.identify import remember_video
from yt_videos_api.services.leases import Claimed

VIDEO = "aaaaaaaaaaa"
ENGLISH = Extras(subtitle_languages=("en", "fr"), subtitle_sidecars=(SubtitleFormat.VTT,))


@pytest.fixture(scope="module")
def gate() -> Iterator[Gate]:
    """One for all tests; nothing goes through it."""
    with Gate() as running:
        yield running


@pytest.fixture
def lister(archive: Archive, gate: Gate, tmp_path: Path) -> Lister:
    """The site has a playlist with one video. It is the first of January 2026."""
    lister = Lister(archive, gate, tmp_path)
    lister.has("PLsubtitles00", VIDEO)
    return lister


def archive_without_subtitles(lister: Lister, upload_date: str) -> None:
    """The video was archived when the site had subtitles in French alone."""
    archive = lister.archive
    archive.submit(VIDEO, extras=ENGLISH)
    claimed = claim(lister)
    publish(archive, claimed, lister.folder / "staged", "content")
    with archive.database.transaction() as session:
        download = session.scalars(select(Download)).one()
        download.notes = in_vain.notes_on(ENGLISH.subtitle_languages, ["fr"])
        facts = replace(facts_of(VIDEO), upload_date=upload_date)
        remember_video(session, VideoIdentity("youtube", VIDEO), facts, archive.clock.now())
    lister.leases.done_with(claimed.lease)


def claim(lister: Lister) -> Claimed:
    claimed = lister.leases.claim()
    assert claimed is not None
    return claimed


def notes_of(lister: Lister, job_id: str) -> tuple[str, ...]:
    """What the answer says of the file."""
    file = lister.archive.jobs.get(job_id).file
    assert file is not None
    return file.notes


def test_what_was_not_there_is_looked_for_when_somebody_asks_anew_and_only_then(lister: Lister) -> None:
    archive_without_subtitles(lister, "20000101")
    archive = lister.archive
    assert lister.job(archive.submit(VIDEO)).state == "DONE"
    assert lister.job(archive.submit(VIDEO, extras=replace(ENGLISH, subtitle_languages=("fr",)))).state == "DONE"
    job_id = archive.submit(VIDEO, extras=ENGLISH)
    claimed = claim(lister)
    assert claimed.lease.kind is WorkKind.ENRICH
    assert ENGLISH.without(Extras.from_json(claimed.download.delivered or {})).subtitle_languages == ("en",)
    with archive.database.transaction() as session:
        held = settle.hold(session, claimed.lease)
        notes = in_vain.notes_on(["en"], [])
        settle.end_enrichment(session, held, ENGLISH, archive.clock.now(), notes=notes)
    lister.leases.done_with(claimed.lease)
    assert (lister.job(job_id).state, lister.queued()) == ("DONE", 0)
    assert any("no subtitles for en;" in note for note in notes_of(lister, job_id))
    archive.jobs.cancel(archive.submit(VIDEO, extras=ENGLISH))
    assert lister.queued() == 0
    assert_rows_agree(archive.database, archive.library)


@pytest.mark.parametrize(("upload_date", "works"), [("20251230", 1), ("20251201", 0)])
def test_a_list_has_only_its_new_videos_looked_at_again(lister: Lister, upload_date: str, works: int) -> None:
    archive_without_subtitles(lister, upload_date)
    job_id = lister.submit("PLsubtitles00", extras=ENGLISH)
    lister.expand()
    assert lister.queued() == works
    assert lister.job(job_id).state == ("DONE" if works == 0 else "IN_PROGRESS")
