"""A supervisor to be killed: opens a run, starts what its arguments say, tells its processes, and waits.

python supervisor.py PROXY_URL CA_FILE FOLDER extract|tool|idle
"""

from __future__ import annotations

import sys
import threading
import time
from pathlib import Path

from yt_videos_api.cage.runs import RunSpec
from yt_videos_api.domain.offers import MediaRequest
from yt_videos_api.domain.policy import ContainerPolicy
from yt_videos_api.engine.run import YtDlpRun
from yt_videos_api.engine.ytdlp import YtDlpEngine

ENDLESS = "import time\nwhile True: time.sleep(1)"


def work(run: YtDlpRun, what: str, folder: Path) -> None:
    """Never ends by itself."""
    if what == "extract":
        run.extract("default")
    elif what == "tool":
        run.run([sys.executable, "-c", ENDLESS], folder=folder, timeout_seconds=600)


def main() -> None:
    proxy_url, ca_file, folder, what = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]), sys.argv[4]
    engine = YtDlpEngine(tools=[Path(sys.executable)])
    request = MediaRequest("https://www.youtube.com/watch?v=aaaaaaaaaaa", ContainerPolicy.WEBM)
    spec = RunSpec(media=request, folder=folder, scratch=folder / "scratch", proxy_url=proxy_url, ca_file=ca_file)
    run = engine.open(spec)
    threading.Thread(target=work, args=(run, what, folder), daemon=True).start()
    print(run.group, engine.forkserver_process_id, flush=True)
    time.sleep(600)


main()
