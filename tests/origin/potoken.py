"""A stand-in for the bgutil server that makes PO tokens: `GET /ping` and `POST /get_pot`, on loopback."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import version
from typing import Any

TOKEN = "dG9rZW4tb2YtdGhlLXByb3ZpZGVy"


@dataclass(slots=True)
class PoTokenServer:
    """What it was asked, in order; `status` other than 200 makes it refuse to give tokens."""

    port: int = 0
    asked: list[dict[str, Any]] = field(default_factory=list)
    pings: int = 0
    status: int = 200

    @property
    def url(self) -> str:
        """Its address, as the operator would name it."""
        return f"http://127.0.0.1:{self.port}"

    @classmethod
    @contextmanager
    def start(cls) -> Iterator[PoTokenServer]:
        """Run until the block is left."""
        told = cls()
        server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(told))
        told.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), name="po tokens", daemon=True)
        thread.start()
        try:
            yield told
        finally:
            server.shutdown()
            server.server_close()
            thread.join()


def _handler(told: PoTokenServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            told.pings += 1
            # The plugin compares this with its own.
            self._answer(200, {"server_uptime": 1.0, "version": version("bgutil-ytdlp-pot-provider")})

        def do_POST(self) -> None:
            told.asked.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self._answer(told.status, {"poToken": TOKEN, "contentBinding": told.asked[-1]["content_binding"]})

        def _answer(self, status: int, content: dict[str, Any]) -> None:
            body = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """Nobody listens."""

    return Handler
