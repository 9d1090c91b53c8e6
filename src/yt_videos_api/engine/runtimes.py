"""The JavaScript runtime that solves YouTube's challenges: found on this machine, or named by the operator."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from yt_videos_api.cage.runs import JsRuntime
from yt_videos_api.domain.errors import Misconfigured

_SETTING = "YT_VIDEOS_JS_RUNTIME"
_ANSWER_SECONDS = 20.0  # of a cold disk; some milliseconds otherwise
_NUMBERS = re.compile(r"[0-9]+")


@dataclass(frozen=True, slots=True)
class _Kind:
    """A runtime that yt-dlp can use."""

    name: str  # yt-dlp's word
    program: str
    question: str  # the option that makes it tell its version
    answer: re.Pattern[str]
    least: tuple[int, ...]


# In the order in which they are looked for: deno runs a script without any right to files and network, the others know
# no such rights. Versions: yt_dlp/utils/_jsruntime.py of 2026.10.26. bun is left out, since it is being given up there.
_KINDS = (
    _Kind("deno", "deno", "--version", re.compile(r"^deno (\S+)"), (2, 3, 0)),
    _Kind("node", "node", "--version", re.compile(r"^v(\S+)"), (22, 0, 0)),
    _Kind("quickjs", "qjs", "--help", re.compile(r"^QuickJS version (\S+)"), (2023, 12, 9)),
    # The same program from another house, which counts its versions otherwise: any of them will do.
    _Kind("quickjs", "qjs", "--help", re.compile(r"^QuickJS-ng version (\S+)"), (0,)),
)


def find_js_runtime(named: str | None = None) -> JsRuntime | None:
    """The runtime `named` ("deno", "node:/usr/bin/node", "none"), else the best one there is; None when there is none.

    Raises Misconfigured when what is named does not exist, is no such runtime or too old.
    """
    if named == "none":
        return None
    if named:
        return _named(named)
    return next((runtime for kind in _KINDS for path in _places(kind.program) if (runtime := _try(kind, path))), None)


def _named(named: str) -> JsRuntime:
    name, _, path = named.partition(":")
    kinds = [kind for kind in _KINDS if kind.name == name]
    if not kinds:
        known = ", ".join(dict.fromkeys(kind.name for kind in _KINDS))
        raise Misconfigured(f"{_SETTING}: {name!r} is not one of {known}, none")
    places = [Path(path)] if path else list(_places(kinds[0].program))
    for kind in kinds:
        for place in places:
            if runtime := _try(kind, place):
                return runtime
    least = ".".join(str(number) for number in kinds[0].least)
    where = f"at {path}" if path else "beside this Python or on PATH"
    raise Misconfigured(f"{_SETTING}: there is no {name} {least} or newer {where}")


def _places(program: str) -> Iterator[Path]:
    """Beside this Python, where wheels put programs, then on PATH."""
    for folder in (sysconfig.get_path("scripts"), os.environ.get("PATH", os.defpath)):
        if found := shutil.which(program, path=folder):
            yield Path(found)


def _try(kind: _Kind, path: Path) -> JsRuntime | None:
    """The program at `path`, when it is one of this kind and not too old."""
    try:
        # quickjs tells its version in its help only, and calls asking for that a failure.
        told = subprocess.run(
            [path, kind.question],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_ANSWER_SECONDS,
            check=False,
        ).stdout
    except (OSError, subprocess.TimeoutExpired):
        return None
    match = kind.answer.match(told)
    if match is None or tuple(int(number) for number in _NUMBERS.findall(match[1])[:3]) < kind.least:
        return None
    return JsRuntime(kind.name, path.absolute(), match[1])
