"""The JSON API of the mail app, and of its script."""

from collections.abc import Callable, Iterator
from datetime import datetime

from aiohttp import web
from pydantic import NonNegativeFloat, PositiveInt

from sandbox.deeds import UnknownThingError
from sandbox.email.model import Mail
from sandbox.email.reports import Action, report_on
from sandbox.email.script import Command, Fault, FaultKind, Script
from sandbox.email.world import World
from sandbox.jsonapi import BadBodyError, answer, read
from sandbox.phone.api import Block, Body
from sandbox.phone.email.render import mailbox_json, message_json, page_of, parsed

CITIZEN = "/phone/api/email/citizens/{citizen_id:[0-9]{1,18}}"
_LONGEST_NUMBER = 18
_PAGE_HEADERS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    # A letter is somebody else's page: it runs nothing and fetches nothing.
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; "
    "sandbox allow-popups allow-popups-to-escape-sandbox",
}


class FaultOrder(Body):
    """A fault as it is ordered; what is left out has a default."""

    fault: FaultKind
    command: Command = "end"
    code: PositiveInt = 451
    text: str = "4.3.0 try again later"
    recipient: str | None = None
    nth: PositiveInt = 1
    times: PositiveInt = 1
    seconds: NonNegativeFloat = 1.0

    def fault_laid(self) -> Fault:
        """Return the fault."""
        kind, rest = self.fault, self.model_dump(exclude={"fault"})
        return Fault(kind, **rest)


class ReportOrder(Body):
    """Which letter a report is about, and what it says."""

    number: PositiveInt
    status: str = "5.1.1"
    action: Action = "failed"


class EmailPhoneApi:
    """Everything below `/phone/api/email/` and `/script/email/`."""

    def __init__(
        self, world: World, script: Script, now: Callable[[], datetime], port: Callable[[], int]
    ) -> None:
        """Take what it needs; `port` is where the server of mail listens."""
        self._world = world
        self._script = script
        self._now = now
        self._port = port

    def routes(self) -> list[web.RouteDef]:
        """Return the routes to add to an application."""
        return [
            web.get("/phone/api/email/state", self.state),
            web.get(CITIZEN, self.mailbox),
            web.get(f"{CITIZEN}/messages", self.messages),
            web.post(f"{CITIZEN}/read", self.reads),
            web.post(f"{CITIZEN}/block", self.closes),
            web.get(f"{CITIZEN}/mails/{{number:[0-9]{{1,18}}}}/page", self.page),
            web.post("/script/email/faults", self.lay),
            web.post("/script/email/reports", self.report),
            web.get("/script/email/messages", self.all_messages),
        ]

    async def state(self, _: web.Request) -> web.Response:
        """Return where the server is and every mailbox that anything was done with."""
        shown = [mailbox_json(one, self._world) for one in self._world.mailboxes()]
        return answer({"port": self._port(), "mailboxes": shown})

    async def mailbox(self, request: web.Request) -> web.Response:
        """Return a citizen's mailbox."""
        return answer(mailbox_json(self._world.mailbox(_citizen_id(request)), self._world))

    async def messages(self, request: web.Request) -> web.Response:
        """Return a mailbox's letters, oldest first."""
        after = request.query.get("after", "0")
        if not after.isdecimal() or len(after) > _LONGEST_NUMBER:
            raise BadBodyError("after: a letter's number")
        mailbox = self._world.mailbox(_citizen_id(request))
        mails = self._world.mails(mailbox.citizen_id, int(after))
        return answer({"messages": [message_json(mail) for mail in mails]})

    async def reads(self, request: web.Request) -> web.Response:
        """Let a citizen look at the mailbox."""
        return answer(mailbox_json(self._world.reads(_citizen_id(request)), self._world))

    async def closes(self, request: web.Request) -> web.Response:
        """Have a mailbox take no letters any more, or again."""
        closed = (await read(request, Block)).blocked
        return answer(mailbox_json(self._world.closes(_citizen_id(request), closed=closed), self._world))

    async def page(self, request: web.Request) -> web.Response:
        """Return a letter as it looks."""
        mails = self._world.mails(_citizen_id(request), int(request.match_info["number"]) - 1)
        mail = self._mail(mails, int(request.match_info["number"]))
        return web.Response(text=page_of(parsed(mail)), content_type="text/html", headers=_PAGE_HEADERS)

    async def lay(self, request: web.Request) -> web.Response:
        """Lay a fault of the server of mail."""
        self._script.lay((await read(request, FaultOrder)).fault_laid())
        return answer({}, status=201)

    async def report(self, request: web.Request) -> web.Response:
        """Return the mail by which a server reports on a letter."""
        order = await read(request, ReportOrder)
        mail = self._mail(self._world.all_mails(order.number - 1), order.number)
        report = report_on(mail, self._now(), order.status, order.action)
        return web.Response(body=report, content_type="message/rfc822")

    async def all_messages(self, request: web.Request) -> web.Response:
        """Return the letters of all mailboxes, in the order of coming."""
        after = request.query.get("after", "0")
        if not after.isdecimal() or len(after) > _LONGEST_NUMBER:
            raise BadBodyError("after: a letter's number")
        return answer({"messages": [message_json(mail) for mail in self._world.all_mails(int(after))]})

    @staticmethod
    def _mail(mails: Iterator[Mail], number: int) -> Mail:
        mail = next(mails, None)
        if mail is None or mail.number != number:
            raise UnknownThingError("there is no such letter")
        return mail


def _citizen_id(request: web.Request) -> int:
    return int(request.match_info["citizen_id"])
