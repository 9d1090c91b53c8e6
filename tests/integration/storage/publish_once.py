"""A program: publish 4 MiB from one file system to another, and tell how that went.

python -m tests.integration.storage.publish_once <staging> <library> <bytes a file may have, 0: any number>
"""

from __future__ import annotations

import json
import resource
import signal
import sys
from pathlib import Path

from yt_videos_api.domain.errors import DownloadFailure
from yt_videos_api.storage.local import LocalLibrary


def main(staging: str, root: str, file_bytes: str) -> None:
    """See the top of this file."""
    staged = Path(staging, "staged.webm")
    staged.write_bytes(bytes(4 * 2**20))
    if int(file_bytes):
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(file_bytes), int(file_bytes)))
    library = LocalLibrary(Path(root))
    code = None
    try:
        library.publish(staged, "channel/video.webm", "0" * 64)
    except DownloadFailure as failure:
        code = failure.code
    hidden = [path.name for path in Path(root, ".staging").glob("*")]
    print(json.dumps({"code": code, "keys": list(library.keys()), "hidden": hidden, "staged": staged.exists()}))


if __name__ == "__main__":
    main(*sys.argv[1:])
