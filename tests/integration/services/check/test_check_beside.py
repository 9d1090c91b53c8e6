"""What lies beside an archived video, and what is still being fetched for it: I1, I3, I7, I8, I12."""

from __future__ import annotations

import hashlib
from uuid import uuid4

import pytest

from tests.integration.services.check.conftest import Checked
from yt_videos_api.db.tables import Download, File, JobVideo, Run, Work
from yt_videos_api.domain.choices import Extras
from yt_videos_api.domain.names import collision_key
from yt_videos_api.domain.states import WorkKind
from yt_videos_api.services import settle
from yt_videos_api.services.check import Depth
from yt_videos_api.storage.base import STAGING_FOLDER

WITH_THUMBNAIL = Extras(thumbnail=True)
on_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture
def later(good: Checked) -> Checked:
    """Somebody wants a thumbnail of the archived video, too: nobody has begun to fetch it."""
    good.archive.submit("finalized00", extras=WITH_THUMBNAIL)
    return good


def work_of(good: Checked) -> Work:
    work: Work = good.row(Work, download_id=good.ids["finalized"])
    return work


def has_work(good: Checked) -> bool:
    with good.archive.database.reading() as session:
        return settle.has_work(session, good.ids["finalized"])


def waiting_item(good: Checked) -> JobVideo:
    item: JobVideo = good.row(JobVideo, download_id=good.ids["finalized"], state="IN_PROGRESS")
    return item


def lose_work(good: Checked) -> None:
    with good.archive.database.transaction() as session:
        settle.end_work(session, good.ids["finalized"])


def add_file(good: Checked, kind: str, content: bytes, *, state: str, there: bool = True) -> File:
    """A file beside the archived video, as its row says it is."""
    path = good.media().path.removesuffix("webm") + kind
    if there:
        (good.root / path).write_bytes(content)
    file = File(
        id=uuid4().hex,
        download_id=good.ids["finalized"],
        kind=kind,
        path=path,
        collision_key=collision_key(path),
        staged_name="staged",
        size_bytes=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        state=state,
        created_at=good.archive.clock.now(),
    )
    with good.archive.database.transaction() as session:
        session.add(file)
    return file


@pytest.mark.parametrize("depth", list(Depth))
def test_video_that_something_is_still_fetched_for_is_as_it_should_be(later: Checked, depth: Depth) -> None:
    add_file(later, "thumbnail", b"on its way", state="intended", there=False)
    assert later.check(depth).violations == ()
    assert work_of(later).kind == "enrich"
    assert waiting_item(later).state == "IN_PROGRESS"


def test_run_that_fetches_something_later_is_as_it_should_be(later: Checked) -> None:
    kinds = {claimed.lease.kind for claimed in iter(later.leases.claim, None) if claimed}
    assert kinds == {WorkKind.ARCHIVE, WorkKind.ENRICH}
    assert later.check(Depth.QUICK).violations == ()


@on_sqlite
def test_run_of_an_earlier_work_of_the_same_video_is_found_and_ended(later: Checked) -> None:
    """Both begin with epoch one."""
    while later.leases.claim():
        pass
    archived = later.row(Run, download_id=later.ids["finalized"], outcome="finalized")
    later.plant(Run, {"id": archived.id}, ended_at=None, outcome=None)
    assert later.codes(Depth.QUICK) == ["I6"]
    later.assert_mended_by_repair()
    assert later.row(Run, id=archived.id).outcome == "lost"
    assert later.row(Run, download_id=later.ids["finalized"], ended_at=None).work_id == work_of(later).id


def test_lost_work_that_an_item_waits_for_is_found_and_made_again(later: Checked) -> None:
    lose_work(later)
    assert later.codes(Depth.QUICK) == ["I3"]
    later.assert_mended_by_repair()
    assert work_of(later).kind == "enrich"
    assert waiting_item(later).state == "IN_PROGRESS"


@on_sqlite
def test_lost_work_for_what_is_there_already_lets_the_item_be_done(later: Checked) -> None:
    item = waiting_item(later)
    lose_work(later)
    later.plant(Download, {"id": later.ids["finalized"]}, delivered=WITH_THUMBNAIL.to_json())
    later.assert_mended_by_repair()
    assert later.row(JobVideo, id=item.id).state == "DONE"


