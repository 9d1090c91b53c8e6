"""Presets: those that are shipped stand, others come and go by name."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.integration.services.conftest import Clock
from yt_videos_api.db.engine import Database
from yt_videos_api.domain.errors import Conflict, InvalidInput, NotFound
from yt_videos_api.domain.presets import SHIPPED
from yt_videos_api.services.presets import Presets


def test_presets_come_and_go(database: Database) -> None:
    clock = Clock()
    presets = Presets(database, now=clock.now)
    assert [preset.name for preset in presets.list()] == list(SHIPPED)
    saved = presets.create("talks", "For the train", {"quality": "480p"})
    assert (saved.description, saved.choices, saved.shipped) == ("For the train", {"quality": "480p"}, False)
    with pytest.raises(Conflict, match="already"):
        presets.create("talks", "", {})

    clock.advance(60)
    presets.replace("talks", "For the plane", {"quality": "720p"})
    presets.replace("a-new-one", "", {})
    assert presets.get("talks").choices == {"quality": "720p"}
    assert presets.get("talks").updated_at == datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=60)
    assert [preset.name for preset in presets.list()] == [*SHIPPED, "a-new-one", "talks"]

    # Somebody else has names of their own.
    assert presets.create("talks", "", {}, owner_id="eve").choices == {}
    presets.delete("talks", owner_id="eve")
    assert presets.get("talks").choices == {"quality": "720p"}

    presets.delete("talks")
    for forget in (presets.get, presets.delete):
        with pytest.raises(NotFound):
            forget("talks")
    with pytest.raises(NotFound):
        presets.get("no\x00name")


def test_a_shipped_preset_is_neither_changed_nor_shadowed(database: Database) -> None:
    presets = Presets(database)
    for name in SHIPPED:
        before = presets.get(name)
        with pytest.raises(Conflict, match="comes with the program"):
            presets.create(name, "", {})
        with pytest.raises(Conflict, match="comes with the program"):
            presets.replace(name, "", {})
        with pytest.raises(Conflict, match="comes with the program"):
            presets.delete(name)
        assert presets.get(name) == before
        assert before.shipped


def test_a_name_that_is_none_is_refused(database: Database) -> None:
    for name in ("", "-x", "Talks", "a b", "a/b", "x" * 64, "name\n", "é", "\x00"):
        with pytest.raises(InvalidInput) as refused:
            Presets(database).create(name, "", {})
        assert refused.value.field == "name"
