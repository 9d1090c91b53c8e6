"""Installations on both databases. Each has an API that stays up while workers come, die and come again."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.crash.installation import Installation, installed
from tests.origin import Origin


@pytest.fixture(scope="session")
def origin() -> Iterator[Origin]:
    """The sites of this process of pytest."""
    with Origin.start() as running:
        yield running


@pytest.fixture(autouse=True)
def _healed(origin: Origin) -> Iterator[None]:
    """No fault outlives its test."""
    yield
    origin.heal()


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def installation(
    request: pytest.FixtureRequest, origin: Origin, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Installation]:
    """One installation per file of tests and database. Whatever was done to it, at the end it proves itself whole."""
    folder = tmp_path_factory.mktemp("installation")
    server_url = request.getfixturevalue("postgres_server_url") if request.param == "postgresql" else None
    with installed(folder, origin, server_url) as running:
        yield running
        running.recover()
        running.product.assert_clean()


@pytest.fixture
def sqlite(origin: Origin, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """An installation on SQLite that nothing has been done to yet."""
    with installed(tmp_path_factory.mktemp("sqlite"), origin, None) as running:
        yield running
