"""A run's processes end together, and nobody else's with them."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator

import pytest

from yt_videos_api.cage.groups import boot_id, group_alive, kill_group, wait_group_gone


@pytest.fixture
def family() -> Iterator[subprocess.Popen[bytes]]:
    """A leader with two children that ignore every polite signal; ready when the fixture is."""
    script = "trap '' TERM INT HUP; (trap '' TERM INT HUP; sleep 60) & sleep 60 & echo ready; wait"
    with subprocess.Popen(["/bin/sh", "-c", script], stdout=subprocess.PIPE, start_new_session=True) as leader:
        assert leader.stdout is not None
        assert leader.stdout.readline() == b"ready\n"
        yield leader
        kill_group(leader.pid)


def test_killing_a_group_ends_all_of_it(family: subprocess.Popen[bytes]) -> None:
    bystander = subprocess.Popen(["/bin/sleep", "60"], start_new_session=True)
    assert group_alive(family.pid)
    assert kill_group(family.pid)
    assert wait_group_gone(family.pid, 5), "although nobody has reaped the leader yet"
    assert family.returncode is None
    assert group_alive(bystander.pid)
    bystander.kill()
    bystander.wait()


def test_group_outlives_its_leader_until_killed(family: subprocess.Popen[bytes]) -> None:
    family.kill()
    family.wait()
    assert group_alive(family.pid)
    assert not wait_group_gone(family.pid, 0.05)
    assert kill_group(family.pid)
    assert wait_group_gone(family.pid, 5)


def test_group_that_is_gone_is_gone_at_once() -> None:
    with subprocess.Popen(["/bin/true"], start_new_session=True) as leader:
        leader.wait()
        assert not group_alive(leader.pid)
        assert not kill_group(leader.pid)
        started = time.monotonic()
        assert wait_group_gone(leader.pid, 60)
        assert time.monotonic() - started < 1


@pytest.mark.parametrize("number", [-5, -1, 0, 1])
def test_numbers_that_mean_other_things_to_the_kernel_are_refused(number: int) -> None:
    with pytest.raises(ValueError, match="process group"):
        kill_group(number)


def test_own_group_is_alive() -> None:
    assert group_alive(os.getpgrp())


def test_boot_id_is_the_same_for_every_process_of_this_boot() -> None:
    assert boot_id() == boot_id()
    assert len(boot_id()) == 36
