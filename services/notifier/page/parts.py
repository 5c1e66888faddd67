"""What the page's routes work with, and the answers that all of them give."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Protocol

from markupsafe import Markup
from starlette.background import BackgroundTask, BackgroundTasks
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from runtime.clock import Clock
from runtime.process.forms import RefusedError
from runtime.process.sources import source_of
from services.notifier.channels.web.messages import Messages
from services.notifier.channels.web.sessions import Session, Sessions, new_cookie
from services.notifier.domain.messages import Text
from services.notifier.domain.pacing.token_buckets import Bucket
from services.notifier.inbound.flood_limit import FloodLimit
from services.notifier.page.chat import Chat
from services.notifier.page.gate import Gate, with_spare
from services.notifier.page.sending import Sending
from services.notifier.page.streams import Streams
from services.notifier.page.views.looks import Looker, Looks
from services.notifier.page.views.templates import Templates

NEWCOMERS_A_SECOND = 10.0
"""Sessions that one process begins: each is a row, and costs whoever begins it nothing."""
CODES_A_SECOND = 5.0
"""Codes of other devices that one process looks at: a right one is not guessed in its ten minutes."""
PATIENCE_SECONDS = 3.0
SOURCE_AT_ONCE, SOURCE_A_SECOND = 60, 0.5
"""Sessions and codes of one source: a carrier's or an office's one address has many people behind it."""


class Extras(Protocol):
    """What another part of the page adds to each, in the words of who looks."""

    def head(self, looker: Looker, nonce: str) -> Markup:
        """Return what stands in the head; `nonce` lets a script run."""
        ...

    def page(self, looker: Looker) -> Markup:
        """Return what stands under the documents."""
        ...

    async def settings(self, looker: Looker) -> Markup:
        """Return what stands among the settings."""
        ...


class NoExtras:
    """Nothing is added."""

    def head(self, looker: Looker, nonce: str) -> Markup:  # noqa: ARG002 - nothing for anybody
        """Return nothing."""
        return Markup()

    def page(self, looker: Looker) -> Markup:  # noqa: ARG002 - nothing for anybody
        """Return nothing."""
        return Markup()

    async def settings(self, looker: Looker) -> Markup:  # noqa: ARG002 - nothing for anybody
        """Return nothing."""
        return Markup()


@dataclass(frozen=True)
class PageParts:
    """What the routes of one process work with."""

    gate: Gate
    sessions: Sessions
    messages: Messages
    looks: Looks
    chat: Chat
    streams: Streams
    templates: Templates
    clock: Clock
    sending: Sending
    newcomers: Bucket
    codes: Bucket
    sources: FloodLimit = field(default_factory=lambda: FloodLimit(SOURCE_AT_ONCE, SOURCE_A_SECOND))
    extras: Extras = field(default_factory=NoExtras)
    takes_files: bool = False

    def at(self, path: str) -> str:
        """Return the address of one of our paths, as links and forms have it."""
        return f"{self.gate.base}{path}"

    def html(
        self,
        name: str,
        looker: Looker,
        values: Mapping[str, object] | None = None,
        *,
        status: int = 200,
        background: BackgroundTask | None = None,
        begins: bool = False,
    ) -> Response:
        """Return a page made of a template; its forms may make a session another one's where it `begins`."""
        nonce, visitor = secrets.token_urlsafe(12), looker.visitor
        spare = new_cookie() if begins else None
        token = visitor.token if spare is None else with_spare(visitor.token, spare)
        own = {"token": token, "nonce": nonce, "extra_head": self.extras.head(looker, nonce)}
        body = self.templates.render(name, looker.speech, {**own, **(values or {})})
        headers = {**security(nonce), "Content-Language": looker.speech.language}
        response = Response(body, status, headers, "text/html", background)
        if visitor.kept is not None:
            self.gate.let_in(response, visitor.kept)
        if spare is not None:
            self.gate.lend(response, spare)
        return response

    def told(
        self, looker: Looker, title: Text, texts: Sequence[Text | None], *, status: int = 200
    ) -> Response:
        """Return a page that says one thing."""
        shown = "".join(run.text for run in title)
        said = {"title": shown, "texts": [text for text in texts if text]}
        return self.html("told.html", looker, said, status=status)

    def goes(self, path: str) -> Response:
        """Send the browser to one of our pages, by GET."""
        return RedirectResponse(self.at(path), HTTPStatus.SEE_OTHER, security())

    def over(self, request: Request) -> Response:
        """Tell that the session is over; the browser forgets its cookie."""
        response = self.goes("/p/farewell") if not by_script(request) else Response(b"{}", 410, security())
        self.gate.see_off(response)
        return response

    async def begin(self, request: Request, language: str, spare: str | None) -> tuple[Session, str]:
        """Begin a session, by the cookie that came with the form; raise RefusedError where too many do."""
        await self.turn(self.newcomers, request)
        return await self.sessions.begin(language, spare)

    async def turn(self, bucket: Bucket, request: Request) -> None:
        """Wait for one's turn; raise RefusedError where that would take too long.

        Where one source wants too many, too, or it alone would take everybody's turn.
        """
        source = source_of(request.scope)
        if source is not None and self.sources.weigh(source, self.clock.monotonic()) != "serve":
            raise RefusedError(HTTPStatus.TOO_MANY_REQUESTS)
        until = self.clock.monotonic() + PATIENCE_SECONDS
        # Again and again, for others wait for the same turn.
        while not bucket.available(now := self.clock.monotonic()):
            wait = bucket.wait(now)
            if now + wait > until:
                raise RefusedError(HTTPStatus.SERVICE_UNAVAILABLE)
            await self.clock.sleep(wait)
        bucket.take(1, now)

    def looked(self, looker: Looker, request: Request, version: int | None) -> BackgroundTask | None:
        """Return what is noted of a look, after it is answered; nothing of one that nobody sees yet."""
        session = looker.session
        if session is None or "prefetch" in request.headers.get("sec-purpose", ""):
            return None
        tasks = BackgroundTasks()
        if session.absent:
            tasks.add_task(self.chat.returned, session)
        if session.stale:
            tasks.add_task(self.sessions.touch, session)
        if version:
            tasks.add_task(self.chat.seen, session, version)
        return tasks


def by_script(request: Request) -> bool:
    """Tell whether our own script asks, which wants no page."""
    return request.headers.get("accept", "") == "application/json"


def security(nonce: str = "") -> Mapping[str, str]:
    """Return what every answer says to browsers and proxies; `nonce` lets the page's own script run."""
    script = f"script-src 'nonce-{nonce}'; " if nonce else ""
    return {
        "Cache-Control": "no-store",
        "Content-Security-Policy": (
            f"default-src 'none'; {script}style-src 'self'; img-src 'self'; connect-src 'self'; "
            "manifest-src 'self'; worker-src 'self'; "
            "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
        ),
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
        # Of another site's pages nothing is told; ours must be, or their forms could not be told from others.
        "Referrer-Policy": "same-origin",
        "Vary": "Accept-Language, Cookie",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "X-Robots-Tag": "noindex, nofollow",
    }
