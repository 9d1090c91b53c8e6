"""Who may knock: Host and Origin are checked, so that no web page a user happens to visit can reach this service.

A page on the internet can make a browser send requests to 127.0.0.1, and with DNS rebinding even read the answers. Such
requests carry a foreign Origin, or a Host that is a name of theirs. An address as Host is never foreign: rebinding
needs a name.
"""

from __future__ import annotations

from ipaddress import ip_address

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from yt_videos_api.api.problems import problem

_LOCAL_NAMES = frozenset({"localhost"})


class DoorGuard:
    """ASGI middleware. `serve_everybody` (YT_VIDEOS_AUTH=off) opens addresses other than loopback."""

    def __init__(self, app: ASGIApp, *, allowed_hosts: frozenset[str], serve_everybody: bool) -> None:
        self._app = app
        self._allowed_hosts = _LOCAL_NAMES | {host.lower() for host in allowed_hosts}
        self._serve_everybody = serve_everybody

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        refusal = self._refusal(scope)
        if refusal is None:
            await self._app(scope, receive, send)
            return
        status, code, text = refusal
        await problem(Request(scope, receive), status, text, code=code)(scope, receive, send)

    def _refusal(self, scope: Scope) -> tuple[int, str, str] | None:
        server = scope.get("server")
        if not self._serve_everybody and server and not _is_loopback(server[0]):
            text = "Accounts are not there yet: only loopback is served, unless YT_VIDEOS_AUTH=off is set."
            return 403, "not_loopback", text
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if not self._known(_host_name(host)):
            return 421, "host", "This Host is not ours. Name it in YT_VIDEOS_ALLOWED_HOSTS if it is yours."
        origin = headers.get("origin")
        if origin is not None and origin not in (f"http://{host}", f"https://{host}"):
            return 403, "origin", "Requests from pages of other sites are refused."
        if (
            origin is None
            and headers.get("sec-fetch-site") in ("cross-site", "same-site")
            and _may_change(scope, headers)
        ):
            return 403, "origin", "Requests from pages of other sites are refused."
        return None

    def _known(self, name: str) -> bool:
        return name in self._allowed_hosts or _is_address(name)


def _may_change(scope: Scope, headers: Headers) -> bool:
    """Whether a request from another site does more than follow a link a person clicked."""
    return scope.get("method") not in ("GET", "HEAD") or headers.get("sec-fetch-mode") != "navigate"


def _host_name(host: str) -> str:
    name = host.lower()
    if name.startswith("["):
        return name[1:].partition("]")[0]
    return name.partition(":")[0]


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


def _is_loopback(address: str) -> bool:
    try:
        parsed = ip_address(address)
    except ValueError:
        return True  # a Unix socket or a test client: whoever reaches that is local
    mapped = getattr(parsed, "ipv4_mapped", None)
    return bool((mapped or parsed).is_loopback)
