"""The script of the simulated Viber over HTTP, for tests: lay faults, let time pass, read the record."""

from collections import Counter
from datetime import timedelta
from typing import Annotated

from aiohttp import web
from pydantic import Field, NonNegativeFloat, PositiveInt

from sandbox.jsonapi import answer, read
from sandbox.phone.api import Body
from sandbox.phone.viber.render import account_json, message_json
from sandbox.viber.script import CallbackFault, CallbackFaultKind, Fault, FaultKind, Script, Weather
from sandbox.viber.world.billing import PAID
from sandbox.viber.world.callbacks import Callbacks
from sandbox.viber.world.model import EventName
from sandbox.viber.world.world import World

_DEFAULT_SECONDS: dict[FaultKind, float] = {"hang": 60.0}


class FaultOrder(Body):
    """A fault of a call as it is ordered; what is left out or null has a default."""

    fault: FaultKind
    citizen_id: int | None = None
    nth: PositiveInt | None = None
    times: PositiveInt | None = None
    method: str = "send_message"
    status: Annotated[int, Field(ge=1, le=999)] = 12
    seconds: NonNegativeFloat | None = None

    def fault_laid(self) -> Fault:
        """Return the fault."""
        return Fault(
            kind=self.fault,
            citizen_id=self.citizen_id,
            nth=self.nth or 1,
            times=self.times or 1,
            method=self.method,
            status=self.status,
            seconds=_DEFAULT_SECONDS.get(self.fault, 1.0) if self.seconds is None else self.seconds,
        )


class CallbackFaultOrder(Body):
    """A fault of a callback as it is ordered."""

    fault: CallbackFaultKind
    event: EventName | None = None
    citizen_id: int | None = None
    nth: PositiveInt = 1
    times: PositiveInt = 1
    seconds: NonNegativeFloat = 1.0

    def fault_laid(self) -> CallbackFault:
        """Return the fault."""
        return CallbackFault(self.fault, self.event, self.citizen_id, self.nth, self.times, self.seconds)


class WeatherOrder(Body):
    """What goes wrong by chance: shares of messages by kind of fault; none ends it."""

    shares: dict[FaultKind, Annotated[float, Field(ge=0, le=1)]]
    seed: int = 0
    seconds: NonNegativeFloat = 1.0
    status: Annotated[int, Field(ge=1, le=999)] = 12


class Age(Body):
    """How many seconds pass for one chat."""

    citizen_id: int
    seconds: Annotated[float, Field(ge=0, le=10**9)]


class ViberScriptApi:
    """Everything below `/script/viber/`."""

    def __init__(self, world: World, callbacks: Callbacks, script: Script) -> None:
        self._world = world
        self._callbacks = callbacks
        self._script = script

    def routes(self) -> list[web.RouteDef]:
        """Return the routes to add to an application."""
        return [
            web.post("/script/viber/faults", self.lay),
            web.post("/script/viber/callback-faults", self.lay_callback),
            web.post("/script/viber/weather", self.change_weather),
            web.post("/script/viber/age", self.ages),
            web.get("/script/viber/calls", self.calls),
            web.get("/script/viber/callbacks", self.callbacks),
            web.get("/script/viber/messages", self.messages),
            web.get("/script/viber/counts", self.counts),
        ]

    async def lay(self, request: web.Request) -> web.Response:
        """Lay a fault of a call."""
        self._script.lay((await read(request, FaultOrder)).fault_laid())
        return answer({}, status=201)

    async def lay_callback(self, request: web.Request) -> web.Response:
        """Lay a fault of a callback."""
        self._script.lay_callback((await read(request, CallbackFaultOrder)).fault_laid())
        return answer({}, status=201)

    async def change_weather(self, request: web.Request) -> web.Response:
        """Have things go wrong by chance."""
        order = await read(request, WeatherOrder)
        self._script.change_weather(Weather(order.shares, order.seed, order.seconds, order.status))
        return answer({})

    async def ages(self, request: web.Request) -> web.Response:
        """Let time pass for a chat's session and its unanswered messages."""
        age = await read(request, Age)
        account = self._world.ages(age.citizen_id, timedelta(seconds=age.seconds))
        return answer(account_json(account, self._world.chats))

    async def calls(self, request: web.Request) -> web.Response:
        """Return the record of calls."""
        return answer({"calls": [call.as_json() for call in self._script.calls(_after(request))]})

    async def callbacks(self, request: web.Request) -> web.Response:
        """Return the record of callbacks."""
        record = self._callbacks.record(_after(request))
        return answer({"callbacks": [callback.as_json() for callback in record]})

    async def messages(self, _: web.Request) -> web.Response:
        """Return every message in the order of storing, failed and undelivered ones, too."""
        return answer({"messages": [message_json(message) for message in self._world.chats.all()]})

    async def counts(self, _: web.Request) -> web.Response:
        """Return how many messages were stored, shown and paid, and how calls and callbacks ended."""
        stored = [message for message in self._world.chats.all() if message.sender == "bot"]
        return answer(
            {
                "stored": len(stored),
                "delivered": sum(message.delivered for message in stored),
                "failed": sum(message.failed is not None for message in stored),
                "paid": sum(message.billing == PAID for message in stored),
                "calls": Counter(str(call.status) for call in self._script.calls()),
                "callbacks": Counter(str(callback.end) for callback in self._callbacks.record()),
            }
        )


def _after(request: web.Request) -> int:
    after = request.query.get("after", "0")
    return int(after) if after.isdecimal() else 0
