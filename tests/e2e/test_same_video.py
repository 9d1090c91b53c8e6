"""The same video asked for by many, and different videos that look the same."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.e2e.looks import media_path
from tests.origin import Origin, Recipe, Video
from tests.product import Product, Server

pytestmark = pytest.mark.timeout(90)


def transfers(origin: Origin, video_id: str) -> int:
    """How many streams of a video were asked for, from the first byte on."""
    starts = [request for request in origin.requests(kind="media", video=video_id) if not request.range]
    starts += [r for r in origin.requests(kind="media", video=video_id) if (r.range or "").startswith("bytes=0-")]
    return len(starts)


def test_eight_clients_get_one_file_by_one_transfer(origin: Origin, server: Server, product: Product) -> None:
    origin.add(Video("sameEight01"))
    with ThreadPoolExecutor(8) as clients:
        jobs = list(clients.map(lambda _: server.submit("sameEight01"), range(8)))
        ended = list(clients.map(lambda job: server.wait_until_ended(job["id"]), jobs))
    assert len({job["id"] for job in jobs}) == 8
    assert {job["state"] for job in ended} == {"DONE"}
    assert len({str(job["file"]) for job in ended}) == 1
    media_path(product, ended[0])
    assert transfers(origin, "sameEight01") == 2  # one picture, one sound
    assert len([path for path in product.media_files() if "sameEight01" in path.name]) == 2  # with its cover


def test_one_key_sent_by_eight_clients_at_once_is_one_job(origin: Origin, server: Server) -> None:
    origin.add(Video("sameKey0001"))
    body = {"entity_type": "video", "entity_id": "sameKey0001"}

    def post(_: int) -> Any:
        return server.request("POST", "/jobs", json=body, headers={"Idempotency-Key": "one-key"})

    with ThreadPoolExecutor(8) as clients:
        answers = list(clients.map(post, range(8)))
    assert {answer.status_code for answer in answers} == {202}
    (job_id,) = {answer.json()["id"] for answer in answers}
    assert sum("idempotency-replayed" in answer.headers for answer in answers) == 7
    server.wait_until_ended(job_id)


def test_two_videos_with_one_title_are_two_correct_files(origin: Origin, server: Server, product: Product) -> None:
    ids = ("sameTitleA1", "sameTitleB1")
    for number, video_id in enumerate(ids):
        origin.add(Video(video_id, title="Holiday", recipe=Recipe(pattern=number)))
    with ThreadPoolExecutor(2) as clients:
        jobs = list(clients.map(server.archive, ids))
    contents = {media_path(product, job).read_bytes() for job in jobs}
    assert len(contents) == 2
    assert [job["items"][0]["video"]["title"] for job in jobs] == ["Holiday", "Holiday"]


def test_one_video_by_many_addresses_is_one_file(origin: Origin, server: Server) -> None:
    origin.add(Video("sameMany001"))
    addresses = [
        ("video", "sameMany001"),
        ("url", "https://www.youtube.com/watch?v=sameMany001&list=PL123"),
        ("url", "https://youtu.be/sameMany001?si=abc"),
        ("video", "https://www.youtube.com/shorts/sameMany001"),
        ("url", "https://www.youtube-nocookie.com/embed/sameMany001"),
    ]
    jobs = [server.submit(address, entity_type=kind) for kind, address in addresses]
    ended = [server.wait_until_ended(job["id"]) for job in jobs]
    assert len({job["file"]["sha256"] for job in ended}) == 1
    assert transfers(origin, "sameMany001") == 2


def test_two_addresses_that_lead_to_one_page_are_one_file(origin: Origin, server: Server, product: Product) -> None:
    origin.prepare("twins")
    page = "https://site.example/media/twins.mp4"
    redirect = f"https://other.example/redirect?to={page}"
    jobs = [server.submit(address, entity_type="url", container_policy="mp4") for address in (page, page, redirect)]
    ended = [server.wait_until_ended(job["id"]) for job in jobs]
    assert {job["state"] for job in ended} == {"DONE"}
    assert ended[0]["file"] == ended[1]["file"]
    assert media_path(product, ended[2]).read_bytes()
    again = server.submit(redirect, entity_type="url", container_policy="mp4")
    assert (again["state"], again["file"]) == ("DONE", ended[2]["file"])


def test_different_files_of_one_name_do_not_meet(origin: Origin, server: Server, product: Product) -> None:
    names = ("first/video.mp4", "second/video.mp4")
    for name in names:
        origin.prepare(name)
    addresses = [f"https://clips.example/media/{name}" for name in names]
    jobs = [server.submit(address, entity_type="url", container_policy="mp4") for address in addresses]
    ended = [server.wait_until_ended(job["id"]) for job in jobs]
    assert {job["state"] for job in ended} == {"DONE"}, ended
    assert len({media_path(product, job) for job in ended}) == 2
    assert ended[0]["file"]["sha256"] != ended[1]["file"]["sha256"]


def test_other_containers_are_other_files(origin: Origin, server: Server, product: Product) -> None:
    origin.add(Video("sameCont001"))
    jobs = [server.submit("sameCont001", container_policy=policy) for policy in ("webm", "mp4", "mkv")]
    ended = [server.wait_until_ended(job["id"]) for job in jobs]
    assert [media_path(product, job).suffix for job in ended] == [".webm", ".mp4", ".mkv"]
    assert {job["file"]["policy_met"] for job in ended} == {True}


@pytest.mark.parametrize("lost", ["media", "all"])
def test_a_file_that_was_deleted_by_hand_is_fetched_again(
    origin: Origin, server: Server, product: Product, lost: str
) -> None:
    video_id = f"sameLost_{lost[:2]}"
    origin.add(Video(video_id))
    first = server.archive(video_id)
    path = media_path(product, first)
    for file in (path, path.with_suffix(".jpg")) if lost == "all" else (path,):
        file.unlink()
    assert server.request("GET", first["file"]["url"]).status_code == 404
    again = server.archive(video_id)
    assert again["file"]["path"] == first["file"]["path"]
    media_path(product, again)
    assert transfers(origin, video_id) == 4
    told: Any = server.job(first["id"])
    assert told["state"] == "DONE"
