"""/cookies: uploaded for a site, used by jobs that say `use_cookies`, never given back."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Request

from yt_videos_api.api.body import MOST_BYTES, decode, is_json, parse_json
from yt_videos_api.api.dependencies import ContainerDep
from yt_videos_api.api.examples import problem_answer
from yt_videos_api.domain.errors import InvalidInput
from yt_videos_api.services.cookies import CookieJarView

router = APIRouter(prefix="/cookies", tags=["cookies"])

_JAR_PATH = "/cookies/youtube.com"
_JAR = {
    "site": "youtube.com",
    "cookie_count": 14,
    "expires_at": "2026-09-01T00:00:00Z",
    "updated_at": "2026-01-02T03:04:05Z",
}
_FILE = "# Netscape HTTP Cookie File\n.youtube.com\tTRUE\t/\tTRUE\t1900000000\tPREF\ttz=UTC\n"
_HOW_TO_SEND = 'Send the file as text/plain, or as application/json: {"cookies": "..."}.'
_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "text/plain": {"schema": {"type": "string", "maxLength": MOST_BYTES}, "example": _FILE},
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["cookies"],
                    "properties": {"cookies": {"type": "string"}},
                    "additionalProperties": False,
                },
                "example": {"cookies": _FILE},
            },
        },
    }
}
_NO_JAR = problem_answer(404, "not_found", "There are no cookies for this site.", instance=_JAR_PATH)
_BAD_FILE = problem_answer(
    422,
    "cookies.file",
    "cookies holds cookies of other sites than youtube.com: google.com; delete their lines.",
    field="cookies",
    instance=_JAR_PATH,
)
_TOO_LARGE = problem_answer(413, "too_large", f"The body has more than {MOST_BYTES} bytes.", instance=_JAR_PATH)


async def _cookie_text(request: Request) -> str:
    """The file, sent as it is or as a field of a JSON object."""
    body, content_type = await request.body(), request.headers.get("content-type", "")
    if content_type.partition(";")[0].strip().lower() == "text/plain":
        return decode(body)
    if not is_json(content_type):
        raise HTTPException(415, _HOW_TO_SEND)
    try:
        told = parse_json(body)
    except HTTPException as error:  # most often the file itself, sent as JSON
        raise HTTPException(error.status_code, f"{error.detail} {_HOW_TO_SEND}") from None
    if not isinstance(told, dict) or set(told) != {"cookies"} or not isinstance(told["cookies"], str):
        raise InvalidInput("cookies", 'must be the only field, a text: {"cookies": "..."}.', code="cookies.file")
    return str(told["cookies"])


@router.get("", responses={200: {"content": {"application/json": {"example": [_JAR]}}}})
def list_cookies(container: ContainerDep) -> tuple[CookieJarView, ...]:
    """For which sites there are cookies, how many, and when the first of them expires."""
    return container.cookies.list()


@router.put(
    "/{site}",
    openapi_extra=_BODY,
    responses={200: {"content": {"application/json": {"example": _JAR}}}, 413: _TOO_LARGE, 422: _BAD_FILE},
)
def put_cookies(site: str, text: Annotated[str, Depends(_cookie_text)], container: ContainerDep) -> CookieJarView:
    """Keep the cookies of a site, encrypted, instead of those that were there. All must belong to the site."""
    return container.cookies.put(site, text)


@router.delete("/{site}", status_code=204, responses={404: _NO_JAR})
def delete_cookies(site: str, container: ContainerDep) -> None:
    """Forget the cookies of a site."""
    container.cookies.delete(site)
