"""One post of a form: taken in as what it is in a messenger, waited for where no script does, then shown."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus

import orjson
from starlette.requests import Request
from starlette.responses import Response

from services.notifier.channels.web.sessions import Session
from services.notifier.domain.incoming import Body
from services.notifier.domain.messages import Text
from services.notifier.page.gate import Visitor
from services.notifier.page.parts import PageParts, by_script, security
from services.notifier.page.views.looks import Looker
from services.notifier.wording import prompts

CHAT = "/p#say"
SETTINGS = "/p/settings"
_LONGEST_ONCE = 64


@dataclass(frozen=True)
class Deed:
    """What a form does; `once` tells the same form posted again, `after` is what is shown then.

    `language` is the one that is spoken from now on, where the form says so; `shown` is how a file is named.
    """

    once: str
    bodies: Sequence[Body]
    language: str | None = None
    after: str = CHAT
    shown: Text | None = None


@dataclass(frozen=True)
class _Done:
    """What was done: who looked before it and after it, in which session, which cookie is new, since when."""

    deed: Deed
    before: Looker
    after: Looker
    session: Session
    cookie: str | None
    version: int


class Deeds:
    """Does what forms say; a stranger's begins a session."""

    def __init__(self, parts: PageParts) -> None:
        self._parts = parts

    async def do(self, request: Request, visitor: Visitor, deed: Deed) -> Response:
        """Take in what was done and answer the post."""
        parts = self._parts
        before = await parts.looks.looker(request, visitor)
        language = deed.language or before.speech.language
        session, cookie = visitor.session, visitor.kept
        if session is None:
            session, cookie = await parts.begin(request, language, visitor.spare)
        if not parts.chat.admits(session):
            return self._slower(request, before)
        once = deed.once[:_LONGEST_ONCE] or secrets.token_hex(8)
        version = await parts.chat.did(session, once, deed.bodies, language, deed.shown)
        if version is None:
            return parts.over(request)
        after = await parts.looks.looker(request, Visitor(session, visitor.token))
        if before.person is None and after.person is not None and (cookie is None or cookie != visitor.spare):
            # Whoever knew the cookie of a guest must not see what the guest follows.
            cookie = await parts.sessions.renew(session, visitor.spare)
        return await self._answered(request, _Done(deed, before, after, session, cookie, version))

    async def _answered(self, request: Request, done: _Done) -> Response:
        parts, script = self._parts, by_script(request)
        if not script:
            await parts.chat.answered(done.session, done.version)
        if await parts.messages.version(done.session.id) is None:
            return parts.over(request)
        response = self._to_script(done) if script else parts.goes(await self._where(done))
        if done.cookie is not None:
            parts.gate.let_in(response, done.cookie)
        return response

    def _to_script(self, done: _Done) -> Response:
        """Tell the script whether what is on the page in its language and its forms still holds."""
        spoken = done.before.speech.language != done.after.speech.language
        told = orjson.dumps({"anew": spoken or done.cookie is not None})
        return Response(told, headers=security(), media_type="application/json")

    async def _where(self, done: _Done) -> str:
        """Return what is shown next; among the settings with what was answered."""
        if done.deed.after != SETTINGS:
            return done.deed.after
        lines = await self._parts.messages.since(done.session.id, done.version)
        said = next((line.id.hex for line in reversed(lines) if line.ours), "")
        return f"{SETTINGS}?said={said}"

    def _slower(self, request: Request, looker: Looker) -> Response:
        if by_script(request):
            return Response(b"{}", HTTPStatus.TOO_MANY_REQUESTS, security())
        title = looker.speech.say("Please wait a little")
        text = prompts.slower(looker.speech).text
        return self._parts.told(looker, title, [text], status=HTTPStatus.TOO_MANY_REQUESTS)
