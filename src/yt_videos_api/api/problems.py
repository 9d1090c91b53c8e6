"""Errors as RFC 9457 problem+json: what is wrong, where, and what would be right. Never a traceback or foreign text."""

from __future__ import annotations

import json
from dataclasses import asdict
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from yt_videos_api.api.wording import complaints
from yt_videos_api.domain.errors import (
    Conflict,
    DownloadFailure,
    IdempotencyMismatch,
    InvalidInput,
    NotFound,
    Unavailable,
)

log = structlog.get_logger()

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_SECONDS = "5"
TOO_LARGE = "too_large"  # Python's own word for a 413 has changed between versions


class ProblemResponse(JSONResponse):
    """Plain ASCII, since names of unknown fields are quoted back: half a surrogate pair among them has no UTF-8."""

    media_type = MEDIA_TYPE

    def render(self, content: Any) -> bytes:
        """See Response."""
        return json.dumps(content).encode("ascii")


def problem(
    request: Request,
    status: int,
    detail: str,
    *,
    code: str,
    errors: list[dict[str, str]] | None = None,
    headers: dict[str, str] | None = None,
) -> JSONResponse:
    """One problem document."""
    body: dict[str, Any] = {
        "type": f"urn:yt-videos-api:{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "instance": request.scope["path"],  # `request.url` is made of the Host header, which may be nonsense
        "code": code,
    }
    if errors:
        body["errors"] = errors
    return ProblemResponse(body, status, headers=headers)


def install(app: FastAPI) -> None:
    """Answer every error of this application in this form."""
    app.add_exception_handler(InvalidInput, _invalid_input)
    app.add_exception_handler(RequestValidationError, _validation)
    app.add_exception_handler(NotFound, _not_found)
    app.add_exception_handler(Conflict, _conflict)
    app.add_exception_handler(IdempotencyMismatch, _idempotency)
    app.add_exception_handler(Unavailable, _unavailable)
    app.add_exception_handler(DownloadFailure, _storage)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _bug)


def _invalid_input(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, InvalidInput)
    entry = {"field": error.field, "message": error.problem, "code": error.code}
    status = 413 if error.code == TOO_LARGE else 422
    return problem(request, status, f"{error.field} {error.problem}", code=error.code, errors=[entry])


def _validation(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    if any(entry["type"] == "json_invalid" for entry in error.errors()):
        return problem(request, 400, "The body is not valid JSON.", code="json")
    found = complaints(error.errors(), without=1)  # the first step is where it was sent: body, query, path
    fields = ", ".join(dict.fromkeys(each.field for each in found))
    errors = [asdict(each) for each in found]
    return problem(request, 422, f"Not usable as it is: {fields}.", code="invalid", errors=errors)


def _not_found(request: Request, error: Exception) -> JSONResponse:
    return problem(request, 404, str(error), code="not_found")


def _conflict(request: Request, error: Exception) -> JSONResponse:
    return problem(request, 409, str(error), code="conflict")


def _idempotency(request: Request, error: Exception) -> JSONResponse:
    entry = {"field": "Idempotency-Key", "message": str(error), "code": "idempotency_mismatch"}
    return problem(request, 422, str(error), code="idempotency_mismatch", errors=[entry])


def _unavailable(request: Request, error: Exception) -> JSONResponse:
    log.warning("unavailable", detail=str(error))
    text = "A part of the service does not answer right now. Nothing is lost; try again."
    return problem(request, 503, text, code="unavailable", headers={"Retry-After": RETRY_AFTER_SECONDS})


def _storage(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, DownloadFailure)
    log.warning("storage_failed", code=error.code, detail=error.detail)
    text = f"{error.kind.message} {error.kind.advice}"
    return problem(request, 503, text, code=error.code, headers={"Retry-After": RETRY_AFTER_SECONDS})


def _http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    phrase = HTTPStatus(error.status_code).phrase
    return problem(
        request,
        error.status_code,
        f"{phrase}." if error.detail == phrase else str(error.detail),
        code=TOO_LARGE if error.status_code == 413 else phrase.lower().replace(" ", "_"),
        headers=dict(error.headers) if error.headers else None,
    )


def _bug(request: Request, error: Exception) -> JSONResponse:
    log.error("request_broke", path=request.scope["path"], exc_info=error)
    return problem(request, 500, "Something in yt-videos-api went wrong; its log says what.", code="internal")
