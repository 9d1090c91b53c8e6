"""Cookies that people upload for a site: sealed at rest, given to the runs that ask for them, never shown again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from urllib.parse import urlsplit

import structlog
from pydantic import Field
from sqlalchemy import select
from sqlalchemy.orm import Session

from yt_videos_api.db.engine import Database
from yt_videos_api.db.inserts import insert_unless_exists
from yt_videos_api.db.tables import CookieJar
from yt_videos_api.domain.cookiefiles import parse_cookie_file, parse_site, sites_of
from yt_videos_api.domain.errors import DownloadFailure, InvalidInput, NotFound
from yt_videos_api.services.clock import Now, utc_now
from yt_videos_api.services.vault import SealBroken, Vault

log = structlog.get_logger()

_NONE = "There are no cookies for this site."


@dataclass(frozen=True, slots=True)
class CookieJarView:
    """What may be told of uploaded cookies."""

    site: str
    cookie_count: int
    expires_at: Annotated[
        datetime | None, Field(description="When the first of them does; null when all last as long as a session.")
    ]
    updated_at: datetime


class Cookies:
    """The cookies of this installation. `owner` is empty while there are no accounts."""

    def __init__(self, database: Database, vault: Vault, *, now: Now = utc_now) -> None:
        self._database = database
        self._vault = vault
        self._now = now

    def put(self, site: str, text: str, owner: str = "") -> CookieJarView:
        """Keep a Netscape file for `site`, instead of what was there. Expired ones are left out.

        Raises InvalidInput that names the line and repeats nothing of it.
        """
        now = self._now()
        name = parse_site(site)
        file = parse_cookie_file(text, name, now)
        values = {
            "sealed": self._vault.seal(file.text, _purpose(owner, name)),
            "cookie_count": file.cookie_count,
            "expires_at": file.expires_at,
            "updated_at": now,
        }
        with self._database.transaction() as session:
            if not insert_unless_exists(session, CookieJar, owner_id=owner, site=name, **values):
                jar = _get(session, name, owner)
                for column, value in values.items():
                    setattr(jar, column, value)
        return CookieJarView(name, file.cookie_count, file.expires_at, now)

    def list(self, owner: str = "") -> tuple[CookieJarView, ...]:
        """For which sites there are cookies, by name."""
        query = select(CookieJar).where(CookieJar.owner_id == owner).order_by(CookieJar.site)
        with self._database.reading() as session:
            return tuple(
                CookieJarView(jar.site, jar.cookie_count, jar.expires_at, jar.updated_at)
                for jar in session.scalars(query)
            )

    def delete(self, site: str, owner: str = "") -> None:
        """Forget the cookies of a site; downloads that want them fail from now on. Raises NotFound."""
        try:
            name = parse_site(site)
        except InvalidInput:
            raise NotFound(_NONE) from None
        with self._database.transaction() as session:
            session.delete(_get(session, name, owner))

    def has(self, url: str, owner: str = "") -> bool:
        """Whether there are cookies for the site of `url`."""
        with self._database.reading() as session:
            return _nearest(session, url, owner) is not None

    def find(self, url: str, owner: str = "") -> str | None:
        """The cookies for the site of `url` as a Netscape file, for a run alone; None when there are none.

        Raises DownloadFailure("cookies_expired") when all of them have expired since they were uploaded: the run would
        go on as a stranger, and fail for reasons that lead astray.
        """
        with self._database.reading() as session:
            jar = _nearest(session, url, owner)
        if jar is None:
            return None
        try:
            text = self._vault.open(jar.sealed, _purpose(owner, jar.site))
            return parse_cookie_file(text, jar.site, self._now()).text
        except InvalidInput:
            raise DownloadFailure("cookies_expired", jar.site) from None
        except SealBroken:
            advice = "YT_VIDEOS_SECRET_KEY_FILE differs from the one they were uploaded with; upload them again"
            log.warning("cookies_not_readable", site=jar.site, advice=advice)
            return None


def _purpose(owner: str, site: str) -> str:
    return f"cookies\0{owner}\0{site}"


def _get(session: Session, site: str, owner: str) -> CookieJar:
    query = select(CookieJar).where(CookieJar.owner_id == owner, CookieJar.site == site).with_for_update()
    jar = session.scalars(query).one_or_none()
    if jar is None:
        raise NotFound(_NONE)
    return jar


def _nearest(session: Session, url: str, owner: str) -> CookieJar | None:
    """Those of the host itself, else of the nearest name above it."""
    sites = sites_of(urlsplit(url).hostname or "")
    query = select(CookieJar).where(CookieJar.owner_id == owner, CookieJar.site.in_(sites))
    jars = {jar.site: jar for jar in session.scalars(query)}
    return next((jars[site] for site in sites if site in jars), None)
