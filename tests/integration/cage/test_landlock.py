"""What a process cannot do any more once it is restricted, on the kernel at hand.

Each wall is expected from the Landlock ABI that brought it, so that the tests tell the truth on any kernel.
"""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import sysconfig
from pathlib import Path

import imageio_ffmpeg
import pytest

from tests.integration.cage.fakenet import echo, server
from yt_videos_api.cage import landlock

ABI = landlock.abi()

PRELUDE = """
import os, signal, socket, subprocess, sys
from pathlib import Path
from yt_videos_api.cage import landlock, places

def outcome(action):
    try:
        action()
    except OSError as error:
        return type(error).__name__
    return "done"

def restrict(read=(), write=(), execute=(), ports=()):
    return landlock.restrict(
        read=[*places.files(), *map(Path, read)],
        execute=[*places.programs(), *map(Path, execute)],
        write=[*places.DEVICES, *map(Path, write)],
        connect_ports=ports,
    )
"""


def run(script: str, *arguments: object) -> list[str]:
    """Run a script in a process of its own; the lines it printed."""
    words = [str(argument) for argument in arguments]
    done = subprocess.run(
        [sys.executable, "-c", PRELUDE + script, *words], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def behind(abi: int, error: str = "PermissionError") -> str:
    """The expected outcome of what Landlock forbids since `abi`."""
    return error if abi <= ABI else "done"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("own", "other", "shown"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_text(name)
    return tmp_path


def test_restricted_process_reads_only_what_it_was_given(folder: Path) -> None:
    script = """
folder = Path(sys.argv[1])
print(restrict(read=[folder / "shown", folder / "missing"], write=[folder / "own"]))
for path in (folder / "own/file", folder / "shown/file", folder / "other/file", Path("/etc/passwd")):
    print(outcome(path.read_bytes))
print(outcome(lambda: list(folder.iterdir())), outcome(lambda: list((folder / "shown").iterdir())))
"""
    wall = behind(1)
    assert run(script, folder) == [str(ABI > 0), "done", "done", wall, wall, wall, "done"]


def test_restricted_process_changes_nothing_outside_its_folder(folder: Path) -> None:
    script = """
folder = Path(sys.argv[1])
restrict(read=[folder / "shown"], write=[folder / "own"])
for name in ("own", "shown", "other"):
    place = folder / name
    print(outcome(lambda: (place / "new").write_text("x")))
    print(outcome(lambda: (place / "file").write_text("x")))
    print(outcome(lambda: (place / "folder").mkdir()))
    print(outcome((place / "file").unlink))
    print(outcome(lambda: os.truncate(place / "new", 0) if name == "own" else os.truncate(place / "file", 0)))
print(outcome(lambda: (folder / "own/new").rename(folder / "own/folder/new")))
print(outcome(lambda: (folder / "own/folder/new").rename(folder / "other/new")))
print(outcome(lambda: Path("/dev/null").write_text("x")))
"""
    lines = run(script, folder)
    assert lines[:5] == ["done"] * 5
    if ABI >= 3:
        assert lines[5:15] == ["PermissionError"] * 10
        assert {(folder / name / "file").read_text() for name in ("shown", "other")} == {"shown", "other"}
    assert lines[15] == behind(1, "done" if ABI != 1 else "OSError")
    assert lines[16] == behind(2)
    assert lines[17] == "done"


def test_restricted_process_makes_no_links_and_special_files(folder: Path) -> None:
    script = """
os.chdir(sys.argv[1])
restrict(write=["own"])
print(outcome(lambda: os.symlink("/etc/passwd", "own/symlink")), outcome(lambda: os.mkfifo("own/fifo")))
with socket.socket(socket.AF_UNIX) as unix:
    print(outcome(lambda: unix.bind("own/socket")))
"""
    assert run(script, folder) == [behind(1)] * 3


def test_restricted_process_connects_only_to_its_ports_and_listens_nowhere() -> None:
    script = """
allowed, other = int(sys.argv[1]), int(sys.argv[2])
restrict(ports=[allowed])
for port in (allowed, other):
    for host in ("127.0.0.1", "127.0.0.2"):
        print(outcome(lambda: socket.create_connection((host, port)).close()))
print(outcome(lambda: socket.create_server(("127.0.0.1", 0)).close()))
"""
    wall = behind(4)
    with server(echo, "0.0.0.0") as allowed, server(echo, "0.0.0.0") as other:
        assert run(script, allowed.port, other.port) == ["done", "done", wall, wall, wall]
        assert other.connections == (0 if ABI >= 4 else 2)


def test_restricted_process_without_ports_connects_nowhere() -> None:
    script = """
restrict()
print(outcome(lambda: socket.create_connection(("127.0.0.1", int(sys.argv[1]))).close()))
"""
    with server(echo) as site:
        assert run(script, site.port) == [behind(4)]


def test_restricted_process_signals_its_children_and_nobody_else() -> None:
    script = """
parent = os.getppid()
restrict()
child = subprocess.Popen(["/bin/sleep", "60"], start_new_session=True)
print(outcome(lambda: os.killpg(child.pid, signal.SIGKILL)), child.wait())
print(outcome(lambda: os.kill(parent, 0)))
"""
    assert run(script) == ["done", "-9", behind(6)]


def test_restricted_process_reaches_no_abstract_socket() -> None:
    name = "\0yt-videos-api-test"
    script = """
restrict()
with socket.socket(socket.AF_UNIX) as unix:
    print(outcome(lambda: unix.connect("\\0yt-videos-api-test")))
"""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(name)
        listener.listen()
        assert run(script) == [behind(6)]


def test_restriction_holds_for_children_and_what_they_execute(folder: Path) -> None:
    script = """
folder = Path(sys.argv[1])
restrict(write=[folder / "own"])
child = os.fork()
if child == 0:
    print(outcome((folder / "other/file").read_bytes), flush=True)
    os._exit(0)
os.waitpid(child, 0)
print(subprocess.run(["/bin/cat", folder / "own/file", folder / "other/file"], capture_output=True).returncode)
print(outcome(lambda: landlock.restrict(read=[Path("/")], write=[Path("/")])))
print(outcome((folder / "other/file").read_bytes))
"""
    wall = behind(1)
    assert run(script, folder) == [wall, "1" if ABI else "0", "done", wall]


def test_only_named_programs_can_be_executed(folder: Path) -> None:
    program = folder / "own" / "program"
    shutil.copy("/bin/true", program)
    program.chmod(0o755)
    script = """
restrict(write=[sys.argv[1]])
print(outcome(lambda: subprocess.run(["/bin/true"], check=True)))
print(outcome(lambda: subprocess.run([sys.argv[1] + "/program"], check=True)))
"""
    assert run(script, folder / "own") == ["done", behind(1)]


def test_ffmpeg_works_in_its_folder_and_a_playlist_in_disguise_reads_no_other_file(folder: Path) -> None:
    ffmpeg = imageio_ffmpeg.get_ffmpeg_exe()
    secret, playlist, clip = folder / "other/secret.ts", folder / "own/evil.mp4", folder / "own/clip.ts"
    make = ["-y", "-v", "error", "-f", "lavfi", "-i", "testsrc=size=64x64:rate=5:duration=1"]
    subprocess.run([ffmpeg, *make, "-f", "mpegts", secret], check=True, timeout=60)
    playlist.write_text(
        f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile://{secret}\n#EXT-X-ENDLIST\n", encoding="utf-8"
    )
    read = [
        "-y",
        "-v",
        "error",
        "-protocol_whitelist",
        "file",
        "-allowed_segment_extensions",
        "ALL",
        "-extension_picky",
        "0",
    ]
    script = """
ffmpeg, clip, playlist, copied, caged = sys.argv[1:6]
make, read = sys.argv[6].split(), sys.argv[7].split()
if caged == "caged":
    restrict(write=[Path(clip).parent])
print(subprocess.run([ffmpeg, *make, "-f", "mpegts", clip]).returncode == 0)
subprocess.run([ffmpeg, *read, "-f", "hls", "-i", playlist, "-c", "copy", "-f", "mpegts", copied])
print(os.path.exists(copied) and os.path.getsize(copied) > 1000)
"""
    stolen, words = folder / "own/stolen.ts", (" ".join(make), " ".join(read))
    assert run(script, ffmpeg, clip, playlist, stolen, "free", *words) == ["True", "True"], "the attack itself works"
    stolen.unlink()
    assert run(script, ffmpeg, clip, playlist, stolen, "caged", *words) == ["True", str(ABI == 0)]


def test_deno_works_in_the_cage(folder: Path) -> None:
    deno = Path(sysconfig.get_path("scripts")) / "deno"
    script = """
own = Path(sys.argv[2])
from yt_videos_api.cage import limits
limits.apply(file_bytes=1 << 20, data_bytes=1 << 30)
restrict(write=[own])
environment = limits.clean_environment(scratch=own, proxy_url=None)
(own / "x.js").write_text(
    "console.log(6 * 7);"
    "try { Deno.readTextFileSync('/etc/passwd'); console.log('read') } catch { console.log('not-read') }"
)
print(subprocess.check_output([sys.argv[1], "run", "--allow-all", own / "x.js"], env=environment, text=True))
"""
    assert run(script, deno, folder / "own") == ["42", "not-read" if ABI else "read"]
