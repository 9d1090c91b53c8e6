"""Secrets at rest: sealed with the key of this installation, each for one purpose."""

from __future__ import annotations

import base64
import binascii
import json
import os
import secrets
import stat
from contextlib import suppress
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken

from yt_videos_api.domain.errors import Misconfigured

KEY_BYTES = 32
_SETTING = "YT_VIDEOS_SECRET_KEY_FILE"


class SealBroken(Exception):
    """What was sealed cannot be opened: another key, another purpose, or it was changed."""


class Vault:
    """Seals and opens. `key` is Fernet's: 32 bytes in URL-safe base64."""

    def __init__(self, key: bytes) -> None:
        self._fernet = Fernet(key)

    def seal(self, text: str, purpose: str) -> bytes:
        """Encrypt `text`. It can only be opened for the same `purpose`: no row can pass for another one's."""
        return self._fernet.encrypt(json.dumps([purpose, text]).encode())

    def open(self, sealed: bytes, purpose: str) -> str:
        """The text that was sealed for `purpose`. Raises SealBroken."""
        try:
            meant_for, text = json.loads(self._fernet.decrypt(sealed))
        except InvalidToken:
            raise SealBroken(purpose) from None
        if meant_for != purpose:
            raise SealBroken(purpose)
        return str(text)


def open_vault(path: Path, *, may_create: bool) -> Vault:
    """The vault whose key lies at `path`; a new key is made there if it `may_create` one.

    Raises Misconfigured when the key cannot be used as it is.
    """
    if may_create:
        _create(path)
    try:
        with path.open("rb") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            text = file.read(KEY_BYTES * 4).strip()
    except FileNotFoundError:
        advice = "make one with `openssl rand -base64 32` and give the same file to all hosts"
        raise Misconfigured(f"{_SETTING}: there is no {path}; {advice}.") from None
    except OSError as error:
        raise Misconfigured(f"{_SETTING}: {path} cannot be read: {error.strerror}.") from error
    if mode & 0o077:
        raise Misconfigured(f"{_SETTING}: others can read {path}; run: chmod 600 {path}")
    return Vault(_read(text, path))


def _create(path: Path) -> None:
    """Of two processes that start at once one makes the key, whole, and both use it."""
    if path.exists():
        return
    ours = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    try:
        descriptor = os.open(ours, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(base64.urlsafe_b64encode(secrets.token_bytes(KEY_BYTES)) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(ours, path)
        _sync_folder(path.parent)
    except OSError as error:
        raise Misconfigured(f"{_SETTING}: {path} cannot be made: {error.strerror}.") from error
    finally:
        ours.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    """What is sealed with a key must not outlive it, not even a loss of power."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _read(text: bytes, path: Path) -> bytes:
    """The key in Fernet's alphabet, whichever of the two base64 alphabets it was written in."""
    plain = text.replace(b"+", b"-").replace(b"/", b"_")
    try:
        key = base64.urlsafe_b64decode(plain)
    except binascii.Error:
        key = b""
    if len(key) != KEY_BYTES:
        raise Misconfigured(f"{_SETTING}: {path} does not hold {KEY_BYTES} bytes in base64.")
    return base64.urlsafe_b64encode(key)
