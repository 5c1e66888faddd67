"""The edge as an ASGI application: the same pages for every token, forms, and no word of it in a log.

It asks nobody whether a token is known: whoever tries tokens learns nothing, and costs nobody else an answer.
"""

import re
from collections.abc import Callable
from typing import Literal

from starlette.responses import PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

from contracts.links import JOINING, RECEIPT_PATH, TOKEN
from services.notifier.domain.pacing.token_buckets import Bucket
from services.notifier.edge.forms import Forms
from services.notifier.edge.languages import asked_for
from services.notifier.edge.pages import Pages

CODES_A_SECOND = 30.0
"""Pages with codes to scan; drawing takes two milliseconds, and the loop has people's messages to send."""
_PATH = re.compile(
    f"{re.escape(RECEIPT_PATH)}"
    f"(?:(?P<token>{TOKEN.pattern})|(?P<channel>[a-z]{{1,32}})/(?P<secret>{JOINING.pattern}))"
)
_METHODS = ("GET", "HEAD")

Answered = Literal["invitation", "invitation_without_codes", "home", "missing", "refused"]


class Edge:
    """The application; `counted` is called with the kind of each answer, `now` is monotonic seconds.

    `forms` answer what is theirs; without them there are none.
    """

    def __init__(
        self,
        pages: Pages,
        now: Callable[[], float],
        counted: Callable[[Answered], None],
        forms: Forms | None = None,
    ) -> None:
        self._pages = pages
        self._forms = forms
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
        if self._forms is not None and self._forms.serves(scope["path"]):
            await self._forms(scope, receive, send)
            return
        kind, response = self._answer(scope)
        self._counted(kind)
        await response(scope, receive, send)

    def _answer(self, scope: Scope) -> tuple[Answered, Response]:
        if scope["method"] not in _METHODS:
            allowed = {**self._headers, "Allow": ", ".join(_METHODS)}
            return "refused", PlainTextResponse("only GET and HEAD are answered here\n", 405, allowed)
        language = asked_for(scope, self._pages.languages)
        headers = {**self._headers, "Content-Language": language}
        found = _PATH.fullmatch(scope["path"])
        if scope["path"] == "/":
            return "home", _html(self._pages.home(language), 200, headers)
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


def _html(body: bytes, status: int, headers: dict[str, str]) -> Response:
    return Response(body, status, headers, media_type="text/html")
