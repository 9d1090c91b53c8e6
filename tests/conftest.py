"""Fixtures for all tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import structlog

import yt_videos_api.engine.hidden  # noqa: F401  # tests that import yt-dlp need no more of it than the product does
from tests.servers.postgres import fresh_database, postgres_server


@pytest.fixture(autouse=True)
def _logging_as_it_was() -> Iterator[None]:
    """Commands that run in this process set the least severity for all that comes after them."""
    yield
    structlog.reset_defaults()


@pytest.fixture(scope="session")
def postgres_server_url() -> Iterator[str]:
    """A PostgreSQL server for this process of pytest; started when the first test asks."""
    with postgres_server() as url:
        yield url


@pytest.fixture
def postgres_url(postgres_server_url: str) -> Iterator[str]:
    """An empty PostgreSQL database for one test: `postgresql://...`."""
    with fresh_database(postgres_server_url) as url:
        yield url
