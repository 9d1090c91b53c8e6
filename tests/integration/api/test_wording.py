"""What is said of values that cannot be: what would be right, and no word of the library that found it."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from yt_videos_api.api.schemas import NamedPreset, NewJob, NewPreset
from yt_videos_api.api.wording import MOST_GUESSES, Complaint, complaints
from yt_videos_api.domain.errors import InvalidInput

GOOD = {"entity_type": "url", "entity_id": "https://public.example/talk"}


def said(change: dict[str, Any], model: type[BaseModel] = NewJob) -> list[Complaint]:
    with pytest.raises(ValidationError) as refused:
        model.model_validate((GOOD if model is NewJob else {"name": "x", "choices": {}}) | change)
    return complaints(refused.value.errors())


@pytest.mark.parametrize(
    ("change", "field", "message"),
    [
        ({"subtitles": ["en"]}, "subtitles", 'must be an object like {"languages": ["en"]}.'),
        ({"subtitles": {"languages": "en"}}, "subtitles.languages", 'must be a list like ["en", "de"].'),
        (
            {"subtitles": {"languages": ["de", "en_US"]}},
            "subtitles.languages.1",
            'must be a language such as en or en-US, or one with wildcards such as "en-*" or "*";'
            " use en-US instead of en_US.",
        ),
        ({"audio_language": "pt_BR"}, "audio_language", "use pt-BR instead of pt_BR."),
        ({"audio_language": "rm -rf /"}, "audio_language", "must be a language such as en or pt-br."),
        ({"subtitles": {}}, "subtitles.languages", "is missing."),
        ({"subtitles": {"languages": ["en"], "embed": False, "sidecar": []}}, "subtitles", '"embed": false and'),
        ({"container_policy": "avi"}, "container_policy", "must be 'webm', 'mp4', 'mkv', 'm4a', 'mp3', 'opus' or"),
        ({"quality": 720}, "quality", "'720p'"),
        ({"embed_metadata": "yes"}, "embed_metadata", "must be true or false."),
        ({"max_fps": "60"}, "max_fps", "must be a whole number."),
        ({"max_fps": 241}, "max_fps", "must be at most 240."),
        ({"published_after": "2024-02-30"}, "published_after", "must be a day of the calendar, as YYYY-MM-DD."),
        ({"published_after": "yesterday"}, "published_after", "must be a day as YYYY-MM-DD."),
        ({"proxy_name": "http://10.0.0.1"}, "proxy_name", "not its address."),
        ({"title_include": "a\nb"}, "title_include.0", "must not have control characters such as line breaks."),
        ({"title_include": ""}, "title_include.0", "must not be empty."),
        ({"title_include": [7]}, "title_include.0", "must be a text."),
        ({"qualty": "720p"}, "qualty", "is not a field; did you mean quality?"),
        ({"languages": ["en"]}, "languages", "is not a field here but of subtitles."),
        ({"exec": "id"}, "exec", "is not a field; /docs names those there are."),
        ({"subtitles": {"languages": [], "embedd": True}}, "subtitles.embedd", "did you mean embed?"),
    ],
)
def test_it_is_said_what_would_be_right(change: dict[str, Any], field: str, message: str) -> None:
    (complaint,) = said(change)
    assert complaint.field == field
    assert message in complaint.message


@pytest.mark.parametrize(
    ("change", "field", "message"),
    [
        ({"choices": {"subtitles": ["en"]}}, "choices.subtitles", 'must be an object like {"languages": ["en"]}.'),
        ({"choices": {"qualty": "best"}}, "choices.qualty", "did you mean quality?"),
        ({"choices": {"entity_id": "x"}}, "choices.entity_id", "is not a field"),
        ({"choices": []}, "choices", 'must be an object like {"quality": "480p"}.'),
        ({"quality": "480p"}, "quality", "is not a field here but of choices."),
        ({"name": "My talks"}, "name", "must be lower-case letters, digits and hyphens."),
    ],
)
def test_of_a_preset_every_choice_is_named_with_where_it_stands(
    change: dict[str, Any], field: str, message: str
) -> None:
    (complaint,) = said(change, NamedPreset)
    assert complaint.field == field
    assert message in complaint.message


def test_a_contradiction_in_a_preset_is_named_with_where_it_stands() -> None:
    preset = NewPreset.model_validate({"choices": {"format_selector": "b", "quality": "480p"}})
    with pytest.raises(InvalidInput) as refused:
        preset.require_consistent()
    assert str(refused.value) == ("choices.format_selector: says already which streams are wanted; leave out quality.")


def test_no_time_is_spent_on_what_thousands_of_unknown_fields_could_have_meant() -> None:
    told = said({f"quality{number}": 1 for number in range(5000)} | {"q" * 10_000: 1})
    assert {complaint.code for complaint in told} == {"extra_forbidden"}
    assert sum("did you mean" in complaint.message for complaint in told) == MOST_GUESSES
