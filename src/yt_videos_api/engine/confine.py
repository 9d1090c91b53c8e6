"""What a child does to itself before it touches anything that comes from outside."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from yt_videos_api.cage import landlock, limits, places, seccomp
from yt_videos_api.engine.orders import Order


def confine(order: Order) -> None:
    """Give up what this run does not need: environment, resources, files, ports, other groups. Cannot be undone."""
    spec = order.spec
    own = limits.clean_environment(scratch=spec.scratch, proxy_url=spec.proxy_url, ca_file=spec.ca_file)
    os.environ.clear()
    os.environ.update(own)
    tempfile.tempdir = None  # it may have been looked up before the fork
    os.chdir(spec.scratch)
    limits.apply(file_bytes=spec.limits.file_bytes, data_bytes=spec.limits.data_bytes)
    runtime = order.aids.js_runtime
    landlock.restrict(
        read=[*places.files(), *([] if spec.ca_file is None else [spec.ca_file])],
        execute=[
            *places.programs(),
            *(Path(tool) for tool in order.tools),
            *([] if runtime is None else [runtime.path]),
        ],
        write=[spec.folder, spec.scratch, *places.DEVICES],
        connect_ports=[order.gate_port],
    )
    seccomp.stay_in_group()  # where it cannot be had, the forkserver looks for who left
