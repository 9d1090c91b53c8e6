"""Collections of plain sites: feeds of files, feeds of pages, and pages with several videos."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from tests.origin.body import Bytes
from tests.origin.message import Response, html


def file_feed(name: str, items: tuple[str, ...], base: str) -> Response:
    """RSS, as podcasts have it: each item encloses its file."""
    return _feed(
        name,
        (
            f'<enclosure url="{base}/media/{item}.mp4" type="video/mp4" length="0"/><guid>{item}</guid>'
            for item in map(escape, items)
        ),
        items,
    )


def page_feed(name: str, items: tuple[str, ...], base: str) -> Response:
    """RSS, as blogs have it: each item links to its page."""
    return _feed(name, (f"<link>{base}/page/{item}</link>" for item in map(escape, items)), items)


def gallery(name: str, items: tuple[str, ...], base: str) -> Response:
    """A page with a player for each item; none of them has an address of its own."""
    players = (f'<video src="{base}/media/{item}.mp4" controls></video>' for item in map(escape, items))
    head = f"<head><title>Gallery {escape(name)}</title></head>"
    return html(f"<!doctype html><html>{head}<body>{''.join(players)}</body></html>")


def _feed(name: str, places: Iterator[str], items: tuple[str, ...]) -> Response:
    rows = "".join(
        f"<item><title>Item {escape(item)}</title><description>About {escape(item)}</description>"
        f"<pubDate>Fri, 02 Jan 2026 03:04:{number % 60:02} +0000</pubDate>{place}</item>"
        for number, (item, place) in enumerate(zip(items, places, strict=True))
    )
    channel = f"<title>Feed {escape(name)}</title><description>A feed of the stand-in origin.</description>{rows}"
    text = f'<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0"><channel>{channel}</channel></rss>'
    return Response(Bytes(text.encode()), content_type="application/rss+xml; charset=utf-8")
