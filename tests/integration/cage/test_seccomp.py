"""Who has given up to leave his group cannot leave it, nor can his children."""

from __future__ import annotations

import subprocess
import sys

import pytest

SCRIPT = """
import os, subprocess, sys, threading
from yt_videos_api.cage.seccomp import stay_in_group

assert stay_in_group()
code = sys.argv[1]
if sys.argv[2] == "child":
    sys.exit(subprocess.run([sys.executable, "-c", "import os, subprocess, sys; " + code]).returncode)
exec(code)
"""


@pytest.mark.parametrize("who", ["itself", "child"])
@pytest.mark.parametrize(
    "code",
    [
        "os.fork() or os.setsid()",
        "os.fork() or os.setpgid(0, 0)",
        "subprocess.run(['true'], start_new_session=True)",
        "subprocess.run(['true'], process_group=0)",
    ],
)
def test_no_way_out_of_the_group(who: str, code: str) -> None:
    argv = [sys.executable, "-c", SCRIPT, code, who]
    ended = subprocess.run(argv, capture_output=True, text=True, timeout=20, check=False)
    assert "PermissionError: [Errno 1]" in ended.stderr


def test_all_else_goes_on() -> None:
    code = "subprocess.run(['true'], check=True); threading.Thread(target=print, args=('well',)).start()"
    assert subprocess.check_output([sys.executable, "-c", SCRIPT, code, "itself"], timeout=20) == b"well\n"
