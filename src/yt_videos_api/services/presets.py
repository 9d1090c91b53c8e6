"""Presets: those that come with the program, and those that people save."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from pydantic import Field
from sqlalchemy import select
from sqlalchemy.orm import Session

from yt_videos_api.db.engine import Database
from yt_videos_api.db.inserts import insert_unless_exists
from yt_videos_api.db.tables import Preset
from yt_videos_api.domain.errors import Conflict, InvalidInput, NotFound
from yt_videos_api.domain.presets import NAME_PATTERN, SHIPPED
from yt_videos_api.services.clock import Now, utc_now

_NAME = re.compile(NAME_PATTERN)


@dataclass(frozen=True, slots=True)
class PresetView:
    """A preset as the outside sees it."""

    name: str
    description: str
    choices: Mapping[str, Any]
    shipped: Annotated[bool, Field(description="It comes with the program and cannot be changed.")]
    updated_at: Annotated[datetime | None, Field(description="null: it is as old as the program.")]


class Presets:
    """The presets of this installation. `choices` are valid when they come here: the API has read them."""

    def __init__(self, database: Database, *, now: Now = utc_now) -> None:
        self._database = database
        self._now = now

    def list(self, owner_id: str | None = None) -> tuple[PresetView, ...]:
        """All of them, those that are shipped first, then by name."""
        query = select(Preset).where(Preset.owner_id == (owner_id or "")).order_by(Preset.name)
        with self._database.reading() as session:
            own = [_own(row) for row in session.scalars(query) if row.name not in SHIPPED]
        return (*(_shipped(name) for name in SHIPPED), *own)

    def get(self, name: str, owner_id: str | None = None) -> PresetView:
        """One of them. Raises NotFound."""
        if name in SHIPPED:
            return _shipped(name)
        with self._database.reading() as session:
            return _own(_find(session, name, owner_id))

    def create(
        self, name: str, description: str, choices: Mapping[str, Any], owner_id: str | None = None
    ) -> PresetView:
        """Save a new one. Raises Conflict when there is one of this name, InvalidInput when it is no name."""
        _require_free(name)
        now = self._now()
        with self._database.transaction() as session:
            values = {"description": description, "choices": dict(choices), "created_at": now, "updated_at": now}
            if not insert_unless_exists(session, Preset, owner_id=owner_id or "", name=name, **values):
                raise Conflict(f"There is a preset {name} already; PUT /presets/{name} replaces it.")
        return self.get(name, owner_id)

    def replace(
        self, name: str, description: str, choices: Mapping[str, Any], owner_id: str | None = None
    ) -> PresetView:
        """Save it under this name, whether there is one or not. Raises Conflict for a shipped one, InvalidInput."""
        _require_free(name)
        now = self._now()
        with self._database.transaction() as session:
            values = {"description": description, "choices": dict(choices), "created_at": now, "updated_at": now}
            if not insert_unless_exists(session, Preset, owner_id=owner_id or "", name=name, **values):
                row = _find(session, name, owner_id, lock=True)
                row.description, row.choices, row.updated_at = description, dict(choices), now
        return self.get(name, owner_id)

    def delete(self, name: str, owner_id: str | None = None) -> None:
        """Forget it; jobs that were made with it keep their choices. Raises NotFound, Conflict for a shipped one."""
        _require_free(name)
        with self._database.transaction() as session:
            session.delete(_find(session, name, owner_id, lock=True))


def _require_free(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise InvalidInput("name", "must be 1 to 63 lower-case letters, digits and hyphens.", code="preset_name")
    if name in SHIPPED:
        raise Conflict(
            f"The preset {name} comes with the program and cannot be changed; save yours under another name."
        )


def _find(session: Session, name: str, owner_id: str | None, *, lock: bool = False) -> Preset:
    """Raises NotFound."""
    query = select(Preset).where(Preset.owner_id == (owner_id or ""), Preset.name == name)
    # What no preset is called is not asked for: PostgreSQL takes not every text (NUL).
    row = session.scalars(query.with_for_update() if lock else query).one_or_none() if _NAME.fullmatch(name) else None
    if row is None:
        raise NotFound("There is no such preset.")
    return row


def _shipped(name: str) -> PresetView:
    preset = SHIPPED[name]
    return PresetView(name, preset.description, preset.choices, shipped=True, updated_at=None)


def _own(row: Preset) -> PresetView:
    return PresetView(row.name, row.description, row.choices, shipped=False, updated_at=row.updated_at)
