"""Plain sites: every host that is not YouTube's."""

from __future__ import annotations

import mimetypes
from dataclasses import dataclass
from pathlib import Path

from tests.origin.body import Bytes, File
from tests.origin.catalog import Catalog
from tests.origin.media import folder_of
from tests.origin.message import Incoming, Response, Target, html, not_found

_WHOLE_FILES = {".mp4": "whole.mp4", ".webm": "whole.webm", ".m4a": "aac.m4a", ".opus": "opus.webm"}


@dataclass(frozen=True, slots=True)
class PlainSites:
    """The same things under every host name."""

    catalog: Catalog

    def route(self, incoming: Incoming) -> Target:
        """What a request is about."""
        _, _, rest = incoming.path.partition("/")
        section, _, name = rest.partition("/")
        match section:
            case "media":
                return Target("media", lambda: self._file(name), video=name)
            case "page":
                return Target("page", lambda: self._page(incoming, name), video=name)
            case "thumb":
                return Target("thumbnail", lambda: self._cover(name), video=Path(name).stem)
            case "redirect":
                return Target("redirect", lambda: _redirect(incoming))
            case _:
                return Target("other", not_found)

    def _file(self, name: str) -> Response:
        path = self.catalog.find_file(name)
        whole = _WHOLE_FILES.get(Path(name).suffix)
        if path is None and whole is None:
            return not_found()
        path = path or folder_of(self.catalog.recipe_for(name)) / str(whole)
        content_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
        return Response(File(path), content_type=content_type, etag=f'"{name}-{path.stat().st_size}"', ranges=True)

    def _page(self, incoming: Incoming, name: str) -> Response:
        base = f"{incoming.scheme}://{incoming.headers.get('host', incoming.host)}"
        return html(
            f"<!doctype html><html><head><title>Page {name}</title>"
            f'<meta property="og:title" content="Page {name}">'
            f'<meta property="og:image" content="{base}/thumb/{name}.jpg">'
            f'</head><body><video src="{base}/media/{name}.mp4" controls></video></body></html>'
        )

    def _cover(self, name: str) -> Response:
        kind = Path(name).suffix
        if kind not in {".jpg", ".webp"}:
            return not_found()
        cover = folder_of(self.catalog.recipe_for(Path(name).stem)) / f"cover{kind}"
        return Response(File(cover), content_type="image/jpeg" if kind == ".jpg" else "image/webp")


def _redirect(incoming: Incoming) -> Response:
    code = int(incoming.query.get("code", "302"))
    return Response(Bytes(b""), status=code, headers={"Location": incoming.query.get("to", "/")})
