"""What is wrong with a value, in words for people: pydantic's own are for programmers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from yt_videos_api.api.choices import Choices, Subtitles
from yt_videos_api.api.schemas import NamedPreset, NewJob

# Somebody who sends a thousand unknown fields is no person who mistyped one; looking for what was meant takes time.
MOST_GUESSES = 10
_LONGEST_GUESSED = 40

_LANGUAGE = "must be a language such as en or pt-br"
_PATTERNS = {
    "languages": 'must be a language such as en or en-US, or one with wildcards such as "en-*" or "*"',
    "audio_language": _LANGUAGE,
    "proxy_name": "must be the name of a proxy of this installation (YT_VIDEOS_PROXIES), not its address",
    "preset": "must be the name of a preset: lower-case letters, digits and hyphens",
    "name": "must be lower-case letters, digits and hyphens",
}
_PLAIN = "must not have control characters such as line breaks"
_OBJECTS = {"subtitles": 'an object like {"languages": ["en"]}', "choices": 'an object like {"quality": "480p"}'}
_LISTS = {
    "languages": 'a list like ["en", "de"]',
    "sidecar": 'a list like ["srt"]',
    "sponsorblock": 'a list like ["sponsor", "intro"]',
}


@dataclass(frozen=True, slots=True)
class Complaint:
    """What is wrong with one field."""

    field: str  # with what it is in: "subtitles.languages.0"
    message: str  # goes on where the name of the field ends
    code: str


def complaints(errors: Sequence[Mapping[str, Any]], *, without: int = 0) -> list[Complaint]:
    """What pydantic found, in its order; `without` so many of the first steps to each field."""
    told = []
    guesses = 0
    for error in errors:
        path = [str(part) for part in error["loc"]]
        steps = path[without:] or path[:1]
        if error["type"] == "extra_forbidden":
            guesses += 1
            message = _unknown(steps, guessing=guesses <= MOST_GUESSES)
        else:
            message = _WORDS.get(error["type"], _as_it_is)(_name(steps), error)
        told.append(Complaint(".".join(steps), message, error["type"]))
    return told


def _name(steps: Sequence[str]) -> str:
    """The field, also where the error is in an entry of its list."""
    return next((step for step in reversed(steps) if not step.isdecimal()), "")


def _unknown(steps: Sequence[str], *, guessing: bool) -> str:
    name, within = steps[-1], steps[-2] if len(steps) > 1 else ""
    if not guessing or len(name) > _LONGEST_GUESSED:
        return "is not a field."
    known = {"subtitles": Subtitles.model_fields, "choices": Choices.model_fields}.get(within)
    for place, fields in (("subtitles", Subtitles.model_fields), ("choices", Choices.model_fields)):
        if known is None and name in fields:
            return f"is not a field here but of {place}."
    meant = get_close_matches(name, list(known or NewJob.model_fields | NamedPreset.model_fields), n=1)
    return f"is not a field; did you mean {meant[0]}?" if meant else "is not a field; /docs names those there are."


def _pattern(name: str, error: Mapping[str, Any]) -> str:
    said, value = _PATTERNS.get(name, _PLAIN), str(error["input"])
    if name in ("languages", "audio_language") and "_" in value and value.replace("_", "").isalnum():
        return f"{said}; use {value.replace('_', '-')} instead of {value}."
    return f"{said}."


def _object(name: str, _error: Mapping[str, Any]) -> str:
    return f"must be {_OBJECTS.get(name, 'a JSON object')}."


def _list(name: str, _error: Mapping[str, Any]) -> str:
    return f"must be {_LISTS.get(name, 'a list')}."


def _as_it_is(_name_of_field: str, error: Mapping[str, Any]) -> str:
    """Our own words, or those of pydantic for what hardly anybody will do."""
    text = str(error["msg"])
    return text if text.endswith((".", "?")) else f"{text}."


def _say(text: str) -> Callable[[str, Mapping[str, Any]], str]:
    """The same for every field, but for the bounds or values that the error names."""
    return lambda _name_of_field, error: text.format(**error.get("ctx", {}))


_WORDS: Mapping[str, Callable[[str, Mapping[str, Any]], str]] = {
    "missing": _say("is missing."),
    "string_type": _say("must be a text."),
    "string_unicode": _say("must be a text."),
    "string_too_short": _say("must not be empty."),
    "string_too_long": _say("must have at most {max_length} characters."),
    "string_pattern_mismatch": _pattern,
    "bool_type": _say("must be true or false."),
    "int_type": _say("must be a whole number."),
    "int_from_float": _say("must be a whole number."),
    "int_parsing": _say("must be a whole number."),
    "int_parsing_size": _say("must be a whole number, and not that large."),
    "greater_than": _say("must be more than {gt}."),
    "greater_than_equal": _say("must be at least {ge}."),
    "less_than": _say("must be less than {lt}."),
    "less_than_equal": _say("must be at most {le}."),
    "enum": _say("must be {expected}."),
    "literal_error": _say("must be {expected}."),
    "list_type": _list,
    "too_long": _say("must have at most {max_length} entries."),
    "dict_type": _object,
    "model_type": _object,
    "model_attributes_type": _object,
    "date_from_datetime_parsing": _say("must be a day of the calendar, as YYYY-MM-DD."),
    "date_parsing": _say("must be a day of the calendar, as YYYY-MM-DD."),
}
