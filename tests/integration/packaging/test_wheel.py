"""What is shipped: the wheel that `pip install .` builds."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[3]
SOURCES = REPOSITORY / "src"


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Name and content of every file in the wheel."""
    target = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(target)]
    subprocess.run(command, cwd=REPOSITORY, check=True, capture_output=True, timeout=60)
    [wheel] = target.iterdir()
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_wheel_holds_every_file_of_the_package_code_and_data_alike(shipped: dict[str, bytes]) -> None:
    files = [path for path in SOURCES.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    assert len(files) > 50
    assert {path.relative_to(SOURCES).as_posix(): path.read_bytes() for path in files}.items() <= shipped.items()


def test_wheel_holds_the_migrations_and_what_alembic_needs_to_run_them(shipped: dict[str, bytes]) -> None:
    migrations = "yt_videos_api/db/migrations"
    assert {f"{migrations}/env.py", f"{migrations}/script.py.mako"} <= shipped.keys()
    assert any(name.startswith(f"{migrations}/versions/") and name.endswith(".py") for name in shipped)


def test_wheel_tells_type_checkers_that_it_is_typed_and_installs_the_command(shipped: dict[str, bytes]) -> None:
    assert "yt_videos_api/py.typed" in shipped
    [entry_points] = [content for name, content in shipped.items() if name.endswith("/entry_points.txt")]
    assert b"yt-videos = yt_videos_api.cli:main" in entry_points


def test_wheel_holds_nothing_but_the_package(shipped: dict[str, bytes]) -> None:
    roots = {name.split("/", maxsplit=1)[0] for name in shipped}
    assert {root for root in roots if not root.endswith(".dist-info")} == {"yt_videos_api"}
    assert not [name for name in shipped if "__pycache__" in name]
