"""`python -m tests.origin [--port P]`: the stand-in origin by hand, with a few good and a few faulty videos."""

from __future__ import annotations

import argparse
import contextlib
import threading

from tests.origin import (
    Answer,
    Caption,
    Channel,
    Mark,
    Offered,
    Origin,
    Playlist,
    Recipe,
    Video,
    big,
    faults,
    tiny,
    two_megabytes,
)

_WATCH = "https://www.youtube.com/watch?v="
_SITE = "https://videos.example.org"


def main() -> None:
    """Run until Ctrl-C."""
    parser = argparse.ArgumentParser(prog="python -m tests.origin", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="port of the proxy (default: any free one)")
    parser.add_argument("--bench", action="store_true", help="publish a video of 500 MB and twenty of 2 MB as well")
    arguments = parser.parse_args()
    with Origin.start(port=arguments.port) as origin, contextlib.suppress(KeyboardInterrupt):
        examples = _publish(origin) | (_publish_for_benchmarks(origin) if arguments.bench else {})
        print(f"export YT_VIDEOS_UPSTREAM_PROXY={origin.proxy_url}")
        print(f"export YT_VIDEOS_CA_BUNDLE={origin.ca_bundle}")
        print("\nWith the YouTube Data API: export YT_VIDEOS_YOUTUBE_API_KEY=any-key")
        print(f"Without a proxy: {origin.plain_url}/media/clip.mp4\n")
        for address, what in examples.items():
            print(f"{address:58} {what}")
        print("\nCtrl-C ends it.", flush=True)
        threading.Event().wait()


def _publish(origin: Origin) -> dict[str, str]:
    """Fill the catalog; addresses to try, and what is to be expected of each."""
    good = ("goodVideo01", "goodVideo02", "goodVideo03")
    for number, video_id in enumerate(good, 1):
        origin.add(Video(video_id, title=f"Good video {number}"))
    return (
        {_WATCH + video_id: "good, up to 1080p" for video_id in good}
        | _publish_unplayable(origin)
        | _publish_faulty(origin)
        | _publish_lists(origin, good)
        | _publish_rich(origin)
        | {
            f"{_SITE}/media/clip.mp4": "a file",
            f"{_SITE}/page/holiday": "a page with a video",
            f"{_SITE}/feed/podcast": "RSS of three files",
            f"{_SITE}/gallery/trip": "a page with three videos",
            f"{_SITE}/hls/stream/master.m3u8": "HLS",
            f"{_SITE}/dash/stream.mpd": "DASH",
            f"{_SITE}/redirect?to=http://169.254.169.254/": "a redirect to a private address",
        }
    )


def _publish_lists(origin: Origin, good: tuple[str, ...]) -> dict[str, str]:
    listed = (*good, "privateVid1", "removedVid1")
    origin.add_playlist(Playlist("PLstandin000", listed, title="Good ones, a private and a removed one"))
    origin.add_channel(
        Channel(
            videos=tuple(f"channelV{number:03}" for number in range(200)),
            shorts=tuple(f"channelS{number:03}" for number in range(30)),
            streams=tuple(f"channelL{number:03}" for number in range(20)),
            default_video=lambda video_id: Video(video_id, recipe=tiny(), short=video_id.startswith("channelS")),
        )
    )
    return {
        "https://www.youtube.com/playlist?list=PLstandin000": "a playlist of five, of which two are private or removed",
        "https://www.youtube.com/@standin": "a channel of 250 with shorts and streams",
    }


def _publish_rich(origin: Origin) -> dict[str, str]:
    chapters = "0:00 First\n0:01 Second\n0:02 Last"
    offered = Offered(smooth=True, hdr=True, audio_languages=("en", "de"))
    captions = (Caption("en"), Caption("en", automatic=True))
    origin.add(
        Video(
            "richVideo01",
            recipe=Recipe(heights=(144, 720), codecs=("h264", "vp9", "av1")),
            description=chapters,
            offered=offered,
            captions=captions,
            translations=("de", "fr"),
        )
    )
    origin.mark("richVideo01", Mark(1.2, 1.8))
    origin.add(Video("liveVideo01", title="Running for ever", answer=Answer.LIVE))
    return {
        _WATCH + "richVideo01": "60 fps, HDR, two languages, captions, chapters, a sponsor",
        _WATCH + "liveVideo01": "a live stream",
    }


def _publish_unplayable(origin: Origin) -> dict[str, str]:
    unplayable = {
        "botCheckVid": (Answer.BOT_CHECK, "a bot check for every client"),
        "privateVid1": (Answer.PRIVATE, "private"),
        "removedVid1": (Answer.REMOVED, "removed"),
        "premiere001": (Answer.PREMIERE, "has not begun"),
    }
    for video_id, (answer, _) in unplayable.items():
        origin.add(Video(video_id, answer=answer))
    origin.add(Video("onlyTvPlays", title="Only tv plays", answer=Answer.BOT_CHECK, answers={"tv": Answer.FULL}))
    told = {_WATCH + video_id: what for video_id, (_, what) in unplayable.items()}
    return told | {_WATCH + "onlyTvPlays": "a bot check for every client but tv"}


def _publish_faulty(origin: Origin) -> dict[str, str]:
    faulty: dict[str, tuple[faults.Fault, str]] = {
        "slowVideo01": (faults.Throttle(100_000), "100 KB/s"),
        "stalledVid1": (faults.Stall(after=50_000), "stalls after 50 KB of every answer"),
        "droppedVid1": (faults.Drop(after=200_000), "breaks off after 200 KB of every answer"),
        "shortVideo1": (faults.Truncate(after=50_000, length="agreeing"), "50 KB, and headers that agree"),
        "corruptVid1": (faults.Corrupt(at=60_000), "4 KB of it corrupt"),
        "forbidden01": (faults.Status(403), "media is refused with 403"),
    }
    for video_id, (fault, what) in faulty.items():
        origin.add(Video(video_id, title=what))
        origin.inject("media", fault, video=video_id)
    return {_WATCH + video_id: what for video_id, (_, what) in faulty.items()}


def _publish_for_benchmarks(origin: Origin) -> dict[str, str]:
    origin.add(Video("bigVideo500", title="Big", recipe=big()))
    small = [f"smallVid{number:03}" for number in range(20)]
    for number, video_id in enumerate(small):
        origin.add(Video(video_id, title=f"Small {number}", recipe=two_megabytes(number)))
    return {_WATCH + "bigVideo500": "500 MB"} | {_WATCH + video_id: "2 MB" for video_id in small}


if __name__ == "__main__":
    main()
