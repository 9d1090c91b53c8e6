"""How sites are asked: challenges, tokens, cookies, proxies and browsers, from the request to the archived file."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.canary import Canary
from tests.e2e.collected import collect, entries_of, items_of, small, submit, wait_until
from tests.e2e.looks import assert_one_clear_line, assert_problem, media_path
from tests.e2e.relays import Relay
from tests.origin import Answer, Mark, Origin, Playlist, Video
from tests.origin.potoken import TOKEN, PoTokenServer
from tests.product import Product, Server

pytestmark = pytest.mark.timeout(120)

SECRET = "planted-secret-value"
DENO = Path(sys.executable).parent / "deno"
KEY = "key-of-the-data-api"
# Archived at the cost of its streams alone.
CHEAP: dict[str, Any] = {"container_policy": "mp4", "embed_cover_art": False}


def cookie_file(site: str = "youtube.com", expires: int = 1_900_000_000) -> str:
    return "".join(f".{site}\tTRUE\t/\tTRUE\t{expires}\t{name}\t{SECRET}\n" for name in ("LOGIN_INFO", "SAPISID"))


def upload(server: Server, site: str = "youtube.com", expires: int = 1_900_000_000) -> None:
    answer = server.request("PUT", f"/cookies/{site}", json={"cookies": cookie_file(site, expires)})
    assert answer.status_code == 200, answer.text


def fails(server: Server, entity_id: str, **more: Any) -> dict[str, Any]:
    """Submit what must fail; the job's error."""
    job = server.wait_until_ended(server.submit(entity_id, **(CHEAP | more))["id"])
    assert job["state"] == "FAILED", job
    error: dict[str, Any] = job["error"]
    assert error["advice"].endswith(".")
    return error


def story(job: dict[str, Any]) -> dict[str, tuple[str, str | None]]:
    """What became of every client, and why it was not asked or failed."""
    return {each["client"]: (each["outcome"], each["reason"] or each["error_code"]) for each in job["attempts"]}


@pytest.fixture(scope="module")
def provider() -> Iterator[PoTokenServer]:
    with PoTokenServer.start() as running:
        yield running


@pytest.fixture(scope="module")
def relays(origin: Origin) -> Iterator[dict[str, Relay]]:
    """Two proxies, by the names that jobs know."""
    with (
        Relay.start("clerk:hush", origin.proxy_url) as office,
        Relay.start("guard:quiet", origin.proxy_url) as branch,
    ):
        yield {"office": office, "branch": branch}


@pytest.fixture(scope="module")
def product(
    origin: Origin, provider: PoTokenServer, relays: dict[str, Relay], tmp_path_factory: pytest.TempPathFactory
) -> Product:
    """An installation that has everything."""
    settings = {
        "YT_VIDEOS_PO_PROVIDER_URL": provider.url,
        "YT_VIDEOS_PROXIES": ",".join(f"{name}={relay.url}" for name, relay in relays.items()),
        "YT_VIDEOS_YOUTUBE_API_KEY": KEY,
    }
    return Product(tmp_path_factory.mktemp("product"), origin, settings)


def test_a_challenge_and_a_token_stand_between_a_client_and_the_best_there_is(
    origin: Origin, server: Server, product: Product, provider: PoTokenServer
) -> None:
    origin.add(Video("accessAll01", challenge=True))
    job = server.archive("accessAll01", **CHEAP)
    assert story(job) == {
        "android": ("inferior", None),
        "tv_embedded": ("skipped", "unknown_client"),
        "web": ("satisfied", None),
    }
    assert job["file"]["height"] == 1080
    media_path(product, job)
    asked_by_web = origin.requests(kind="media", video="accessAll01", client="web")
    assert {request.query.get("pot") for request in asked_by_web} == {TOKEN}
    assert [asked["proxy"] for asked in provider.asked] == [None]


@pytest.mark.parametrize(
    "address",
    [
        "https://public.example/redirect?to={to}",
        "https://consent.youtube.com/m?continue=https://public.example/redirect%3Fto%3D{to}",
        "https://consent.youtube.com/m?continue={to}",
    ],
)
def test_no_page_leads_a_run_to_the_provider_of_tokens(server: Server, provider: PoTokenServer, address: str) -> None:
    pings, asked = provider.pings, len(provider.asked)
    error = fails(server, address.format(to=f"{provider.url}/x.mp4"), entity_type="url")
    assert error["code"] == "blocked_address"
    assert (provider.pings, len(provider.asked)) == (pings, asked)


