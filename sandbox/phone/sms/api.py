"""The JSON API of the SMS app: what a citizen sees and does there; and of its script, for tests."""

from typing import Annotated

from aiohttp import web
from pydantic import Field, NonNegativeFloat, PositiveInt

from sandbox.jsonapi import BadBodyError, answer, read
from sandbox.phone.api import Block, Body, Text
from sandbox.phone.sms.render import account_json, message_json
from sandbox.sms.model import Account
from sandbox.sms.script import Fault, FaultKind, Weather
from sandbox.sms.simulator import Provider

CITIZEN = "/phone/api/sms/citizens/{citizen_id:[0-9]{1,18}}"
_LONGEST_NUMBER = 18


class Device(Body):
    """Whether a phone is on."""

    online: bool


class FaultOrder(Body):
    """A fault of a call as it is ordered."""

    fault: FaultKind
    citizen_id: int | None = None
    nth: PositiveInt = 1
    times: PositiveInt = 1
    http: Annotated[int, Field(ge=200, le=599)] = 400
    code: str = "bad_text"
    seconds: NonNegativeFloat = 1.0


class WeatherOrder(Body):
    """What goes wrong by chance: shares of texts by kind of fault; none ends it."""

    shares: dict[FaultKind, Annotated[float, Field(ge=0, le=1)]]
    seed: int = 0
    seconds: NonNegativeFloat = 1.0


class SmsPhoneApi:
    """Everything below `/phone/api/sms/` and `/script/sms/`; `name` is what the app calls the sender."""

    def __init__(self, provider: Provider, name: str) -> None:
        self._provider = provider
        self._world = provider.world
        self._name = name

    def routes(self) -> list[web.RouteDef]:
        """Return the routes to add to an application."""
        return [
            web.get("/phone/api/sms/state", self.state),
            web.get(CITIZEN, self.account),
            web.get(f"{CITIZEN}/messages", self.messages),
            web.post(f"{CITIZEN}/messages", self.says),
            web.post(f"{CITIZEN}/block", self.blocks),
            web.post(f"{CITIZEN}/read", self.reads),
            web.post(f"{CITIZEN}/device", self.switches),
            web.post("/script/sms/faults", self.lay),
            web.post("/script/sms/weather", self.change_weather),
            web.get("/script/sms/calls", self.calls),
            web.get("/script/sms/messages", self.all_messages),
            web.get("/script/sms/reports", self.reports),
        ]

    async def state(self, _: web.Request) -> web.Response:
        """Return the sender and every number that anything was done with."""
        accounts = [self._account_json(account) for account in self._world]
        return answer({"bot": {"name": self._name, "there": True}, "accounts": accounts})

    async def account(self, request: web.Request) -> web.Response:
        """Return a citizen's number."""
        return self._shown(self._world.of(_citizen_id(request)))

    async def messages(self, request: web.Request) -> web.Response:
        """Return a chat, oldest first."""
        account = self._world.of(_citizen_id(request))
        shown = self._world.shown(account.citizen_id, _after(request))
        return answer({"messages": [message_json(message) for message in shown]})

    async def says(self, request: web.Request) -> web.Response:
        """Let a citizen write."""
        text = (await read(request, Text)).text
        return answer(message_json(self._world.says(_citizen_id(request), text)), status=201)

    async def blocks(self, request: web.Request) -> web.Response:
        """Let a citizen bar the sender, or let it in."""
        blocked = (await read(request, Block)).blocked
        return self._shown(self._world.blocks(_citizen_id(request), blocked=blocked))

    async def reads(self, request: web.Request) -> web.Response:
        """Let a citizen look at the chat."""
        return self._shown(self._world.reads(_citizen_id(request)))

    async def switches(self, request: web.Request) -> web.Response:
        """Switch a phone off or on."""
        online = (await read(request, Device)).online
        return self._shown(self._world.switches(_citizen_id(request), online=online))

    async def lay(self, request: web.Request) -> web.Response:
        """Lay a fault of a call."""
        order = await read(request, FaultOrder)
        details = order.model_dump(exclude={"fault"})
        self._provider.script.lay(Fault(order.fault, **details))
        return answer({}, status=201)

    async def change_weather(self, request: web.Request) -> web.Response:
        """Have things go wrong by chance."""
        order = await read(request, WeatherOrder)
        self._provider.script.change_weather(Weather(order.shares, order.seed, order.seconds))
        return answer({})

    async def calls(self, request: web.Request) -> web.Response:
        """Return the record of calls."""
        return answer({"calls": [call.as_json() for call in self._provider.script.calls(_after(request))]})

    async def all_messages(self, _: web.Request) -> web.Response:
        """Return every text in the order of storing, those that no phone shows, too."""
        return answer({"messages": [message_json(message) for message in self._world.all()]})

    async def reports(self, _: web.Request) -> web.Response:
        """Return what was told to the customer, and the statuses that came back."""
        record = self._provider.reports.record
        return answer({"reports": [{"body": one.body, "attempts": one.attempts} for one in record]})

    def _shown(self, account: Account) -> web.Response:
        return answer(self._account_json(account))

    def _account_json(self, account: Account) -> dict[str, object]:
        return account_json(account, self._world)


def _citizen_id(request: web.Request) -> int:
    return int(request.match_info["citizen_id"])


def _after(request: web.Request) -> int:
    after = request.query.get("after", "0")
    if not after.isdecimal() or len(after) > _LONGEST_NUMBER:
        raise BadBodyError("after: a number")
    return int(after)
