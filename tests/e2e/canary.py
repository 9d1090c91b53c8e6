"""A private service that nobody must ever reach."""

from __future__ import annotations

import socket
import threading


class Canary:
    """Counts who comes."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.2", 0))
        self.port: int = self._listener.getsockname()[1]
        self.visits = 0
        self._thread = threading.Thread(target=self._count)
        self._thread.start()

    def _count(self) -> None:
        while True:
            connection, _ = self._listener.accept()
            with connection:
                if connection.recv(4) == b"stop":
                    return
                self.visits += 1

    def close(self) -> None:
        with socket.create_connection(("127.0.0.2", self.port)) as last:
            last.sendall(b"stop")
        self._thread.join()
        self._listener.close()
