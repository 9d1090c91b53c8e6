"""P3: which video is behind an address, also when it is another one than the last time."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select

from tests.integration.services.conftest import Archive
from tests.integration.services.rows import assert_rows_agree
from tests.integration.services.staged import publisher_of, stage
from yt_videos_api.db.tables import Download, File, VideoAlias
from yt_videos_api.domain.choices import AccessWish, Extras
from yt_videos_api.domain.errors import DownloadFailure
from yt_videos_api.domain.identity import DownloadIdentity, VideoIdentity, scope_of, url_key
from yt_videos_api.domain.offers import VideoFacts
from yt_videos_api.domain.policy import ContainerPolicy
from yt_videos_api.domain.states import DownloadState, JobState
from yt_videos_api.domain.targets import EntityType
from yt_videos_api.services.attempts import AttemptLog
from yt_videos_api.services.downloads import Wish, find_or_create
from yt_videos_api.services.faults import FaultPlan
from yt_videos_api.services.identify import RunPlace, Superseded, identify, require_same_video
from yt_videos_api.services.leases import Claimed
from yt_videos_api.services.submit import JobRequest, Submission, UrlRules

PAGE = "https://site.example/latest"
OTHER_PAGE = "https://site.example/latest?from=mail"


def claim(archive: Archive) -> Claimed:
    claimed = archive.leases().claim()
    assert claimed is not None
    return claimed


def said(video: VideoIdentity) -> VideoFacts:
    """What the site says of it."""
    return VideoFacts(video.extractor, video.video_id, title="A video", webpage_url=PAGE)


def see(archive: Archive, claimed: Claimed, extractor: str, video_id: str) -> VideoIdentity:
    """The site says that this is the video. Raises Superseded."""
    return identify(
        archive.database,
        claimed.lease,
        said(VideoIdentity(extractor, video_id)),
        attempts=AttemptLog(archive.clock.now, judges_clients=False),
        place=RunPlace("folder", 2**31 - 1),
        lost_files=archive.lost_files,
        now=archive.clock.now,
        committed=lambda: None,
    )


def archive_as(archive: Archive, folder: Path, extractor: str, video_id: str) -> None:
    """Archive the next due download as this video."""
    claimed = claim(archive)
    video = see(archive, claimed, extractor, video_id)
    publication = stage(folder, f"{claimed.lease.run_id}", video=video, claimed=claimed)
    attempts = AttemptLog(archive.clock.now, judges_clients=False)
    publisher_of(archive).publish(claimed.lease, folder, publication, attempts)


def submit_mkv(archive: Archive, address: str) -> str:
    request = JobRequest(EntityType.URL, address, ContainerPolicy.MKV)
    return archive.submission.submit(request).job_id


def download(archive: Archive, download_id: str) -> Download:
    with archive.database.reading() as session:
        return session.get_one(Download, download_id)


def alias_of(archive: Archive, address: str) -> tuple[str, str]:
    with archive.database.reading() as session:
        alias = session.get_one(VideoAlias, url_key(address))
    return alias.extractor, alias.video_id


def test_an_address_that_shows_another_video_today_is_archived_as_that_one(archive: Archive, tmp_path: Path) -> None:
    archive.submit(PAGE)
    archive_as(archive, tmp_path / "1", "somesite", "first")
    job_id = submit_mkv(archive, PAGE)
    archive_as(archive, tmp_path / "2", "somesite", "second")
    assert alias_of(archive, PAGE) == ("somesite", "second")
    (item,) = archive.jobs.get(job_id).items
    assert item.video is not None
    assert item.video.video_id == "second"


def test_an_address_that_shows_an_archived_video_today_is_answered_with_that_one(
    archive: Archive, tmp_path: Path
) -> None:
    archive.submit(PAGE)
    archive_as(archive, tmp_path / "1", "somesite", "first")
    submit_mkv(archive, OTHER_PAGE)
    archive_as(archive, tmp_path / "2", "somesite", "second")
    job_id = submit_mkv(archive, PAGE)
    with pytest.raises(Superseded):
        see(archive, claim(archive), "somesite", "second")
    assert archive.jobs.get(job_id).state is JobState.DONE
    assert_rows_agree(archive.database, archive.library)


def test_a_video_asked_for_by_its_id_stays_that_video_whatever_is_said_of_it(archive: Archive) -> None:
    archive.submit("aaaaaaaaaaa")
    assert see(archive, claim(archive), "youtube", "bbbbbbbbbbb") == VideoIdentity("youtube", "aaaaaaaaaaa")


def test_a_page_that_turned_out_to_be_a_youtube_video_is_asked_for_there_from_then_on(archive: Archive) -> None:
    archive.submit(PAGE)
    claimed = claim(archive)
    see(archive, claimed, "youtube", "aaaaaaaaaaa")
    assert download(archive, claimed.download.id).source_url == "https://www.youtube.com/watch?v=aaaaaaaaaaa"
    see(archive, claimed, "youtube", "bbbbbbbbbbb")
    assert download(archive, claimed.download.id).video_id == "aaaaaaaaaaa"


def test_a_known_page_and_the_id_of_its_video_are_one_download_that_is_asked_for_by_the_id(
    archive: Archive, tmp_path: Path
) -> None:
    archive.submit(PAGE)
    archive_as(archive, tmp_path / "1", "youtube", "aaaaaaaaaaa")
    submit_mkv(archive, PAGE)
    submit_mkv(archive, "https://youtu.be/aaaaaaaaaaa")
    claimed = claim(archive)
    assert claimed.download.source_url == "https://www.youtube.com/watch?v=aaaaaaaaaaa"


def test_a_second_address_of_a_video_deleted_by_hand_brings_it_back(archive: Archive, tmp_path: Path) -> None:
    archive.submit(PAGE)
    archive_as(archive, tmp_path / "1", "somesite", "first")
    with archive.database.reading() as session:
        path = session.scalars(select(File.path).where(File.kind == "media")).one()
    (tmp_path / "library" / path).unlink()
    job_id = archive.submit(OTHER_PAGE)
    archive_as(archive, tmp_path / "2", "somesite", "first")
    assert archive.jobs.get(job_id).state is JobState.DONE
    assert (tmp_path / "library" / path).exists()
    assert_rows_agree(archive.database, archive.library)


@pytest.mark.parametrize("wanted", [True, False])
def test_a_second_address_revives_a_cancelled_run_only_for_somebody_who_waits(archive: Archive, wanted: bool) -> None:
    first_job = archive.submit(PAGE)
    first = claim(archive)
    see(archive, first, "somesite", "first")
    archive.jobs.cancel(first_job)
    second_job = archive.submit(OTHER_PAGE)
    second = claim(archive)
    if not wanted:
        archive.jobs.cancel(second_job)
    with pytest.raises(Superseded):
        see(archive, second, "somesite", "first")
    row = download(archive, first.download.id)
    assert (row.state, row.cancel_requested) == (DownloadState.RUNNING, not wanted)


def test_nothing_of_another_video_is_fetched_for_an_archived_one() -> None:
    shown = said(VideoIdentity("site", "today"))
    require_same_video(Download(extractor="site", video_id="today", source_url=PAGE), shown)
    with pytest.raises(DownloadFailure) as refused:
        require_same_video(Download(extractor="site", video_id="yesterday", source_url=PAGE), shown)
    assert refused.value.code == "video_unavailable"
    address = "https://www.youtube.com/watch?v=yesterday01"  # an address that names the video shows that one or none
    require_same_video(Download(extractor="youtube", video_id="yesterday01", source_url=address), shown)


def submit_with_cookies(archive: Archive) -> str:
    """A job for the page, with the cookies that were uploaded for its site."""
    submission = Submission(
        archive.database,
        archive.lost_files,
        archive.announcer,
        url_rules=UrlRules(),
        faults=FaultPlan(),
        has_cookies=lambda address, _owner: address == PAGE,
        now=archive.clock.now,
    )
    request = JobRequest(EntityType.URL, PAGE, ContainerPolicy.WEBM, access=AccessWish(use_cookies=True))
    return submission.submit(request).job_id


def uses_cookies(archive: Archive, download_id: str) -> bool:
    return AccessWish.from_json(download(archive, download_id).access or {}).use_cookies


def test_the_cookies_of_a_page_are_not_for_the_site_of_the_video_in_it(archive: Archive) -> None:
    submit_with_cookies(archive)
    claimed = claim(archive)
    see(archive, claimed, "youtube", "aaaaaaaaaaa")
    assert not uses_cookies(archive, claimed.download.id)
    submit_with_cookies(archive)  # by now it is known what is in the page
    assert not uses_cookies(archive, claimed.download.id)


def test_the_cookies_of_a_page_are_still_used_for_a_video_of_its_site(archive: Archive) -> None:
    submit_with_cookies(archive)
    claimed = claim(archive)
    see(archive, claimed, "somesite", "first")
    assert uses_cookies(archive, claimed.download.id)


def test_a_page_with_cookies_gives_none_of_them_to_the_download_of_the_video_in_it(archive: Archive) -> None:
    address = "https://www.youtube.com/watch?v=aaaaaaaaaaa"
    identity = DownloadIdentity(VideoIdentity("youtube", "aaaaaaaaaaa"), "webm", "", scope_of(None))
    with archive.database.transaction() as session:
        other = find_or_create(session, identity, Wish(address, Extras(), priority=200), archive.clock.now())
    submit_with_cookies(archive)
    claimed = claim(archive)
    assert claimed.download.id != other.id
    with pytest.raises(Superseded):
        see(archive, claimed, "youtube", "aaaaaaaaaaa")
    assert not uses_cookies(archive, other.id)
