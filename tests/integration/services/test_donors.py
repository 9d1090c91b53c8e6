"""Which archived rendition another container is made of."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import delete, select, update

from tests.integration.services.conftest import Archive
from tests.integration.services.staged import facts_of, publish
from yt_videos_api.db.tables import Download, File
from yt_videos_api.domain.identity import VideoIdentity
from yt_videos_api.domain.policy import ContainerPolicy
from yt_videos_api.domain.states import DownloadState
from yt_videos_api.domain.targets import EntityType
from yt_videos_api.services.identify import remember_video
from yt_videos_api.services.remux import find_donor
from yt_videos_api.services.submit import JobRequest

VIDEO = "aaaaaaaaaaa"


def submit(archive: Archive, policy: ContainerPolicy) -> Download:
    """A job for the video in this container; the download of it."""
    archive.submission.submit(JobRequest(EntityType.VIDEO, VIDEO, policy))
    with archive.database.reading() as session:
        return session.scalars(select(Download).where(Download.container_policy == policy.value)).one()


def test_a_rendition_that_goes_to_the_trash_while_it_is_looked_at_is_passed_over(
    archive: Archive, tmp_path: Path
) -> None:
    leases = archive.leases()
    ids = []
    for policy in (ContainerPolicy.WEBM, ContainerPolicy.MKV):
        ids.append(submit(archive, policy).id)
        claimed = leases.claim()
        assert claimed is not None
        publish(archive, claimed, tmp_path / policy.value, policy.value)
        leases.done_with(claimed.lease)
        archive.clock.advance(1)
    older, newer = ids
    with archive.database.transaction() as session:
        archived = update(Download).where(Download.state == DownloadState.FINALIZED.value)
        session.execute(archived.values(video_codec="h264", audio_codec="aac"))
        remember_video(session, VideoIdentity("youtube", VIDEO), facts_of(VIDEO), archive.clock.now())
    wanted = submit(archive, ContainerPolicy.MP4)
    for expected in (newer, older, None):
        donor = find_donor(archive.database, wanted)
        assert (donor and donor.download_id) == expected
        with archive.database.transaction() as session:
            # What a reader between the two statements of `find_donor` sees of a download that was put away.
            session.execute(delete(File).where(File.download_id == expected, File.kind == "media"))
