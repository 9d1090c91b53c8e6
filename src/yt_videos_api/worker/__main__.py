"""`python -m yt_videos_api.worker`."""

from __future__ import annotations

import sys

from yt_videos_api.config import load_settings
from yt_videos_api.domain.errors import Misconfigured, Unavailable
from yt_videos_api.worker.process import run_worker


def main() -> int:
    """Exit 0 after a drain, 2 when the settings do not allow a start."""
    try:
        run_worker(load_settings())
    except (Misconfigured, Unavailable) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
