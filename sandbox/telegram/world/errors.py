"""Refusals of the Bot API, worded as the real one words them.

Exception tree: ApiError(code, description, parameters). One function per refusal keeps every wording in
this one place.
"""

from collections.abc import Mapping


class ApiError(Exception):
    """A Bot API call is refused: HTTP status, description and optional response parameters."""

    def __init__(self, code: int, description: str, parameters: Mapping[str, int] | None = None) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.parameters = dict(parameters or {})


def bad_request(what: str) -> ApiError:
    """Return a 400 with the usual prefix."""
    return ApiError(400, f"Bad Request: {what}")


def cant_parse(why: str) -> ApiError:
    """Return the 400 for text that breaks its parse mode."""
    return bad_request(f"can't parse entities: {why}")


def too_long() -> ApiError:
    """Return the 400 for a text above the limit."""
    return bad_request("message is too long")


def too_large() -> ApiError:
    """Return the 413 for a body above the limit."""
    return ApiError(413, "Request Entity Too Large")


def forbidden(what: str) -> ApiError:
    """Return a 403 with the usual prefix."""
    return ApiError(403, f"Forbidden: {what}")


def conflict(what: str) -> ApiError:
    """Return a 409 with the usual prefix."""
    return ApiError(409, f"Conflict: {what}")


def too_many_requests(retry_after: int) -> ApiError:
    """Return the 429 that asks for `retry_after` seconds of quiet."""
    return ApiError(429, f"Too Many Requests: retry after {retry_after}", {"retry_after": retry_after})


def chat_not_found() -> ApiError:
    """Return the 400 for a chat that nobody knows."""
    return bad_request("chat not found")


def migrated(chat_id: int) -> ApiError:
    """Return the 400 that names the chat's new id."""
    return ApiError(
        400,
        "Bad Request: group chat was upgraded to a supergroup chat",
        {"migrate_to_chat_id": chat_id},
    )


def blocked() -> ApiError:
    """Return the 403 for a citizen who blocked the bot."""
    return forbidden("bot was blocked by the user")


def never_started() -> ApiError:
    """Return the 403 for a citizen who never wrote to the bot."""
    return forbidden("bot can't initiate conversation with a user")


def deactivated() -> ApiError:
    """Return the 403 for an account that is gone."""
    return forbidden("user is deactivated")


def query_too_old() -> ApiError:
    """Return the 400 for a tapped button whose answer comes too late, or twice."""
    return bad_request("query is too old and response timeout expired or query ID is invalid")


def not_modified() -> ApiError:
    """Return the 400 for an edit that changes nothing."""
    return bad_request(
        "message is not modified: specified new message content and reply markup are exactly the same "
        "as a current content and reply markup of the message"
    )


def unauthorized() -> ApiError:
    """Return the 401 for a well-formed token that is not ours."""
    return ApiError(401, "Unauthorized")


def not_found() -> ApiError:
    """Return the 404 for a malformed token or path."""
    return ApiError(404, "Not Found")


def no_method() -> ApiError:
    """Return the 404 for a method that does not exist."""
    return ApiError(404, "Not Found: method not found")


def server_error() -> ApiError:
    """Return the 500 that leaves the outcome unknown."""
    return ApiError(500, "Internal Server Error: restart")
