"""Who is asking."""

from __future__ import annotations

from tests.origin.message import Incoming


def signed_in(incoming: Incoming) -> bool:
    """Whether the request carries the cookies of an account."""
    return "SAPISID=" in incoming.headers.get("cookie", "")
