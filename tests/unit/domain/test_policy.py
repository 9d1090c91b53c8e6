"""Containers: what is asked for, what fits, and what is done when it does not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yt_videos_api.domain.policy import Container, ContainerPolicy, choose_container, fits

VIDEO = st.sampled_from([None, "h264", "h265", "vp8", "vp9", "av1", "theora", "mystery"])
AUDIO = st.sampled_from([None, "aac", "mp3", "opus", "vorbis", "flac", "mystery"])


@pytest.mark.parametrize(
    ("policy", "video", "audio", "container", "met"),
    [
        (ContainerPolicy.WEBM, "vp9", "opus", Container.WEBM, True),
        (ContainerPolicy.WEBM, "h264", "aac", Container.MP4, False),
        (ContainerPolicy.WEBM, "theora", "vorbis", Container.MKV, False),
        (ContainerPolicy.MP4, "h264", "aac", Container.MP4, True),
        (ContainerPolicy.MP4, "vp8", "vorbis", Container.MKV, False),
        (ContainerPolicy.MKV, "h264", "opus", Container.MKV, True),
        (ContainerPolicy.WEBM, "vp9", None, Container.WEBM, True),
    ],
)
def test_streams_go_where_they_fit(
    policy: ContainerPolicy, video: str | None, audio: str | None, container: Container, met: bool
) -> None:
    choice = choose_container(policy, video, audio)
    assert (choice.container, choice.policy_met) == (container, met)


@given(st.sampled_from(ContainerPolicy), VIDEO, AUDIO)
def test_what_is_chosen_always_holds_the_streams(policy: ContainerPolicy, video: str | None, audio: str | None) -> None:
    assert fits(choose_container(policy, video, audio).container, video, audio)
