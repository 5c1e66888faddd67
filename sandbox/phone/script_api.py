"""The script over HTTP, for tests: lay faults, change limits, read the record, begin anew."""

from collections.abc import Callable
from typing import Annotated, Any

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, NonNegativeFloat, NonNegativeInt, PositiveInt

from sandbox.jsonapi import answer, read
from sandbox.telegram.script import Fault, FaultKind, Script, Weather
from sandbox.telegram.world.limits import Limits, LimitSettings, limit_settings
from sandbox.telegram.world.updates import UpdateQueue

_DEFAULT_SECONDS: dict[FaultKind, float] = {"hang": 60.0}


class FaultOrder(BaseModel):
    """A fault as it is ordered; what is left out or null has a default."""

    model_config = ConfigDict(extra="forbid")

    fault: FaultKind
    chat_id: int | None = None
    nth: PositiveInt | None = None
    times: PositiveInt | None = None
    method: str = "sendMessage"
    seconds: NonNegativeFloat | None = None
    retry_after: NonNegativeInt | None = None

    def fault_laid(self) -> Fault:
        """Return the fault."""
        return Fault(
            kind=self.fault,
            chat_id=self.chat_id,
            nth=self.nth or 1,
            times=self.times or 1,
            method=self.method,
            seconds=_DEFAULT_SECONDS.get(self.fault, 1.0) if self.seconds is None else self.seconds,
            retry_after=1 if self.retry_after is None else self.retry_after,
        )


class LimitsOrder(BaseModel):
    """Other limits, per second, 0 for none; bursts default to the rate, at least 1 (chat: 3)."""

    model_config = ConfigDict(extra="forbid")

    global_rate: NonNegativeFloat = Field(default=30)
    chat_rate: NonNegativeFloat = Field(default=1)
    global_burst: float | None = Field(default=None, ge=1)
    chat_burst: float | None = Field(default=None, ge=1)

    def settings(self) -> LimitSettings:
        """Return the limits."""
        return limit_settings(self.global_rate, self.chat_rate, self.global_burst, self.chat_burst)


class WeatherOrder(BaseModel):
    """What goes wrong by chance: shares of messages by kind of fault; none ends it."""

    model_config = ConfigDict(extra="forbid")

    shares: dict[FaultKind, Annotated[float, Field(ge=0, le=1)]]
    seed: int = 0
    seconds: NonNegativeFloat = 1.0
    retry_after: NonNegativeInt = 1


class UpdatesOrder(BaseModel):
    """Messages as the Bot API writes them, from where no phone is: groups, channels."""

    model_config = ConfigDict(extra="forbid")

    messages: Annotated[list[dict[str, Any]], Field(max_length=1000)]


class ScriptApi:
    """Everything below `/script/` but the messages, which the phones show."""

    def __init__(
        self, script: Script, limits: Limits, updates: UpdateQueue, reset: Callable[[], None]
    ) -> None:
        self._script = script
        self._limits = limits
        self._updates = updates
        self._reset = reset

    def routes(self) -> list[web.RouteDef]:
        """Return the routes to add to an application."""
        return [
            web.post("/script/faults", self.lay),
            web.post("/script/limits", self.change_limits),
            web.post("/script/weather", self.change_weather),
            web.post("/script/updates", self.hand_on),
            web.get("/script/calls", self.calls),
            web.post("/script/reset", self.reset),
        ]

    async def lay(self, request: web.Request) -> web.Response:
        """Lay a fault."""
        self._script.lay((await read(request, FaultOrder)).fault_laid())
        return answer({}, status=201)

    async def change_limits(self, request: web.Request) -> web.Response:
        """Change the limits; buckets are full afterwards and nothing is paused."""
        self._limits.change((await read(request, LimitsOrder)).settings())
        return answer({})

    async def change_weather(self, request: web.Request) -> web.Response:
        """Have things go wrong by chance."""
        order = await read(request, WeatherOrder)
        self._script.change_weather(Weather(order.shares, order.seed, order.seconds, order.retry_after))
        return answer({})

    async def hand_on(self, request: web.Request) -> web.Response:
        """Queue messages for the bot that no phone wrote; return how many updates wait."""
        for message in (await read(request, UpdatesOrder)).messages:
            self._updates.add("message", "script", message)
        return answer({"waiting": len(self._updates)}, status=201)

    async def calls(self, request: web.Request) -> web.Response:
        """Return the record of calls."""
        after = request.query.get("after", "0")
        calls = self._script.calls(int(after) if after.isdecimal() else 0)
        return answer({"calls": [call.as_json() for call in calls]})

    async def reset(self, _: web.Request) -> web.Response:
        """Forget citizens, messages, updates, receipts, faults and calls; the first limits are back."""
        self._reset()
        return answer({})
