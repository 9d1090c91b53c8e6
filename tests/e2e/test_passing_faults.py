"""Faults that pass: the archive ends up right, and is not fetched twice where that can be avoided."""

from __future__ import annotations

import pytest

from tests.e2e.looks import media_path, probe
from tests.origin import Origin, Video, faults
from tests.origin.faults import Fault
from tests.product import Product, Server

pytestmark = pytest.mark.timeout(90)


@pytest.mark.parametrize(
    ("video_id", "fault"),
    [
        ("passDrop001", faults.Drop(after=100_000)),
        ("passShort01", faults.Truncate(after=100_000)),
        ("passRange01", faults.NoRange()),
        ("pass500Vid1", faults.Status(503)),
        ("passHtml001", faults.Html()),
        ("passCorrupt", faults.Corrupt(at=60_000, length=60_000)),
    ],
)
def test_a_fault_that_passes_leaves_a_right_file(
    origin: Origin, server: Server, product: Product, video_id: str, fault: Fault
) -> None:
    origin.add(Video(video_id))
    injection = origin.inject("media", fault, video=video_id, times=1)
    job = server.archive(video_id)
    assert injection.hits == 1
    path = media_path(product, job)
    document = probe(path)
    assert float(document["format"]["duration"]) == pytest.approx(3, abs=0.1)
    assert job["file"]["height"] == 1080


@pytest.mark.parametrize("length", ["none", "longer"])
def test_a_plain_site_that_does_not_tell_the_length_right(
    origin: Origin, server: Server, product: Product, length: str
) -> None:
    name = f"length-{length}.mp4"
    origin.prepare(name)
    if length == "none":
        origin.inject("media", faults.Truncate(after=10**9, length="none"), video=name)
    else:
        origin.inject("media", faults.LongerLength(by=1000), video=name, times=1)
    job = server.archive(f"https://plain.example/media/{name}", entity_type="url", container_policy="mp4")
    probe(media_path(product, job))