@on_sqlite
def test_work_that_would_archive_an_archived_video_again_is_found_and_dropped(later: Checked) -> None:
    later.plant(Work, {"id": work_of(later).id}, kind="archive")
    assert set(later.codes(Depth.QUICK)) == {"I3", "I7"}
    later.assert_mended_by_repair()
    assert work_of(later).kind == "enrich"  # for the item that waits


@on_sqlite
def test_crashes_of_later_work_beyond_the_maximum_are_found_and_limited(later: Checked) -> None:
    later.plant(Work, {"id": work_of(later).id}, crash_count=3)
    assert later.codes(Depth.QUICK) == ["I7"]
    later.assert_mended_by_repair()
    assert work_of(later).crash_count == 2


@on_sqlite
def test_sidecar_that_nobody_will_publish_is_found_and_forgotten(good: Checked) -> None:
    file = add_file(good, "nfo", b"<movie/>", state="intended", there=False)
    assert set(good.codes(Depth.QUICK)) == {"I1", "I8"}
    good.assert_mended_by_repair()
    assert good.row(Download, id=good.ids["finalized"]).state == "finalized"
    assert not (good.root / file.path).exists()


@on_sqlite
def test_sidecar_that_lies_there_and_counts_as_intended_is_counted_as_published(good: Checked) -> None:
    file = add_file(good, "nfo", b"<movie/>", state="intended")
    assert good.codes() == ["I8"]
    good.assert_mended_by_repair()
    assert good.row(File, id=file.id).state == "published"


@on_sqlite
def test_lost_sidecar_is_given_up_alone_and_fetched_again_for_who_asks(good: Checked) -> None:
    delivered = Extras(thumbnail=True, nfo=True).to_json()
    good.plant(Download, {"id": good.ids["finalized"]}, delivered=delivered, extras=delivered)
    add_file(good, "thumbnail", b"a picture", state="published", there=False)
    assert good.codes(Depth.QUICK) == ["I1"]
    good.assert_mended_by_repair()
    assert good.archive.jobs.get(good.item_of("finalized").job_id).state == "DONE"
    good.archive.submit("finalized00", extras=Extras(nfo=True))
    assert not has_work(good), "the NFO is still there"
    good.archive.submit("finalized00", extras=WITH_THUMBNAIL)
    assert work_of(good).kind == "enrich"


@on_sqlite
@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("thumbnail", b"GIF89a no picture of ours"),
        ("subtitle", b"WEBVTT\n\n00:01.000 --> 00:02.000\nIts name is no subtitle's.\n"),
        ("info_json", b"[1, 2]"),
        ("nfo", b'<!DOCTYPE x SYSTEM "file:///etc/passwd"><movie/>'),
    ],
)
def test_sidecar_that_is_not_what_it_says_is_found_by_a_deep_check_and_set_aside(
    good: Checked, kind: str, content: bytes
) -> None:
    file = add_file(good, kind, content, state="published")
    assert good.codes(Depth.NORMAL) == []
    (violation,) = good.check().violations
    assert (violation.invariant, violation.subject) == ("I12", file.path)
    good.assert_mended_by_repair()
    assert not (good.root / file.path).exists()
    aside = (good.root / STAGING_FOLDER / ".set-aside").rglob("*")
    assert [path.read_bytes() for path in aside if path.is_file()] == [content]
    assert good.row(Download, id=good.ids["finalized"]).state == "finalized"


@on_sqlite
def test_kind_of_file_that_nobody_knows_is_told_and_left_alone(good: Checked) -> None:
    file = add_file(good, "hologram", b"?", state="published")
    (violation,) = good.check(repair=True).violations
    assert (violation.invariant, violation.subject, violation.repaired) == ("I8", file.path, False)
    assert (good.root / file.path).exists()


@on_sqlite
def test_lost_video_ends_what_was_being_fetched_beside_it(later: Checked) -> None:
    while later.leases.claim():
        pass
    (later.root / later.media().path).unlink()
    item = waiting_item(later)
    later.archive.submit("finalized00")  # who wants it back gets it anew
    assert later.row(Download, id=later.ids["finalized"]).state == "removed"
    assert later.row(JobVideo, id=item.id).state == "DONE"
    assert later.check(Depth.QUICK).violations == ()
