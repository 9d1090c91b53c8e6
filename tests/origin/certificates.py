"""The origin's own certificate authority, and a certificate for every host that is asked for."""

from __future__ import annotations

import ssl
import threading
from dataclasses import dataclass, field
from pathlib import Path

import trustme


@dataclass(slots=True)
class Certificates:
    """Makes certificates on demand, one per host; a client must trust `authority` to accept them."""

    authority: trustme.CA = field(default_factory=trustme.CA)
    _contexts: dict[str, ssl.SSLContext] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def write_bundle(self, path: Path) -> None:
        """Write what a client has to trust, as PEM."""
        self.authority.cert_pem.write_to_path(str(path))

    def context_for(self, host: str) -> ssl.SSLContext:
        """How to be `host` (a name or an IP address) over TLS.

        Raises ConnectionRefusedError for what cannot be a host's name, so that it looks like a host that is not there.
        """
        with self._lock:
            if host not in self._contexts:
                self._contexts[host] = self._context(host)
            return self._contexts[host]

    def _context(self, host: str) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        try:
            self.authority.issue_cert(host).configure_cert(context)
        except ValueError as error:
            raise ConnectionRefusedError(f"no certificate for {host!r}") from error
        return context
