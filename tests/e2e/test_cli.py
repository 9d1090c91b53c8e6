"""The command line: the same pipeline without a server, one clear line when something is wrong."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import re
import signal
import subprocess
from pathlib import Path

import pytest

from tests.e2e.collected import small
from tests.e2e.looks import assert_one_clear_line
from tests.origin import Answer, Origin, Playlist, Video
from tests.product import SCRIPTS, Product

pytestmark = pytest.mark.timeout(90)


def test_archive_puts_every_video_into_the_library(origin: Origin, product: Product) -> None:
    for video_id in ("cliFirst001", "cliSecond01"):
        origin.add(Video(video_id))
    done = product.command("archive", "cliFirst001", "https://youtu.be/cliSecond01", "--container", "mp4")
    assert done.returncode == 0, done.stderr
    paths = [Path(line) for line in done.stdout.splitlines()]
    assert [path.suffix for path in paths] == [".mp4", ".mp4"]
    assert sorted(paths) == product.media_files()
    product.assert_clean()


def test_archive_tells_how_many_videos_of_a_playlist_are_archived(origin: Origin, product: Product) -> None:
    for video_id in ("cliList0001", "cliList0002"):
        origin.add(small(video_id))
    origin.add_playlist(Playlist("PLcommandLine0001", ("cliList0001", "cliList0002", "cliNowhere1")))
    done = product.command("archive", "PLcommandLine0001", "--container", "mp4")
    assert (done.returncode, done.stdout) == (1, "A playlist: 2 of 3 archived, 1 failed\n")
    assert "A playlist: partial, 2 of 3 archived, 1 failed" in done.stderr
    assert "  3. Video cliNowhere1: The video does not exist any more, or never did. [video_unavailable]" in done.stderr
    again = product.command("archive", "PLcommandLine0001", "--container", "mp4", "--limit", "2")
    assert (again.returncode, again.stdout) == (0, "A playlist: 2 of 2 archived\n")


def test_archive_tells_scripts_in_json(origin: Origin, product: Product) -> None:
    origin.add(Video("cliJson0001"))
    # Everything that a preset says can be taken back.
    off = ("metadata", "cover", "chapters", "subtitles", "thumbnail", "info-json", "nfo", "sponsorblock", "cookies")
    taken_back = ("--preset", "best-archive", *(f"--no-{name}" for name in off))
    done = product.command("archive", "--json", *taken_back, "--quality", "720p", "cliJson0001")
    assert (done.returncode, done.stderr) == (0, "")
    (job,) = json.loads(done.stdout)
    assert (job["state"], job["file"]["height"]) == ("DONE", 720)
    embedded = {"embed_metadata": False, "embed_cover_art": False, "embed_chapters": False, "use_cookies": False}
    beside = {"save_thumbnail": False, "save_info_json": False, "save_nfo": False, "sponsorblock": []}
    assert (embedded | beside | {"quality": "720p"}).items() <= job["options"].items()
    assert job["options"]["subtitles"]["languages"] == job["file"]["sidecars"] == []
    assert (product.library / job["file"]["path"]).is_file()


def test_archive_fails_when_one_of_many_does(origin: Origin, product: Product) -> None:
    origin.add(Video("cliGood0001"))
    origin.add(Video("cliGone0001", answer=Answer.REMOVED))
    done = product.command("archive", "cliGood0001", "cliGone0001")
    assert done.returncode == 1
    assert "cliGood0001" in done.stdout
    assert re.search(r"cliGone0001: .+\. .+\. \[video_unavailable\]", done.stderr.replace("\n", " "))
    told = json.loads(product.command("archive", "--json", "cliGood0001", "cliGone0001").stdout)
    assert [job["state"] for job in told] == ["DONE", "FAILED"]


def test_archive_tells_what_changes_where_there_is_no_terminal(origin: Origin, product: Product) -> None:
    origin.add(Video("cliShows001", title="Waves"))
    done = product.command("archive", "cliShows001")
    assert done.returncode == 0
    assert done.stderr.splitlines()[-1] == "Waves: done"


def test_archive_shows_how_far_it_is_in_a_terminal(origin: Origin, product: Product) -> None:
    origin.add(Video("cliShows002", title="Waves"))
    leader, follower = pty.openpty()
    argv = [str(SCRIPTS / "yt-videos"), "archive", "cliShows002"]
    environment = product.environment({"TERM": "xterm", "COLUMNS": "100"})
    with subprocess.Popen(argv, env=environment, stdout=subprocess.DEVNULL, stderr=follower) as process:
        os.close(follower)
        shown = b""
        with contextlib.suppress(OSError):  # the end of a terminal
            while piece := os.read(leader, 4096):
                shown += piece
        os.close(leader)
    assert process.returncode == 0
    assert b"Waves" in shown
    assert b"100.0%" in shown


@pytest.mark.parametrize(
    ("address", "word"),
    [("nonsense", "http://"), ("http://127.0.0.1/x", "public"), ("file:///etc/passwd", "http://"), ("", "empty")],
)
def test_archive_names_the_address_that_is_wrong_and_submits_none(
    origin: Origin, empty_product: Product, address: str, word: str
) -> None:
    done = empty_product.command("archive", "cliNever001", address)
    assert_one_clear_line(done, address, word)
    assert not origin.requests(video="cliNever001")
    again = empty_product.command("archive", "--json", address)
    assert again.returncode == 2


def test_an_interrupted_archive_goes_on_later(origin: Origin, empty_product: Product) -> None:
    origin.add(Video("cliBreak001"))
    hold = origin.hold("media", video="cliBreak001", after_bytes=100_000)
    argv = [str(SCRIPTS / "yt-videos"), "archive", "cliBreak001"]
    settings = empty_product.environment({"YT_VIDEOS_DRAIN_SECONDS": "0"})
    with subprocess.Popen(argv, env=settings, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        origin.wait_for_bytes("cliBreak001", 100_000)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=30)
    hold.release()
    assert process.returncode not in (0, 2)
    assert "Traceback" not in errors
    assert empty_product.media_files() == []
    assert empty_product.command("archive", "cliBreak001").returncode == 0
    empty_product.assert_clean()


def test_doctor_names_the_cages_and_judges_the_tools(product: Product) -> None:
    done = product.command("doctor", "--json")
    findings = {each["area"]: each for each in json.loads(done.stdout)}
    areas = {"python", "yt-dlp", "javascript", "ffmpeg", "ffprobe", "database", "library", "disk"}
    assert areas | {"cage: gate", "cage: landlock", "cage: limits", "cage: groups"} <= findings.keys()
    broken = [each for each in findings.values() if each["severity"] == "error"]
    assert done.returncode == (1 if broken else 0), findings
    assert not broken
    for each in findings.values():
        assert each["message"].endswith(".")
        assert each["severity"] == "ok" or each["advice"]
    plain = product.command("doctor")
    assert plain.returncode == done.returncode
    assert "landlock" in plain.stdout


def test_doctor_says_what_is_broken(product: Product, tmp_path: Path) -> None:
    broken = tmp_path / "ffmpeg"
    broken.write_text("#!/bin/sh\nexit 3\n")
    broken.chmod(0o755)
    done = product.command("doctor", "--json", YT_VIDEOS_FFMPEG=str(broken), YT_VIDEOS_FFPROBE=str(broken))
    assert done.returncode == 1
    (error,) = [each for each in json.loads(done.stdout) if each["severity"] == "error"]
    assert error["area"] == "ffmpeg"
    missing = product.command("doctor", YT_VIDEOS_FFMPEG=str(tmp_path / "nowhere"))
    assert missing.returncode == 1
    assert "Traceback" not in missing.stderr


def test_check_proves_the_archive(origin: Origin, empty_product: Product) -> None:
    origin.add(Video("cliCheck001"))
    assert empty_product.command("archive", "cliCheck001").returncode == 0
    assert empty_product.command("check").returncode == 0
    path = next(path for path in empty_product.media_files() if path.suffix == ".webm")
    content = bytearray(path.read_bytes())
    content[1000] ^= 1
    path.write_bytes(content)
    assert empty_product.command("check", "--quick").returncode == 0
    deep = empty_product.command("check", "--deep")
    assert deep.returncode == 1
    assert "I1" in deep.stdout
