"""One origin for each process of pytest; one installation with one server for each file of tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.origin import Origin
from tests.product import Product, Server


@pytest.fixture(scope="session")
def origin() -> Iterator[Origin]:
    with Origin.start() as running:
        yield running


@pytest.fixture(autouse=True)
def _healed(origin: Origin) -> Iterator[None]:
    """No fault outlives its test."""
    yield
    origin.heal()


@pytest.fixture(scope="module")
def product(origin: Origin, tmp_path_factory: pytest.TempPathFactory) -> Product:
    """An installation of its own for every file. Its lessons about player clients are not those of another one."""
    return Product(tmp_path_factory.mktemp("product"), origin)


@pytest.fixture(scope="module")
def server(product: Product) -> Iterator[Server]:
    """`yt-videos serve`; whatever a file of tests did to it, at the end the archive proves itself whole."""
    with product.serving() as running:
        yield running
    product.assert_clean()


@pytest.fixture
def empty_product(origin: Origin, tmp_path: Path) -> Product:
    """An installation that nothing has been done to yet."""
    return Product(tmp_path, origin)
