"""What the README sends to the API is what the API takes."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from pydantic import BaseModel

from yt_videos_api.api.schemas import NewJob, NewPreset

README = Path(__file__).parents[3] / "README.md"


@pytest.mark.parametrize(("path", "model", "least"), [("/jobs", NewJob, 3), ("/presets/", NewPreset, 1)])
def test_what_the_readme_sends_is_taken(path: str, model: type[BaseModel], least: int) -> None:
    commands = re.findall(
        r"^\$ curl (.*?)(?=^\$|^```|^$)", README.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )
    bodies = [body for each in commands if path in each and (body := re.search(r"-d '(.*)'", each))]
    assert len(bodies) >= least
    for body in bodies:
        model.model_validate(json.loads(body[1]))
