"""Containers: what is asked for, what fits, and what is done when it does not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yt_videos_api.domain.policy import Container, ContainerPolicy, choose_container, fits, remux_serves

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


VIDEO_POLICIES = [policy for policy in ContainerPolicy if not policy.audio_only]
AUDIO_POLICIES = [policy for policy in ContainerPolicy if policy.audio_only]


@given(st.sampled_from(VIDEO_POLICIES), VIDEO, AUDIO)
def test_what_is_chosen_always_holds_the_streams(policy: ContainerPolicy, video: str | None, audio: str | None) -> None:
    choice = choose_container(policy, video, audio)
    assert fits(choice.container, video, audio)
    assert choice.encode_audio_to is None


@given(st.sampled_from(AUDIO_POLICIES), VIDEO, AUDIO)
def test_sound_goes_where_it_was_asked_for_and_is_encoded_only_where_it_does_not_fit(
    policy: ContainerPolicy, video: str | None, audio: str | None
) -> None:
    choice = choose_container(policy, video, audio)
    assert (choice.container.value, choice.policy_met) == (policy.value, True)
    assert fits(choice.container, None, choice.encode_audio_to or audio)


@pytest.mark.parametrize(
    ("policy", "video", "audio", "serves"),
    [
        (ContainerPolicy.MP4, "vp9", "opus", True),
        (ContainerPolicy.WEBM, "h264", "aac", False),
        (ContainerPolicy.MKV, None, "aac", False),  # the archived file has no picture
        (ContainerPolicy.OPUS, "vp9", "opus", True),
        (ContainerPolicy.M4A, "vp9", "opus", False),  # the site has better than what re-encoding would make
        (ContainerPolicy.MP3, "vp9", "opus", True),  # re-encoded in any case
        (ContainerPolicy.FLAC, "vp9", None, False),
    ],
)
def test_an_archived_file_serves_for_another_container_when_its_streams_do(
    policy: ContainerPolicy, video: str | None, audio: str | None, serves: bool
) -> None:
    assert remux_serves(policy, video, audio) is serves
