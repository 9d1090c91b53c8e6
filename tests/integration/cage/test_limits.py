"""What the kernel bounds, and what the environment of a run holds."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from yt_videos_api.cage.limits import clean_environment


def run(script: str, *arguments: object) -> list[str]:
    words = [str(argument) for argument in arguments]
    prelude = "import errno, os, resource, subprocess, sys\nfrom yt_videos_api.cage import limits\n"
    done = subprocess.run(
        [sys.executable, "-c", prelude + script, *words], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_file_cannot_grow_beyond_its_limit_and_the_writer_lives_to_tell(tmp_path: Path) -> None:
    script = """
limits.apply(file_bytes=1000, data_bytes=1 << 30)
with open(sys.argv[1], "wb", buffering=0) as file:
    print(file.write(bytes(2000)))
    try:
        file.write(b"x")
    except OSError as error:
        print(errno.errorcode[error.errno])
copy = f"head -c 5000 /dev/zero > {sys.argv[1]}.child"
print(subprocess.run(["/bin/sh", "-c", copy], stderr=subprocess.DEVNULL, restore_signals=False).returncode)
"""
    assert run(script, tmp_path / "file") == ["1000", "EFBIG", "1"]
    assert (tmp_path / "file").stat().st_size == (tmp_path / "file.child").stat().st_size == 1000


def test_memory_beyond_the_limit_cannot_be_had_and_a_gibibyte_always_can() -> None:
    script = """
limits.apply(file_bytes=1000, data_bytes=1)
hold = bytearray(700 << 20)
try:
    bytearray(700 << 20)
except MemoryError:
    print("no more")
"""
    assert run(script) == ["no", "more"]


def test_limits_hold_for_children_and_cannot_be_raised_again(tmp_path: Path) -> None:
    script = """
limits.apply(file_bytes=1000, data_bytes=2 << 30, open_files=64)
for kind in (resource.RLIMIT_FSIZE, resource.RLIMIT_DATA, resource.RLIMIT_CORE, resource.RLIMIT_NOFILE):
    print(*resource.getrlimit(kind))
limits.apply(file_bytes=1 << 40, data_bytes=1 << 40, open_files=1 << 10)
print(*resource.getrlimit(resource.RLIMIT_FSIZE), *resource.getrlimit(resource.RLIMIT_NOFILE))
with open(sys.argv[1], "w"):
    print(oct(os.stat(sys.argv[1]).st_mode & 0o777))
"""
    data = str(2 << 30)
    expected = ["1000", "1000", data, data, "0", "0", "64", "64", "1000", "1000", "64", "64", "0o600"]
    assert run(script, tmp_path / "file") == expected


def test_environment_of_a_run_holds_no_secret_and_points_every_proxy_at_the_gate(tmp_path: Path) -> None:
    inherited = {
        "PATH": "/usr/bin",
        "TZ": "UTC",
        "HOME": "/root",
        "YT_VIDEOS_DATABASE_URL": "postgresql://user:secret@db/x",
        "YOUTUBE_API_KEY": "secret",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "NO_PROXY": "*",
        "no_proxy": "*",
        "http_proxy": "http://elsewhere:1",
        "LD_PRELOAD": "/evil.so",
        "PYTHONPATH": "/evil",
        "SSL_CERT_FILE": "/evil.pem",
    }
    gate = "http://name:credential@127.0.0.1:1"
    found = clean_environment(scratch=tmp_path, proxy_url=gate, ca_file=tmp_path / "ca.pem", inherited=inherited)
    assert (found["PATH"], found["TZ"], found["LANG"]) == ("/usr/bin", "UTC", "C.UTF-8")
    assert {found[name] for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy")} == {gate}
    assert {name for name in found if name.lower() == "no_proxy"} == set()
    assert not {"LD_PRELOAD", "PYTHONPATH"} & set(found)
    assert "secret" not in "".join(found.values())
    for name in ("HOME", "TMPDIR", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "DENO_DIR"):
        assert Path(found[name]).is_relative_to(tmp_path)
    assert found["SSL_CERT_FILE"] == found["REQUESTS_CA_BUNDLE"] == str(tmp_path / "ca.pem")


def test_environment_without_gate_and_own_certificates_names_neither(tmp_path: Path) -> None:
    found = clean_environment(scratch=tmp_path, proxy_url=None, inherited={"https_proxy": "x", "SSL_CERT_FILE": "y"})
    assert not [name for name in found if "proxy" in name.lower() or "CERT" in name or "BUNDLE" in name]
