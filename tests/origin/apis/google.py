"""How Google's APIs refuse."""

from __future__ import annotations

from tests.origin.message import Response, json_response

_STATUSES = {400: "INVALID_ARGUMENT", 403: "PERMISSION_DENIED", 404: "NOT_FOUND"}


class Refused(Exception):
    """A call that is answered with an error."""

    def __init__(self, code: int, reason: str, message: str, *, domain: str = "youtube.parameter") -> None:
        """`reason` is Google's word for it, e.g. "quotaExceeded"."""
        super().__init__(message)
        self.code = code
        self.reason = reason
        self.domain = domain

    def response(self) -> Response:
        """As it is sent."""
        error = {"message": str(self), "domain": self.domain, "reason": self.reason}
        told = {"code": self.code, "message": str(self), "errors": [error], "status": _STATUSES[self.code]}
        return json_response({"error": told}, status=self.code)


def quota_exceeded() -> Refused:
    """The units of the day are used up."""
    message = 'The request cannot be completed because you have exceeded your <a href="/youtube/v3/quota">quota</a>.'
    return Refused(403, "quotaExceeded", message, domain="youtube.quota")


def no_key() -> Refused:
    """Nobody said who is asking."""
    message = "Method doesn't allow unregistered callers (callers without established identity)."
    return Refused(403, "forbidden", message, domain="global")


def wrong_key() -> Refused:
    """The key is nobody's."""
    return Refused(400, "keyInvalid", "API key not valid. Please pass a valid API key.", domain="usageLimits")


def missing(parameter: str) -> Refused:
    """A parameter is needed."""
    return Refused(400, "missingRequiredParameter", f"Missing required parameter: {parameter}")


def no_filter() -> Refused:
    """What is asked for was not said."""
    return Refused(400, "missingRequiredParameter", "No filter selected. Expected one of the required filters.")


def out_of_range(parameter: str, value: str) -> Refused:
    """A number is too large, too small, or none."""
    message = f"Invalid value '{value}' for {parameter}. Values must be within the range: [0, 50]"
    return Refused(400, "invalidParameter", message, domain="global")


def too_many_ids() -> Refused:
    """More than 50 in one call."""
    return Refused(400, "invalidFilters", "The request specifies an invalid filter parameter.")


def invalid_page_token() -> Refused:
    """No answer ever gave this token."""
    return Refused(400, "invalidPageToken", "The request specifies an invalid page token.", domain="youtube.pageToken")


def playlist_not_found() -> Refused:
    """There is no such playlist."""
    message = "The playlist identified with the request's <code>playlistId</code> parameter cannot be found."
    return Refused(404, "playlistNotFound", message, domain="youtube.playlistItem")


def playlist_not_accessible() -> Refused:
    """The playlist is private, and a key is not an account."""
    message = "The request is not properly authorized to retrieve the specified playlist."
    return Refused(403, "playlistItemsNotAccessible", message, domain="youtube.playlistItem")
