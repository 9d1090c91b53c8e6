"""JSON bodies, read strictly: what two parsers could understand differently is refused."""

from __future__ import annotations

import email.message
import json
from collections.abc import Callable, Coroutine
from typing import Any, NoReturn

from fastapi import HTTPException, Request, Response
from fastapi.routing import APIRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MOST_BYTES = 1024 * 1024


class StrictRoute(APIRoute):
    """A route whose body must be JSON by its content type, in UTF-8, without repeated names, NaN or Infinity."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """See APIRoute."""
        handle = super().get_route_handler()

        async def handle_strictly(request: Request) -> Response:
            return await handle(_StrictRequest(request.scope, request.receive))

        return handle_strictly


class _StrictRequest(Request):
    async def body(self) -> bytes:
        body = await super().body()
        if body and not is_json(self.headers.get("content-type", "")):
            raise HTTPException(415, "The body must be JSON, and the Content-Type must say so: application/json.")
        return body

    async def json(self) -> Any:
        return parse_json(await self.body())


class BodyLimit:
    """ASGI middleware: whoever reads a body gets MOST_BYTES of it, whatever length was announced, then a 413."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        read = 0

        async def receive_some() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body") or b"")
            if read > MOST_BYTES:
                raise HTTPException(413, f"The body has more than {MOST_BYTES} bytes.")
            return message

        await self._app(scope, receive_some, send)


def parse_json(body: bytes) -> Any:
    """The value of a JSON body. Raises HTTPException 400 for what is none or could be read in two ways."""
    try:
        return json.loads(decode(body), object_pairs_hook=_object, parse_constant=_refuse_constant)
    except RecursionError:
        raise HTTPException(400, "The body is nested too deeply.") from None
    except json.JSONDecodeError:
        raise HTTPException(400, "The body is not valid JSON.") from None


def decode(body: bytes) -> str:
    """The text of a body. Raises HTTPException 400."""
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        raise HTTPException(400, "The body is not valid UTF-8.") from None


def is_json(content_type: str) -> bool:
    """Whether a Content-Type says that the body is JSON."""
    message = email.message.Message()
    message["content-type"] = content_type
    subtype = message.get_content_subtype()
    return message.get_content_maintype() == "application" and (subtype == "json" or subtype.endswith("+json"))


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    told = dict(pairs)
    if len(told) < len(pairs):
        raise HTTPException(400, "The body names a field twice.")
    return told


def _refuse_constant(name: str) -> NoReturn:
    raise HTTPException(400, f"The body is not valid JSON: {name} is no number there.")