def test_without_a_runtime_the_failure_says_what_to_install(origin: Origin, empty_product: Product) -> None:
    origin.add(small("accessNone1", challenge=True))
    origin.add(small("accessNone2", challenge=True, answers={"visionos": Answer.NOTHING}))
    with empty_product.serving(YT_VIDEOS_JS_RUNTIME="none", YT_VIDEOS_PLAYER_CLIENTS="tv,default") as server:
        job = server.archive("accessNone1", **CHEAP)  # yt-dlp then asks a client that has nothing to solve
        assert story(job) == {"tv": ("failed", "challenge_unsolved"), "default": ("satisfied", None)}
        error = fails(server, "accessNone2")
    assert (error["code"], error["retryable"]) == ("challenge_unsolved", False)
    assert "YT_VIDEOS_JS_RUNTIME" in error["advice"]


def test_a_runtime_and_a_token_are_given_by_hand(origin: Origin, empty_product: Product) -> None:
    origin.add(Video("accessHand1", challenge=True))
    settings = {"YT_VIDEOS_JS_RUNTIME": f"deno:{DENO}", "YT_VIDEOS_PO_TOKENS": f"web.gvs+{TOKEN}"}
    with empty_product.serving(YT_VIDEOS_PLAYER_CLIENTS="web", **settings) as server:
        assert server.archive("accessHand1", save_info_json=True, **CHEAP)["file"]["height"] == 1080
    assert_nowhere(empty_product, TOKEN)


def test_settings_that_cannot_be_are_named_at_the_start(empty_product: Product) -> None:
    assert_one_clear_line(empty_product.command("serve", YT_VIDEOS_JS_RUNTIME=f"node:{DENO}"), "YT_VIDEOS_JS_RUNTIME")
    wrong = {
        "YT_VIDEOS_PO_PROVIDER_URL": f"http://user:{SECRET}@127.0.0.1:4416",
        "YT_VIDEOS_PROXIES": f"office=socks5://user:{SECRET}@127.0.0.1:1",
    }
    done = empty_product.command("serve", **wrong)
    assert done.returncode == 2
    assert [line.partition(":")[0] for line in done.stderr.splitlines()[-2:]] == list(wrong)
    assert SECRET not in done.stderr


def test_doctor_names_what_there_is_for_getting_along_with_sites(product: Product, provider: PoTokenServer) -> None:
    pings = provider.pings
    done = product.command("doctor", "--json")
    told = {each["area"]: each for each in json.loads(done.stdout)}
    assert "deno" in told["javascript"]["message"]
    assert "curl_cffi" in told["impersonation"]["message"]
    assert "answers" in told["po tokens"]["message"]
    assert provider.pings == pings + 1
    assert "key" in told["data api"]["message"]
    assert KEY not in done.stdout


def test_cookies_serve_the_jobs_alone_that_ask_for_them(origin: Origin, server: Server, product: Product) -> None:
    upload(server)
    origin.add(small("cookieBoth1"))
    before = len(origin.requests())
    public = server.archive("cookieBoth1", **CHEAP)
    assert not any(request.tells(SECRET) for request in origin.requests()[before:])

    private = server.archive("cookieBoth1", use_cookies=True, save_info_json=True, **CHEAP)
    assert any(request.tells(SECRET) for request in origin.requests()[before:])
    assert story(private)["android"] == ("skipped", "takes_no_cookies")
    assert private["file"]["path"] != public["file"]["path"]
    for job, more in ((public, {}), (private, {"use_cookies": True})):
        assert server.archive("cookieBoth1", **CHEAP, **more)["file"]["path"] == job["file"]["path"]
    assert SECRET not in json.dumps([public, private])
    assert_nowhere(product, SECRET)


def test_what_only_an_account_sees_is_nowhere_in_public_answers(origin: Origin, server: Server) -> None:
    upload(server)
    origin.add_playlist(Playlist("PLcookieBoth0", ("cookieOnly1",)))
    origin.add(small("cookieOnly1", answer=Answer.PRIVATE, signed_in=Answer.FULL))
    mine = collect(server, "PLcookieBoth0", use_cookies=True)
    assert mine["counts"]["done"] == 1
    others = collect(server, "PLcookieBoth0", state="FAILED")
    assert others["listing"]["playlist_id"] != mine["listing"]["playlist_id"]
    assert [item["file"] for item in items_of(server, others)] == [None]
    (entry,) = entries_of(server, others).values()
    assert (entry["archived"], entry["file_url"]) == (False, None)


def test_no_site_sends_somebodys_cookies_to_another_one(origin: Origin, server: Server) -> None:
    upload(server)
    upload(server, "list.example")
    origin.add(small("cookieElse1"))
    origin.add_collection("mixed", "https://www.youtube.com/watch?v=cookieElse1")
    before = len(origin.requests())
    collect(server, "https://list.example/links/mixed", entity_type="url", use_cookies=True)
    assert {request.host for request in origin.requests()[before:] if request.tells(SECRET)} == {"list.example"}


