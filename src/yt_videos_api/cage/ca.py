"""The certificate authorities a run trusts: the usual ones, and those of a company's proxy or of a test."""

from __future__ import annotations

import ssl
from pathlib import Path

import certifi

from yt_videos_api.domain.errors import Misconfigured


def write_ca_bundle(extra: Path, folder: Path) -> Path:
    """A PEM file in `folder` with certifi's authorities and those of `extra`. Raises Misconfigured."""
    try:
        ssl.create_default_context(cafile=str(extra))
        added = extra.read_text(encoding="ascii")
    except (OSError, ValueError) as error:
        raise Misconfigured(f"YT_VIDEOS_CA_BUNDLE: {extra} is not a readable PEM file: {error}.") from error
    bundle = folder / "ca-bundle.pem"
    scratch = folder / "ca-bundle.pem.new"
    scratch.write_text(Path(certifi.where()).read_text(encoding="utf-8") + "\n" + added, encoding="utf-8")
    scratch.replace(bundle)
    return bundle
