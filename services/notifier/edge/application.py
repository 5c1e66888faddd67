"""The edge as an ASGI application: two pages, the same answer for every token, and no word of it in a log.

It asks nobody whether a token is known: whoever tries tokens learns nothing, and costs nobody else an answer.
"""

import re
from collections.abc import Callable
from typing import Literal
from urllib.parse import parse_qs

from starlette.responses import PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

from contracts.links import JOINING, RECEIPT_PATH, TOKEN
from services.notifier.domain.token_buckets import Bucket
from services.notifier.edge.languages import preferred
from services.notifier.edge.pages import Pages

CODES_A_SECOND = 30.0
"""Pages with codes to scan; drawing takes two milliseconds, and the loop has people's messages to send."""
_PATH = re.compile(
    f"{re.escape(RECEIPT_PATH)}"
    f"(?:(?P<token>{TOKEN.pattern})|(?P<channel>[a-z]{{1,32}})/(?P<secret>{JOINING.pattern}))"
)
_METHODS = ("GET", "HEAD")
_LONGEST_QUERY = 100

Answered = Literal["invitation", "invitation_without_codes", "missing", "refused"]


class Edge:
    """The application; `counted` is called with the kind of each answer, `now` is monotonic seconds."""

    def __init__(self, pages: Pages, now: Callable[[], float], counted: Callable[[Answered], None]) -> None:
        self._pages = pages
        self._now = now
        self._counted = counted
        self._codes = Bucket(CODES_A_SECOND, now())
        self._headers = {
            "Cache-Control": "no-store",
            "Content-Security-Policy": pages.security_policy,
            "Referrer-Policy": "no-referrer",
            "Vary": "Accept-Language",
            "X-Content-Type-Options": "nosniff",
            "X-Robots-Tag": "noindex, nofollow",
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        kind, response = self._answer(scope)
        self._counted(kind)
        await response(scope, receive, send)

    def _answer(self, scope: Scope) -> tuple[Answered, Response]:
        if scope["method"] not in _METHODS:
            allowed = {**self._headers, "Allow": ", ".join(_METHODS)}
            return "refused", PlainTextResponse("only GET and HEAD are answered here\n", 405, allowed)
        language = self._language(scope)
        headers = {**self._headers, "Content-Language": language}
        found = _PATH.fullmatch(scope["path"])
        page, codes = None, found is not None and self._may_draw()
        if found is not None and found["token"]:
            page = self._pages.invitation(language, found["token"], codes=codes)
        elif found is not None:
            page = self._pages.joining(language, found["channel"], found["secret"], codes=codes)
        if page is None:
            return "missing", _html(self._pages.missing(language), 404, headers)
        return "invitation" if codes else "invitation_without_codes", _html(page, 200, headers)

    def _may_draw(self) -> bool:
        now = self._now()
        if not self._codes.available(now):
            return False
        self._codes.take(1, now)
        return True

    def _language(self, scope: Scope) -> str:
        query: bytes = scope["query_string"]
        if len(query) <= _LONGEST_QUERY:
            (chosen, *_) = parse_qs(query.decode("latin-1")).get("lang", [""])
            if chosen in self._pages.languages:
                return chosen
        given: bytes = next((value for name, value in scope["headers"] if name == b"accept-language"), b"")
        return preferred(given.decode("latin-1"), self._pages.languages)


def _html(body: bytes, status: int, headers: dict[str, str]) -> Response:
    return Response(body, status, headers, media_type="text/html")
