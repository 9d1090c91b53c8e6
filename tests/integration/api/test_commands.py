"""Commands for what people choose with, within this process: each start of the program would cost a second."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from yt_videos_api.cli import main

SECRET = "topsecretvalue"
COOKIES = f".tube.example\tTRUE\t/\tTRUE\t1900000000\tSID\t{SECRET}\n"

Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Command:
    """`yt-videos ARGUMENTS` in an installation of its own: exit code, output, errors."""
    monkeypatch.setenv("YT_VIDEOS_STATE_DIRECTORY", str(tmp_path / "state"))
    monkeypatch.setenv("YT_VIDEOS_OUTPUT_DIRECTORY", str(tmp_path / "library"))

    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["yt-videos", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        told = capsys.readouterr()
        assert isinstance(ended.value.code, int)
        return ended.value.code, told.out, told.err

    return run


def test_presets_are_saved_shown_and_forgotten(command: Command) -> None:
    code, out, _ = command("presets", "save", "mine", '{"quality": "480p"}', "--description", "Small")
    assert (code, json.loads(out)["choices"]) == (0, {"quality": "480p"})
    assert json.loads(command("presets", "show", "mine")[1])["description"] == "Small"
    code, out, _ = command("presets", "list")
    assert (code, [line.split()[0] for line in out.splitlines()][-2:]) == (0, ["small-phone", "mine"])
    assert [preset["shipped"] for preset in json.loads(command("presets", "list", "--json")[1])] == [True] * 5 + [False]
    assert command("presets", "delete", "mine") == (0, "The preset mine is forgotten.\n", "")
    assert command("presets", "show", "mine") == (2, "", "There is no such preset.\n")


def test_cookies_are_put_listed_and_forgotten_without_being_shown(command: Command, tmp_path: Path) -> None:
    file = tmp_path / "cookies.txt"
    file.write_text(COOKIES)
    line = "tube.example: 1 cookies, the first until 2030-03-17\n"
    assert command("cookies", "put", "tube.example", str(file)) == (0, line, "")
    assert command("cookies", "list") == (0, line, "")
    code, out, _ = command("cookies", "list", "--json")
    assert (code, [jar["site"] for jar in json.loads(out)]) == (0, ["tube.example"])
    assert SECRET not in out
    assert command("cookies", "delete", "tube.example")[0] == 0
    assert command("cookies", "list") == (0, "", "")


def test_names_are_previewed_by_examples_while_nothing_is_archived(command: Command) -> None:
    code, out, err = command("names", "preview", "{channel}/{title} [{id}]")
    assert (code, "jawed/Me at the zoo [jNQXAC9IVRw].webm" in out) == (0, True)
    assert "Nothing was renamed" in err


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("archive", "--format", "b,w", "jNQXAC9IVRw"), "--format: "),
        (
            ("archive", "--format", "b", "--max-fps", "30", "@jawed"),
            "--format: says already which streams are wanted; leave out --max-fps.",
        ),
        (("archive", "--limit", "3", "jNQXAC9IVRw"), "--limit: is for playlists and channels, not for a video."),
        (("archive", "--limit", "0", "@jawed"), "--limit: must be at least 1."),
        (("archive", "--live-limit", "60", "@jawed"), "--live-limit: needs --live record."),
        (("archive", "--after", "2024-01-02", "--before", "2024-01-01", "@jawed"), "--after: is later than --before."),
        (("archive", "--subtitles", "en_US", "@jawed"), "--subtitles: must be a language such as"),
        (("archive", "--subtitles", "en", "--no-subtitles", "@jawed"), "--no-subtitles: and --subtitles exclude"),
        (("archive", "--after", "2024-1-1", "@jawed"), "--after: must be a day as YYYY-MM-DD."),
        (("archive", "--preset", "nope", "jNQXAC9IVRw"), "--preset: is not known; there are: best-archive"),
        (("archive", "--embed-subtitles", "jNQXAC9IVRw"), "--subtitles: must name a language"),
        (("archive", "--proxy", "nope", "jNQXAC9IVRw"), "--proxy: is not one of this installation"),
        (
            ("archive", "--cookies", "jNQXAC9IVRw"),
            "--cookies: needs cookies for this site; upload them with `yt-videos cookies put",
        ),
        (("archive", "--on-removed", "trash", "jNQXAC9IVRw"), "--on-removed: is for playlists and channels"),
        (("archive", "--no-skip-live", "jNQXAC9IVRw"), "--skip-live: is for playlists and channels"),
        (("archive", "foo"), "foo: is no id, @handle or address. Taken are the id of a video"),
        (("archive", "ftp://a.example/", "--preset", "music"), "ftp://a.example/: "),
        (("formats", "http://127.0.0.1/"), "url: "),
        (("presets", "save", "mine", '{"exec": "id"}'), "choices.exec: "),
        (("presets", "save", "mine", "nonsense"), "choices: must be a JSON object"),
        (("presets", "save", "music", "{}"), "comes with the program"),
        (("presets", "delete", "music"), "comes with the program"),
        (("cookies", "delete", "nowhere.example"), "no cookies"),
        (("cookies", "put", "tube.example", "/nowhere"), "cannot be read"),
        (("names", "preview", "../{id}"), "YT_VIDEOS_NAME_TEMPLATE: "),
        (("names", "preview", "--video", "nobody"), "no archived file"),
    ],
)
def test_a_command_names_what_is_wrong(command: Command, arguments: tuple[str, ...], why: str) -> None:
    code, out, err = command(*arguments)
    assert (code, out) == (2, "")
    assert why in err
    assert "Traceback" not in err


def test_a_key_that_is_not_there_is_told_with_what_to_do(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("YT_VIDEOS_SECRET_KEY_FILE", "/nowhere/key")
    code, out, err = command("cookies", "list")
    assert (code, out) == (2, "")
    assert "YT_VIDEOS_SECRET_KEY_FILE: there is no /nowhere/key; make one with" in err
