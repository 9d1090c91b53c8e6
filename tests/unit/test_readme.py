"""What the README says of settings is what the code has."""

from __future__ import annotations

import re
from pathlib import Path

from yt_videos_api.config import Settings

README = Path(__file__).parents[2] / "README.md"
FOR_TESTS_ONLY = {"testing", "faults"}


def test_the_readme_lists_every_setting_with_its_own_description() -> None:
    rows = re.findall(r"^\| `([A-Z_]+)` \|.*\| (.*) \|$", README.read_text(encoding="utf-8"), re.MULTILINE)
    told = {name.lower(): description for name, description in rows}
    fields = {name: field.description for name, field in Settings.model_fields.items() if name not in FOR_TESTS_ONLY}
    assert told == fields