def test_cookies_that_are_gone_or_stale_are_named(origin: Origin, server: Server) -> None:
    expires = int(time.time()) + 2
    upload(server, "stale.example", expires)
    upload(server)
    origin.add_playlist(Playlist("PLcookieGone0", ("cookieGone1",)))
    origin.add(small("cookieGone1"))
    hold = origin.hold("list", video="PLcookieGone0")
    job = submit(server, "PLcookieGone0", use_cookies=True)
    hold.wait_reached()
    assert server.request("DELETE", "/cookies/youtube.com").status_code == 204
    hold.release()
    (problem,) = server.wait_until_ended(job["id"])["problems"]
    assert problem["error"]["code"] == "cookies_missing"

    wait_until(lambda: time.time() > expires, "time stands still")
    stale = fails(server, "https://stale.example/page/x", entity_type="url", use_cookies=True)
    assert (stale["code"], "PUT /cookies" in stale["advice"]) == ("cookies_expired", True)
    assert not origin.requests(host="stale.example")


def test_a_job_goes_through_the_proxy_it_names_with_all_it_asks(
    origin: Origin, server: Server, relays: dict[str, Relay]
) -> None:
    origin.add(Video("proxyMark01", captions=()))
    origin.mark("proxyMark01", Mark(1.0, 2.0))
    origin.add_playlist(Playlist("PLproxyList00", ("proxyMark01",)))
    before = len(origin.requests())
    wanted: dict[str, Any] = {"proxy_name": "office", "sponsorblock": ["sponsor"], "quality": "360p"}
    job = collect(server, "PLproxyList00", **wanted)
    assert job["listing"]["source"] == "data_api"
    hosts = {request.host for request in origin.requests()[before:]}
    assert {"www.googleapis.com", "sponsor.ajay.app", "www.youtube.com"} < hosts
    assert set(relays["office"].hosts) == hosts
    assert (relays["branch"].hosts, relays["office"].strangers) == ([], 0)

    server.archive("proxyMark01", proxy_name="branch", quality="144p", **CHEAP)
    assert "www.youtube.com" in relays["branch"].hosts
    unknown = {"entity_type": "video", "entity_id": "proxyMark01", "proxy_name": "none"}
    told = assert_problem(server.request("POST", "/jobs", json=unknown), 422)
    assert told["errors"][0]["field"] == "proxy_name"
    assert "hush" not in json.dumps(told)


def test_what_an_installation_has_no_longer_is_named(
    origin: Origin, empty_product: Product, relays: dict[str, Relay]
) -> None:
    origin.add(small("accessGone1"))
    before = len(origin.requests())
    with empty_product.api(YT_VIDEOS_PROXIES=f"office={relays['office'].url}") as api:
        upload(api)
        proxied = api.submit("accessGone1", proxy_name="office", **CHEAP)
        known = api.submit("accessGone1", use_cookies=True, **CHEAP)
    with empty_product.serving(YT_VIDEOS_PLAYER_CLIENTS="android,tv_embedded") as server:
        without_proxy, without_client = (server.wait_until_ended(job["id"])["error"] for job in (proxied, known))
    assert (without_proxy["code"], "YT_VIDEOS_PROXIES" in without_proxy["advice"]) == ("proxy_missing", True)
    assert without_client["code"] == "cookies_not_taken"
    assert "YT_VIDEOS_PLAYER_CLIENTS" in without_client["advice"]
    assert origin.requests()[before:] == []
    assert_nowhere(empty_product, "hush")


def test_a_site_sees_the_browser_and_the_browser_sees_no_private_address(origin: Origin, server: Server) -> None:
    job = server.archive("https://browsed.example/page/x", entity_type="url", impersonate_browser="firefox", **CHEAP)
    assert job["file"]
    agents = {request.headers["user-agent"] for request in origin.requests(host="browsed.example")}
    assert all("Firefox/" in agent for agent in agents)
    with closing(Canary()) as canary:
        to = f"http://127.0.0.2:{canary.port}/x.mp4"
        error = fails(
            server, f"https://browsed.example/redirect?to={to}", entity_type="url", impersonate_browser="firefox"
        )
        assert (error["code"], canary.visits) == ("blocked_address", 0)


def assert_nowhere(product: Product, secret: str) -> None:
    """In no file of the installation: not in the database, the library, nor in what the processes print."""
    looked = [path for path in product.folder.rglob("*") if path.is_file()]
    assert any(path.suffix == ".db" for path in looked)
    assert [path for path in looked if secret.encode() in path.read_bytes()] == []
