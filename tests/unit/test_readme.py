"""What the README says of settings is what the code has."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from pydantic import BaseModel

from yt_videos_api.api.schemas import NewJob, NewPreset
from yt_videos_api.config import Settings

README = Path(__file__).parents[2] / "README.md"
FOR_TESTS_ONLY = {"testing", "faults"}


def test_the_readme_lists_every_setting_with_its_own_description() -> None:
    rows = re.findall(r"^\| `([A-Z_]+)` \|.*\| (.*) \|$", README.read_text(encoding="utf-8"), re.MULTILINE)
    told = {name.lower(): description for name, description in rows}
    fields = {name: field.description for name, field in Settings.model_fields.items() if name not in FOR_TESTS_ONLY}
    assert told == fields


@pytest.mark.parametrize(("path", "model", "least"), [("/jobs", NewJob, 3), ("/presets/", NewPreset, 1)])
def test_what_the_readme_sends_is_taken(path: str, model: type[BaseModel], least: int) -> None:
    commands = re.findall(
        r"^\$ curl (.*?)(?=^\$|^```|^$)", README.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )
    bodies = [body for each in commands if path in each and (body := re.search(r"-d '(.*)'", each))]
    assert len(bodies) >= least
    for body in bodies:
        model.model_validate(json.loads(body[1]))
