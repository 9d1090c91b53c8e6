"""What the kernel bounds for a run, and the environment it starts in."""

from __future__ import annotations

import contextlib
import os
import resource
import signal
from collections.abc import Mapping
from pathlib import Path

LEAST_DATA_BYTES = 1 << 30  # with less, deno and ffmpeg fail in odd ways
_MANY_FILES = 65_536
_PASSED_ON = ("PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "LD_LIBRARY_PATH")


def apply(*, file_bytes: int, data_bytes: int, open_files: int = 1024) -> None:
    """Bound this process and its future children for good.

    Writing beyond `file_bytes` fails with EFBIG; subprocess.Popen's children die of SIGXFSZ instead unless they are
    started with restore_signals=False. Memory beyond `data_bytes` (heap and private mappings; at least 1 GiB
    is granted) cannot be had. RLIMIT_AS is not used: deno reserves far more address space than it uses, and crashes.
    No core dumps: they would hold cookies. New files are ours alone.
    """
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # its default would kill the writer; ignored, the write fails
    _lower(resource.RLIMIT_FSIZE, file_bytes)
    _lower(resource.RLIMIT_DATA, max(data_bytes, LEAST_DATA_BYTES))
    _lower(resource.RLIMIT_CORE, 0)
    _lower(resource.RLIMIT_NOFILE, open_files)
    os.umask(0o077)


def allow_many_connections() -> None:
    """Let this process hold more open files and connections: the usual 1,024 are few for a server."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    enough = _MANY_FILES if hard == resource.RLIM_INFINITY else min(hard, _MANY_FILES)
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (enough, hard))


def clean_environment(
    *, scratch: Path, proxy_url: str | None, ca_file: Path | None = None, inherited: Mapping[str, str] = os.environ
) -> dict[str, str]:
    """The whole environment for the processes of a run: nothing else of ours, and no secret, passes.

    HOME, temporary files and caches lie in `scratch`. All proxies are the gate, whatever reads them; NO_PROXY is left
    out since ffmpeg obeys it. `ca_file` is trusted instead of the system's certificates.
    """
    environment = {name: inherited[name] for name in _PASSED_ON if name in inherited}
    environment.setdefault("LANG", "C.UTF-8")
    environment |= {name: str(scratch) for name in ("HOME", "TMPDIR", "TEMP", "TMP")}
    environment |= {
        "XDG_CACHE_HOME": str(scratch / "cache"),
        "XDG_CONFIG_HOME": str(scratch / "config"),
        "XDG_DATA_HOME": str(scratch / "data"),
        "XDG_STATE_HOME": str(scratch / "state"),
        "DENO_DIR": str(scratch / "deno"),
        "DENO_NO_UPDATE_CHECK": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    if proxy_url is not None:
        for name in ("http_proxy", "https_proxy", "all_proxy"):
            environment[name] = environment[name.upper()] = proxy_url
    if ca_file is not None:
        environment |= {name: str(ca_file) for name in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")}
    return environment


def _lower(kind: int, wanted: int) -> None:
    """Set both limits, never above what the operator has set for us already."""
    hard = resource.getrlimit(kind)[1]
    bound = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    resource.setrlimit(kind, (bound, bound))
