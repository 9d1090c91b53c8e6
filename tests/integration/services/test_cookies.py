"""Cookies: sealed at rest, found for their own site and owner alone, shown to nobody."""

from __future__ import annotations

import base64
import stat
import threading
from dataclasses import asdict
from pathlib import Path

import pytest
from sqlalchemy import select, update

from tests.integration.services.conftest import Clock
from yt_videos_api.db.engine import Database
from yt_videos_api.db.tables import CookieJar
from yt_videos_api.domain.errors import InvalidInput, Misconfigured, NotFound
from yt_videos_api.services.cookies import Cookies
from yt_videos_api.services.vault import SealBroken, Vault, open_vault

SECRET = "topsecretvalue"
FILE = f".tube.example\tTRUE\t/\tTRUE\t1900000000\tSID\t{SECRET}\n"


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return open_vault(tmp_path / "secret.key", may_create=True)


def test_cookies_are_found_for_their_site_and_for_nobody_else(database: Database, vault: Vault) -> None:
    cookies = Cookies(database, vault, now=Clock().now)
    told = cookies.put("Tube.Example", FILE)
    assert (told.site, told.cookie_count) == ("tube.example", 1)
    assert cookies.list() == (told,)
    assert SECRET not in repr(asdict(told))
    for url in ("https://tube.example/watch", "http://www.tube.example:8080/"):
        assert SECRET in (cookies.find(url) or "")
        assert cookies.has(url)
    for stranger in ("https://nottube.example/", "https://tube.example.evil.example/", "https://example/", "nonsense"):
        assert cookies.find(stranger) is None
        assert not cookies.has(stranger)
    assert cookies.find("https://tube.example/", "eve") is None
    assert cookies.list("eve") == ()

    cookies.put("www.tube.example", FILE.replace(".tube", "www.tube").replace(SECRET, "nearer"))
    assert "nearer" in (cookies.find("https://www.tube.example/") or "")
    cookies.put("tube.example", FILE.replace(SECRET, "newer"))
    assert "newer" in (cookies.find("https://tube.example/") or "")
    with pytest.raises(InvalidInput):
        cookies.put("tube.example", FILE.replace(".tube", ".other"))
    assert "newer" in (cookies.find("https://tube.example/") or "")

    cookies.delete("tube.example")
    assert cookies.find("https://tube.example/") is None
    for unknown in ("tube.example", "\x00", "co.uk"):
        with pytest.raises(NotFound):
            cookies.delete(unknown)


def test_a_sealed_jar_opens_for_its_own_row_and_key_alone(database: Database, vault: Vault, tmp_path: Path) -> None:
    cookies = Cookies(database, vault)
    cookies.put("tube.example", FILE)
    cookies.put("other.example", FILE.replace("tube", "other"))
    with database.reading() as session:
        sealed = {jar.site: jar.sealed for jar in session.scalars(select(CookieJar))}
    assert all(SECRET.encode() not in jar for jar in sealed.values())

    stranger = open_vault(tmp_path / "another.key", may_create=True)
    assert Cookies(database, stranger).find("https://tube.example/") is None
    with database.transaction() as session:  # somebody moves a jar to a site of theirs
        session.execute(
            update(CookieJar).where(CookieJar.site == "other.example").values(sealed=sealed["tube.example"])
        )
    assert cookies.find("https://other.example/") is None
    assert cookies.find("https://tube.example/") is not None


def test_the_key_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "secret.key"
    sealed = open_vault(path, may_create=True).seal("text", "purpose")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(base64.urlsafe_b64decode(path.read_bytes())) == 32
    assert open_vault(path, may_create=True).open(sealed, "purpose") == "text"
    assert list(tmp_path.iterdir()) == [path]
    with pytest.raises(SealBroken):
        open_vault(path, may_create=False).open(sealed, "another purpose")
    with pytest.raises(SealBroken):
        open_vault(path, may_create=False).open(sealed[:-4] + b"AAAA", "purpose")


def test_processes_that_start_at_once_make_one_key(tmp_path: Path) -> None:
    barrier, vaults = threading.Barrier(8), []

    def start() -> None:
        barrier.wait()
        vaults.append(open_vault(tmp_path / "secret.key", may_create=True))

    threads = [threading.Thread(target=start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sealed = vaults[0].seal("text", "purpose")
    assert [vault.open(sealed, "purpose") for vault in vaults] == ["text"] * 8
    assert [path.name for path in tmp_path.iterdir()] == ["secret.key"]


def test_a_key_in_the_usual_base64_is_taken_too(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_bytes(base64.b64encode(b"\xfb\xff" * 16) + b"\n")
    path.chmod(0o600)
    sealed = open_vault(path, may_create=False).seal("text", "purpose")
    assert open_vault(path, may_create=False).open(sealed, "purpose") == "text"


@pytest.mark.parametrize(
    ("content", "mode", "why"),
    [
        (None, 0o600, "openssl rand -base64 32"),
        (base64.b64encode(bytes(range(32))), 0o640, "chmod 600"),
        (base64.b64encode(bytes(range(32))), 0o604, "chmod 600"),
        (base64.b64encode(bytes(range(16))), 0o600, "does not hold 32 bytes"),
        (b"", 0o600, "does not hold 32 bytes"),
        (b"\xff" * 500, 0o600, "does not hold 32 bytes"),
    ],
)
def test_a_key_that_cannot_be_used_says_what_to_do(tmp_path: Path, content: bytes | None, mode: int, why: str) -> None:
    path = tmp_path / "key"
    if content is not None:
        path.write_bytes(content)
        path.chmod(mode)
    with pytest.raises(Misconfigured) as refused:
        open_vault(path, may_create=False)
    assert "YT_VIDEOS_SECRET_KEY_FILE" in str(refused.value)
    assert why in str(refused.value)


def test_a_key_that_cannot_be_made_says_so(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="cannot be made"):
        open_vault(tmp_path / "nowhere" / "key", may_create=True)
