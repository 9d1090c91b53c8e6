"""`make bench`: ours against two references in the same run, as medians and ratios. Nothing is asserted here.

The references are what people do today: one `yt-dlp` process per URL, and one `yt-dlp` process with all URLs, each
followed by sha256sum, ffprobe and a sync of the files, since that is what ours has done when it says DONE.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from pathlib import Path

from bench.cases import CASES, Case
from bench.counting import count_calls
from bench.memory import idle_memory
from bench.ours import Ours
from bench.reference import Reference
from tests.origin import Origin


def main() -> None:
    """Run everything and print it."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="how often each case is run; the median counts")
    parser.add_argument("--only", choices=[case.name for case in CASES], help="one case alone")
    arguments = parser.parse_args()
    with Origin.start() as origin, tempfile.TemporaryDirectory(prefix="yt-videos-bench-") as folder:
        for case in CASES:
            if arguments.only in (None, case.name):
                _compare(case, origin, Path(folder), arguments.rounds)
        if arguments.only is None:
            _print_counts(origin, Path(folder))
            _print_memory(origin, Path(folder))


def _compare(case: Case, origin: Origin, folder: Path, rounds: int) -> None:
    """The three in turn, round after round, so that a machine that slows down slows all of them."""
    reference = Reference(origin, folder / f"{case.name}-reference")
    ours_seconds, each_seconds, all_seconds = [], [], []
    with Ours.started(origin, folder / f"{case.name}-ours") as ours:
        ours.archive(case.publish(origin, "warmup"))
        for number in range(rounds):
            ours_seconds.append(ours.archive(case.publish(origin, f"o{number}")))
            each_seconds.append(reference.one_process_per_url(case.publish(origin, f"e{number}")))
            all_seconds.append(reference.one_process(case.publish(origin, f"a{number}")))
    ours_median, each, together = (statistics.median(s) for s in (ours_seconds, each_seconds, all_seconds))
    print(f"\n{case.title} (median of {rounds})")
    print(f"  yt-videos-api, POST to DONE     {ours_median:8.3f} s")
    print(f"  one yt-dlp process per URL      {each:8.3f} s   ours takes {ours_median / each:.2f} of it")
    print(f"  one yt-dlp process for all      {together:8.3f} s   ours takes {ours_median / together:.2f} of it")
    print(f"  aim: {case.aim}", flush=True)


def _print_counts(origin: Origin, folder: Path) -> None:
    counts = count_calls(origin, folder / "counted")
    print("\nPer video of about 2 MB, with merge, metadata and cover")
    if counts is None:
        print("  not counted: install strace", flush=True)
        return
    print(f"  fsync and fdatasync             {counts.syncs:8.1f}     aim: at most 10")
    print(f"  starts of ffmpeg                {counts.ffmpeg_starts:8.1f}")
    print(f"  starts of ffprobe               {counts.ffprobe_starts:8.1f}", flush=True)


def _print_memory(origin: Origin, folder: Path) -> None:
    memory = idle_memory(origin, folder / "memory")
    print("\nIdle memory (PSS of the whole process tree)")
    print(f"  warm                            {memory.warm_bytes / 1e6:8.0f} MB  aim: at most 185")
    print(f"  after some idle minutes         {memory.rested_bytes / 1e6:8.0f} MB  aim: at most 120", flush=True)


if __name__ == "__main__":
    main()
