"""JSON from services over HTTP, through the egress gate: bounded in time, size and depth, without redirects."""

from __future__ import annotations

import contextlib
import json
import logging
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlencode, urlsplit

import certifi
import urllib3
from urllib3.exceptions import HTTPError
from urllib3.exceptions import TimeoutError as Urllib3Timeout

from yt_videos_api.apis.address import parse_api_address
from yt_videos_api.apis.fault import ApiFault, FaultReason
from yt_videos_api.cage.gate import Gate, GateSession

# At level DEBUG it writes whole request targets, and the YouTube Data API takes its key in the query.
logging.getLogger("urllib3.connectionpool").setLevel(logging.INFO)


@dataclass(frozen=True, slots=True)
class HttpLimits:
    """Bounds on one request."""

    connect_seconds: float = 20.0  # the gate looks up and connects meanwhile, for which it takes 15 at most
    read_seconds: float = 15.0  # without a byte
    total_seconds: float = 40.0
    answer_bytes: int = 8 * 2**20


@dataclass(frozen=True, slots=True)
class Answer:
    """What a service answered."""

    status: int
    document: Any  # the JSON of the body; None where an answer other than 200 has none


class JsonClient:
    """Asks one service for JSON. A context manager; not for several threads at once.

    Connections are kept between requests and opened anew after a fault, so that it is usable again after any.
    """

    def __init__(
        self,
        gate: Gate,
        base_url: str,
        *,
        ca_file: Path | None = None,
        upstream: str | None = None,
        limits: HttpLimits | None = None,
    ) -> None:
        """`base_url` is the operator's, so that its host and port may be private; those of the gate's other users may
        not. `ca_file` is the PEM bundle to trust, by default certifi's; `upstream` as in Gate.open_session. Raises
        ValueError for an address that is none.
        """
        self._gate = gate
        self._address = parse_api_address(base_url)
        self._ca_file = str(ca_file or certifi.where())
        self._upstream = upstream
        self._limits = limits or HttpLimits()
        self._line: _Line | None = None

    def get(self, path: str, query: Mapping[str, str | int]) -> Answer:
        """GET `path` (beginning with a slash) of the service; redirects are answers like any other.

        Raises ApiFault: `timeout`, `network`, or `bad_answer` for 200 with something other than JSON.
        """
        url = f"{self._address.url}{path}?{urlencode(query)}"
        if self._line is not None:
            # A service may close a kept connection at any time, and then that is all it means.
            with contextlib.suppress(_BrokenOff):
                return self._ask(self._line, url)
        self._line = self._open()
        return self._ask(self._line, url)

    def close(self) -> None:
        """Close what is open. Safe to repeat; the client may be used again."""
        line, self._line = self._line, None
        if line is not None:
            line.pool.clear()
            line.session.close()

    def _ask(self, line: _Line, url: str) -> Answer:
        try:
            with self._within_time(line.session):
                status, body = self._fetch(line.pool, url)
            return Answer(status, _read_json(body, required=status == 200))
        except ApiFault:
            self.close()
            raise

    def _open(self) -> _Line:
        session = self._gate.open_session(self._upstream, exceptions=frozenset({self._address.endpoint}))
        gate = urlsplit(session.proxy_url)
        pool = urllib3.ProxyManager(
            f"http://{gate.hostname}:{gate.port}",
            num_pools=1,
            maxsize=1,
            ca_certs=self._ca_file,
            cert_reqs="CERT_REQUIRED",
            proxy_headers=urllib3.make_headers(proxy_basic_auth=f"{gate.username}:{gate.password}"),
            # Nothing is unpacked: a few bytes could stand for gigabytes.
            headers={"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": "yt-videos-api"},
            timeout=urllib3.Timeout(connect=self._limits.connect_seconds, read=self._limits.read_seconds),
            retries=False,
        )
        return _Line(session, pool)

    def _fetch(self, pool: urllib3.ProxyManager, url: str) -> tuple[int, bytes]:
        try:
            answer = pool.request("GET", url, redirect=False, preload_content=False)
            with contextlib.closing(answer):
                body = self._read(answer)
                answer.release_conn()
        # Their texts name the whole address and with it the key, so neither they nor the chain go any further.
        except Urllib3Timeout as error:
            raise ApiFault(FaultReason.TIMEOUT, type(error).__name__) from None
        except (HTTPError, HTTPException, OSError) as error:
            raise _BrokenOff(FaultReason.NETWORK, type(error).__name__) from None
        return answer.status, body

    def _read(self, answer: urllib3.BaseHTTPResponse) -> bytes:
        body = answer.read(self._limits.answer_bytes + 1, decode_content=False)
        if len(body) > self._limits.answer_bytes:
            raise ApiFault(FaultReason.BAD_ANSWER, f"more than {self._limits.answer_bytes} bytes")
        answer.read(1, decode_content=False)  # only at the end does urllib3 tell that less came than was promised
        return body

    @contextlib.contextmanager
    def _within_time(self, session: GateSession) -> Iterator[None]:
        """Cut the connection when the time is up: a byte now and then defeats every time-out of a socket."""
        expired = threading.Event()

        def cut() -> None:
            expired.set()
            session.close()

        timer = threading.Timer(self._limits.total_seconds, cut)
        timer.daemon = True
        timer.start()
        try:
            yield
        except ApiFault:
            if not expired.is_set():
                raise
        finally:
            timer.cancel()
            timer.join()
        if expired.is_set():
            raise ApiFault(FaultReason.TIMEOUT, f"no answer within {self._limits.total_seconds:g} s")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class _BrokenOff(ApiFault):
    """The connection broke, or there was none."""


@dataclass(frozen=True, slots=True)
class _Line:
    """A session at the gate and the connections that use it."""

    session: GateSession
    pool: urllib3.ProxyManager


def _read_json(body: bytes, *, required: bool) -> Any:
    try:
        return json.loads(body, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):  # not UTF-8, not JSON, or nested too deeply
        if required:
            raise ApiFault(FaultReason.BAD_ANSWER, "not JSON") from None
        return None


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")
