"""What is done on the page: each form becomes what it would be in a messenger; a redirect shows the rest."""

import re
from collections.abc import Mapping
from http import HTTPStatus
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response

from contracts.links import JOINING, TOKEN
from runtime.process.forms import RefusedError
from services.notifier.channels.web.sessions import Session
from services.notifier.domain.incoming import Body, Said, Started, Tapped
from services.notifier.domain.messages import shown
from services.notifier.page.chat import LONGEST_SAID
from services.notifier.page.deeds import CHAT, SETTINGS, Deed, Deeds
from services.notifier.page.gate import Visitor
from services.notifier.page.looking import Looking
from services.notifier.page.parts import PageParts, security
from services.notifier.page.sending import Sent
from services.notifier.page.settings_forms import bodies_of
from services.notifier.wording import prompts
from services.notifier.wording.keyboard import buttons, callback_data

LONGEST_NUMBER = 18
_LONGEST_MESSAGE = 36
"""An id: what the form says is kept with the answer, which takes that message's place."""
_PAYLOAD = re.compile(r"[A-Za-z0-9_-]{1,64}")


class Doing:
    """The routes that are posted to."""

    def __init__(self, parts: PageParts, looking: Looking) -> None:
        self._parts = parts
        self._looking = looking
        self._deeds = Deeds(parts)

    async def say(self, request: Request) -> Response:
        """Take in what somebody wrote; a stranger's words begin a session."""
        visitor, fields = await self._parts.gate.posted(request)
        text = fields.get("text", "").strip()[:LONGEST_SAID]
        if not text:
            return self._parts.goes(CHAT)
        return await self._deeds.do(request, visitor, Deed(fields.get("once", ""), [Said(text)]))

    async def tap(self, request: Request) -> Response:
        """Take in a button that was tapped; of a stranger only a card, which begins a session."""
        visitor, fields = await self._parts.gate.posted(request)
        data = fields.get("data", "")
        known = visitor.session is not None or data in buttons.CARDS
        if not known or not data or len(data.encode()) > callback_data.LONGEST:
            return self._parts.goes("/p")
        tapped = Tapped(data, fields.get("message", "")[:_LONGEST_MESSAGE] or None, "")
        return await self._deeds.do(request, visitor, Deed(fields.get("once", ""), [tapped]))

    async def seen(self, request: Request) -> Response:
        """Note up to where somebody has seen the conversation."""
        visitor, fields = await self._parts.gate.posted(request)
        version = fields.get("version", "")
        if visitor.session is not None and version.isdecimal() and len(version) <= LONGEST_NUMBER:
            await self._parts.chat.seen(visitor.session, int(version))
        return Response(status_code=HTTPStatus.NO_CONTENT, headers=security())

    async def settings(self, request: Request) -> Response:
        """Change a setting, or what shows the page."""
        visitor, fields = await self._parts.gate.posted(request)
        if visitor.session is None:
            return self._parts.goes("/p")
        what = fields.get("what")
        if what == "leave":
            return await self._leave(request, visitor.session)
        if what == "device":
            code = await self._parts.sessions.give_pass(visitor.session)
            return await self._looking.settings(request, code)
        if what == "send":
            return await self._send(request, visitor, fields.get("value", ""))
        bodies = bodies_of(fields)
        if bodies and (what != "language" or visitor.session.address_id is not None):
            return await self._deeds.do(
                request, visitor, Deed(fields.get("once", ""), bodies, after=SETTINGS)
            )
        await self._change(visitor.session, fields)
        return self._parts.goes(SETTINGS)

    async def _send(self, request: Request, visitor: Visitor, address: str) -> Response:
        """Send a link for another browser by another way of one's own."""
        parts = self._parts
        looker = await parts.looks.looker(request, visitor)
        if looker.session is None or looker.person is None:
            return parts.goes(SETTINGS)
        try:
            chosen = UUID(address)
        except ValueError:
            return parts.goes(SETTINGS)
        sent: Sent = "slower"
        if parts.chat.admits(looker.session):
            sent = await parts.sending.send(looker.session, looker.person, chosen, looker.speech)
        return parts.goes(f"{SETTINGS}?link={sent}")

    async def _change(self, session: Session, fields: Mapping[str, str]) -> None:
        """Change what the conversation knows nothing of."""
        what, language = fields.get("what"), fields.get("value", "")
        if what == "leave_others":
            await self._parts.sessions.leave_others(session)
        elif what == "language" and language in self._parts.looks.voice.languages:
            await self._parts.sessions.speak(session, language)

    async def open(self, request: Request) -> Response:
        """Bring a session to this browser, by the code that another one shows."""
        parts = self._parts
        visitor, fields = await parts.gate.posted(request)
        looker = await parts.looks.looker(request, visitor)
        await parts.turn(parts.codes, request)
        spare = visitor.spare
        found = await parts.sessions.use_pass(fields.get("code", ""), spare)
        if found is None and spare is not None and await parts.sessions.opened_by(spare) is not None:
            # The same form did it before.
            return self._let_in(spare)
        if found is None:
            values, status = {"failed": True, "code": ""}, HTTPStatus.UNPROCESSABLE_ENTITY
            return parts.html("open.html", looker, values, status=status, begins=True)
        session, cookie = found
        await parts.chat.tell(session, looker.speech)
        return self._let_in(cookie)

    def _let_in(self, cookie: str) -> Response:
        response = self._parts.goes("/p")
        self._parts.gate.let_in(response, cookie)
        return response

    async def _leave(self, request: Request, session: Session) -> Response:
        if session.address_id is not None and await self._parts.sessions.devices(session) == 1:
            await self._parts.chat.left(session, "left")
        await self._parts.sessions.leave(session)
        return self._parts.over(request)


