"""The forms over HTTP: an address given, confirmed, ended; whoever tries learns nothing and sends little.

Nothing is asked of anybody for a page, only for what is posted. Bodies are short, posts are few for each
source and in all, and neither paths nor what people type is logged.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Literal

from starlette.responses import PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

from contracts.links import CONFIRM_PATH, JOINING, RECEIPT_PATH, TOKEN, UNSUBSCRIBE_PATH, UNSUBSCRIBING
from runtime.clock import Clock
from runtime.database.postgres import TRANSIENT
from runtime.logs import logger
from runtime.messaging.jetstream import RpcUnavailableError
from runtime.process.forms import RefusedError
from services.notifier.confirmation.asking import Asking
from services.notifier.confirmation.confirming import Confirming
from services.notifier.delivery.leaving import Leaving
from services.notifier.domain.addresses.confirmations import CODE, SECRET, Wish
from services.notifier.domain.preferences import Detail
from services.notifier.edge.form_pages import FormPages
from services.notifier.edge.languages import asked_for
from services.notifier.edge.posts import Post, posted
from services.notifier.inbound.flood_limit import FloodLimit
from services.notifier.recipients.unsubscribing import UnsubscribeLinks

LOG = logger(__name__)
POSTS_AT_ONCE, POSTS_A_SECOND = 200, 50.0
"""Posts of everybody that are looked at; each asks the database, and perhaps the tracker."""
SOURCE_AT_ONCE, SOURCE_A_SECOND = 60, 1 / 30
"""Posts of one source: an office with one line to the outside has many people."""
ENDINGS_AT_ONCE = 5
"""Posts of the link that ends one address: the first does it, some more where the database was away."""
AGAIN_SECONDS = 60
_METHODS = ("GET", "HEAD", "POST")
_GAPS = re.compile(r"[\s-]+")
_PASSING: tuple[type[BaseException], ...] = (RpcUnavailableError, *TRANSIENT)
_PATHS: Mapping[str, re.Pattern[str]] = {
    "form": re.compile(
        rf"{RECEIPT_PATH}(?P<channel>[a-z]{{1,32}})/(?P<secret>{TOKEN.pattern}|{JOINING.pattern})"
    ),
    "sent": re.compile(rf"{CONFIRM_PATH}(?P<channel>[a-z]{{1,21}})"),
    "code": re.compile(rf"{CONFIRM_PATH}(?P<channel>[a-z]{{1,21}})/(?P<secret>{SECRET.pattern})"),
    "confirm": re.compile(rf"{CONFIRM_PATH}(?P<secret>{SECRET.pattern})"),
    "unsubscribe": re.compile(rf"{UNSUBSCRIBE_PATH}(?P<secret>{UNSUBSCRIBING.pattern})"),
}

Answered = Literal[
    "form",
    "form_wrong",
    "form_sent",
    "form_unknown",
    "form_limited",
    "form_spent",
    "code",
    "code_wrong",
    "confirm",
    "confirmed",
    "unconfirmed",
    "unsubscribe",
    "unsubscribed",
    "busy",
    "unavailable",
    "refused",
]


@dataclass(frozen=True)
class Acts:
    """What the forms do; `typed` are the accounts with such addresses, each with what reads one as typed."""

    typed: Mapping[str, Callable[[str], str | None]]
    asking: Asking
    confirming: Confirming
    leaving: Leaving
    links: UnsubscribeLinks
    clock: Clock


@dataclass(frozen=True)
class _Page:
    kind: Answered
    body: bytes
    status: int = HTTPStatus.OK
    headers: Mapping[str, str] = field(default_factory=dict)


class Forms:
    """The application; `counted` is called with the kind of each answer."""

    def __init__(self, pages: FormPages, acts: Acts, counted: Callable[[Answered], None]) -> None:
        self._pages = pages
        self._acts = acts
        self._counted = counted
        self._dones = {
            "form": self._ask,
            "code": self._try_code,
            "confirm": self._confirm,
            "unsubscribe": self._unsubscribe,
        }
        self._posts = FloodLimit(POSTS_AT_ONCE, POSTS_A_SECOND)
        self._sources = FloodLimit(SOURCE_AT_ONCE, SOURCE_A_SECOND)
        self._endings = FloodLimit(ENDINGS_AT_ONCE, SOURCE_A_SECOND)
        self._headers = {
            "Cache-Control": "no-store",
            "Content-Security-Policy": pages.security_policy,
            "Referrer-Policy": "no-referrer",
            "Vary": "Accept-Language",
            "X-Content-Type-Options": "nosniff",
            "X-Robots-Tag": "noindex, nofollow",
        }

    def serves(self, path: str) -> bool:
        """Tell whether a path is that of a form."""
        return self._found(path) is not None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request to a path that is served."""
        response = await self._answer(scope, receive)
        await response(scope, receive, send)

    def _found(self, path: str) -> tuple[str, re.Match[str]] | None:
        for name, pattern in _PATHS.items():
            found = pattern.fullmatch(path)
            if found is not None and found.groupdict().get("channel") in {None, *self._acts.typed}:
                return name, found
        return None

    async def _answer(self, scope: Scope, receive: Receive) -> Response:
        if scope["method"] not in _METHODS:
            self._counted("refused")
            allowed = {**self._headers, "Allow": ", ".join(_METHODS)}
            return PlainTextResponse("only GET, HEAD and POST are answered here\n", 405, allowed)
        language = asked_for(scope, self._pages.languages)
        found = self._found(scope["path"])
        assert found is not None, "only paths that are served come here"  # noqa: S101 - said above
        page = await self._page(*found, language, scope, receive)
        self._counted(page.kind)
        headers = {**self._headers, "Content-Language": language, **page.headers}
        return Response(page.body, page.status, headers, media_type="text/html")

    async def _page(
        self, name: str, found: re.Match[str], language: str, scope: Scope, receive: Receive
    ) -> _Page:
        if scope["method"] != "POST" or name == "sent":
            return self._shown(name, found, language)
        try:
            post = await posted(scope, receive)
        except RefusedError as refused:
            return _Page("refused", self._pages.missing(language), refused.status)
        # Mailboxes end addresses for many of their people from one source, so those are counted by address.
        if name != "unsubscribe" and not self._may_post(post.source):
            return self._later("busy", language, HTTPStatus.TOO_MANY_REQUESTS)
        try:
            return await self._dones[name](found, language, post)
        except _PASSING as error:
            LOG.warning("what was posted on a page waits for others", error=type(error).__name__)
            return self._later("unavailable", language, HTTPStatus.SERVICE_UNAVAILABLE)

    def _shown(self, name: str, found: re.Match[str], language: str) -> _Page:
        match name:
            case "form":
                return _Page("form", self._pages.form(language, found["channel"]))
            case "sent":
                return _Page("form", self._pages.sent(language))
            case "code":
                return _Page("code", self._pages.code(language))
            case "confirm":
                return _Page("confirm", self._pages.confirm(language))
            case _:
                return _Page("unsubscribe", self._pages.unsubscribe(language))

    async def _ask(self, found: re.Match[str], language: str, post: Post) -> _Page:
        channel, typed = found["channel"], post.values.get("address", "")
        detail: Detail = "all" if post.values.get("detail") == "all" else "news"
        address = self._acts.typed[channel](typed)
        if address is None:
            again = self._pages.form(language, channel, typed=typed, detail=detail, wrong=True)
            return _Page("form_wrong", again, HTTPStatus.UNPROCESSABLE_ENTITY)
        asked = await self._acts.asking.ask(Wish(channel, address, found["secret"], language, detail))
        if asked.came == "spent":
            told = self._pages.spent(language, channel)
            return _Page("form_spent", told, HTTPStatus.SERVICE_UNAVAILABLE)
        after = self._pages.after(channel, asked.secret, language)
        kinds: Mapping[str, Answered] = {
            "sent": "form_sent",
            "unknown": "form_unknown",
            "limited": "form_limited",
        }
        return _Page(kinds[asked.came], b"", HTTPStatus.SEE_OTHER, {"Location": after})

    async def _try_code(self, found: re.Match[str], language: str, post: Post) -> _Page:
        code = _GAPS.sub("", post.values.get("code", ""))
        if CODE.fullmatch(code) and await self._acts.confirming.by_code(found["secret"], code):
            return _Page("confirmed", self._pages.confirmed(language))
        return _Page("code_wrong", self._pages.code(language, wrong=True), HTTPStatus.UNPROCESSABLE_ENTITY)

    async def _confirm(self, found: re.Match[str], language: str, _: Post) -> _Page:
        if await self._acts.confirming.by_link(found["secret"]):
            return _Page("confirmed", self._pages.confirmed(language))
        return _Page("unconfirmed", self._pages.unconfirmed(language), HTTPStatus.NOT_FOUND)

    async def _unsubscribe(self, found: re.Match[str], language: str, _: Post) -> _Page:
        address = self._acts.links.address(found["secret"])
        # Again and again changes nothing, and must not cost anything.
        if address is not None and self._endings.weigh(address.hex, self._acts.clock.monotonic()) == "serve":
            await self._acts.leaving.by_link(address, self._acts.clock.now())
        return _Page("unsubscribed", self._pages.unsubscribed(language))

    def _may_post(self, source: str | None) -> bool:
        now = self._acts.clock.monotonic()
        if source is not None and self._sources.weigh(source, now) != "serve":
            return False
        return self._posts.weigh("", now) == "serve"

    def _later(self, kind: Answered, language: str, status: HTTPStatus) -> _Page:
        return _Page(kind, self._pages.later(language), status, {"Retry-After": str(AGAIN_SECONDS)})
