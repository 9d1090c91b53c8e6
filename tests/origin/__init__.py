"""A stand-in for YouTube and every other site, on loopback: a proxy that is the origin and never forwards.

Nothing in yt-dlp is touched: give it `origin.proxy_url` as its proxy and let it trust `origin.ca_bundle`.
"""

from tests.origin import faults
from tests.origin.apis.sponsorblock import Mark
from tests.origin.broadcast import Broadcast
from tests.origin.faults import Fault
from tests.origin.injections import Hold, Injection
from tests.origin.journal import Request
from tests.origin.lists import Channel, Playlist
from tests.origin.media import Recipe, big, tiny, two_megabytes
from tests.origin.origin import Origin
from tests.origin.video import Answer, Caption, Offered, Video

__all__ = [
    "Answer",
    "Broadcast",
    "Caption",
    "Channel",
    "Fault",
    "Hold",
    "Injection",
    "Mark",
    "Offered",
    "Origin",
    "Playlist",
    "Recipe",
    "Request",
    "Video",
    "big",
    "faults",
    "tiny",
    "two_megabytes",
]