class Beginning:
    """Where a receipt's code, or the link of one's own other way, leads: a question, then a session."""

    def __init__(self, parts: PageParts) -> None:
        self._parts = parts
        self._deeds = Deeds(parts)

    async def ask(self, request: Request) -> Response:
        """Ask whether to follow here; nothing is stored, and nobody is asked about the secret."""
        parts, secret = self._parts, _secret(request)
        visitor = await parts.gate.visitor(request)
        looker = await parts.looks.looker(request, visitor)
        speech = looker.speech
        known = looker.person is not None
        if TOKEN.fullmatch(secret):
            question = prompts.consent(parts.looks.voice, speech, "token", secret, again=known).text
            yes = buttons.consent(speech, "token", secret).text
            warning = speech.say(
                "This link works on other devices too. Whoever has it, or a photo of your receipt, "
                "sees where the document is: show it only to people whom you trust."
            )
        else:
            warning = speech.say(
                "The link works on one device only, the first on which it is opened: "
                "whoever has it before you sees your documents. Give it to nobody."
            )
            question = (
                speech.say(
                    "This link makes this page one more way to write to you. "
                    "Go on only if you made it yourself."
                )
                if JOINING.fullmatch(secret)
                else speech.say("Here you can ask us about your document.")
            )
            yes = shown(speech.say("Go on"))
        values = {
            "question": question,
            "yes": yes,
            "warning": shown(warning),
            "no": buttons.decline(speech).text,
            "secret": secret,
            "from_receipt": TOKEN.fullmatch(secret) is not None,
        }
        return parts.html("begin.html", looker, values, begins=True)

    async def agree(self, request: Request) -> Response:
        """Begin a session, where there is none, with the yes."""
        parts, secret = self._parts, _secret(request)
        visitor, fields = await parts.gate.posted(request)
        looker = await parts.looks.looker(request, visitor)
        language = fields.get("lang", "")
        if language not in parts.looks.voice.languages:
            language = looker.speech.language
        body: Body = Started(secret)
        if TOKEN.fullmatch(secret):
            body = Tapped(callback_data.receipt("y", "token", secret, language), None, "")
        deed = Deed(fields.get("once", ""), [body], language=language, after="/p")
        return await self._deeds.do(request, visitor, deed)


def _secret(request: Request) -> str:
    """Return what a link brings; raise RefusedError for what no link of ours does."""
    secret: str = request.path_params["secret"]
    if _PAYLOAD.fullmatch(secret) is None:
        raise RefusedError(HTTPStatus.NOT_FOUND)
    return secret
