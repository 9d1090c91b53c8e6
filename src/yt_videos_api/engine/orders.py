"""What the supervisor tells a new child: trusted, since only the supervisor holds the socket."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from yt_videos_api.cage.runs import JsRuntime, RunLimits, RunSpec, SiteAids
from yt_videos_api.domain.choices import Live, Selection
from yt_videos_api.domain.offers import MediaRequest
from yt_videos_api.domain.policy import ContainerPolicy
from yt_videos_api.engine.messages import Message

COVER_SECONDS = 20.0
SUBTITLES_SECONDS = 600.0  # of all languages together
INFO_SECONDS = 20.0
# A page that trickles in byte by byte is given this many times the stall time.
_EXTRACT_STALLS = 5


def extract_seconds(limits: RunLimits) -> float:
    """How long one extraction may take."""
    return _EXTRACT_STALLS * limits.stall_seconds


@dataclass(frozen=True, slots=True)
class Order:
    """A run, as its child knows it. `spec.lock_fd` is not the supervisor's number: see `with_lock`."""

    spec: RunSpec
    tools: tuple[str, ...]  # executables that may be started
    gate_port: int
    with_lock: bool  # the descriptor of the staging lock came along
    aids: SiteAids = field(default_factory=SiteAids)


def order_message(order: Order) -> Message:
    """For the forkserver; the descriptors go beside it: control socket, lifeline, log, and the lock if there is one.

    Cookies and tokens do not go this way (engine/access.py).
    """
    spec, runtime = order.spec, order.aids.js_runtime
    return {
        "kind": "spawn",
        "media": {
            "url": spec.media.url,
            "container_policy": spec.media.container_policy.value,
            "selection": spec.media.selection.key(),
            "entry_index": spec.media.entry_index,
            "live": spec.media.live.value,
            "live_limit_seconds": spec.media.live_limit_seconds,
        },
        "folder": str(spec.folder),
        "scratch": str(spec.scratch),
        "proxy_url": spec.proxy_url,
        "ca_file": None if spec.ca_file is None else str(spec.ca_file),
        "limits": asdict(spec.limits),
        "tools": list(order.tools),
        "gate_port": order.gate_port,
        "with_lock": order.with_lock,
        "js_runtime": None
        if runtime is None
        else {"name": runtime.name, "path": str(runtime.path), "version": runtime.version},
    }


def read_order(message: dict[str, Any]) -> Order:
    """The inverse of `order_message`."""
    media, ca_file, runtime = message["media"], message["ca_file"], message["js_runtime"]
    spec = RunSpec(
        media=MediaRequest(
            url=media["url"],
            container_policy=ContainerPolicy(media["container_policy"]),
            selection=Selection.from_key(media["selection"]),
            entry_index=media["entry_index"],
            live=Live(media["live"]),
            live_limit_seconds=media["live_limit_seconds"],
        ),
        folder=Path(message["folder"]),
        scratch=Path(message["scratch"]),
        proxy_url=message["proxy_url"],
        ca_file=None if ca_file is None else Path(ca_file),
        limits=RunLimits(**message["limits"]),
    )
    tools: Sequence[str] = message["tools"]
    aids = SiteAids(None if runtime is None else JsRuntime(runtime["name"], Path(runtime["path"]), runtime["version"]))
    return Order(spec, tuple(tools), message["gate_port"], message["with_lock"], aids)
