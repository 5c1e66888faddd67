"""The script of a test: faults that wait for their call, and the record of every call that came.

A fault counts the calls that match it (method, chat, and a parse mode for `cant_parse`) from the moment
it was laid; it strikes at the `nth` of them and at the following ones, `times` in all. Where several meet
a call, the one laid first wins.
"""

import random
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, get_args

from sandbox.telegram.world.model import Json

FaultKind = Literal[
    "throttle_chat",
    "throttle_bot",
    "blocked",
    "deactivated",
    "chat_not_found",
    "cant_parse",
    "too_long",
    "migrate",
    "unauthorized",
    "server_error",
    "bad_gateway_html",
    "store_then_drop",
    "drop_before_store",
    "hang",
    "slow",
    "truncated_json",
]
KINDS: tuple[FaultKind, ...] = get_args(FaultKind)
REMEMBERED_CALLS = 500_000


@dataclass(frozen=True, slots=True)
class Fault:
    """What shall go wrong, where, when and how often; `seconds` and `retry_after` as the kind needs them."""

    kind: FaultKind
    chat_id: int | None = None
    nth: int = 1
    times: int = 1
    method: str = "sendMessage"
    seconds: float = 1.0
    retry_after: int = 1


@dataclass(slots=True)
class _Armed:
    fault: Fault
    seen: int = 0

    def counts(self, method: str, chat_id: int | None, *, parse_mode: bool) -> bool:
        fault = self.fault
        if fault.method.lower() != method.lower() or fault.chat_id not in (None, chat_id):
            return False
        return parse_mode or fault.kind != "cant_parse"

    @property
    def strikes(self) -> bool:
        return self.fault.nth <= self.seen < self.fault.nth + self.fault.times

    @property
    def spent(self) -> bool:
        return self.seen >= self.fault.nth + self.fault.times - 1


@dataclass(slots=True)
class Call:
    """One Bot API request, without its token; `status` is None while it runs and where no reply was sent."""

    n: int
    method: str
    chat_id: int | None
    at: datetime
    text: str | None = None
    status: int | None = None
    stored_message_id: int | None = None
    fault: FaultKind | None = None

    def as_json(self) -> Json:
        """Return the call as the script API shows it; optional parts only where they exist."""
        shown: Json = {
            "n": self.n,
            "method": self.method,
            "chat_id": self.chat_id,
            "at": self.at.isoformat(),
            "status": self.status,
        }
        optional = {"text": self.text, "stored_message_id": self.stored_message_id, "fault": self.fault}
        return shown | {name: value for name, value in optional.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Weather:
    """What goes wrong by chance: the share of messages for each kind of fault, the same for the same seed."""

    shares: Mapping[FaultKind, float] = field(default_factory=dict)
    seed: int = 0
    seconds: float = 1.0
    retry_after: int = 1


class Script:
    """Faults that are laid, and calls that came, in order."""

    def __init__(self) -> None:
        self.change_weather(Weather())
        self._armed: list[_Armed] = []
        self._calls: deque[Call] = deque(maxlen=REMEMBERED_CALLS)
        self._count = 0

    def lay(self, fault: Fault) -> None:
        """Arm a fault."""
        self._armed.append(_Armed(fault))

    def strike(self, method: str, chat_id: int | None, *, parse_mode: bool) -> Fault | None:
        """Count a call and return the fault that meets it, if any."""
        fault: Fault | None = None
        for armed in self._armed:
            if armed.counts(method, chat_id, parse_mode=parse_mode):
                armed.seen += 1
                if fault is None and armed.strikes:
                    fault = armed.fault
        self._armed = [armed for armed in self._armed if not armed.spent]
        return fault or self._by_chance(method)

    def change_weather(self, weather: Weather) -> None:
        """Have things go wrong by chance from now on; an empty one ends that."""
        self._weather = weather
        self._chance = random.Random(weather.seed)  # noqa: S311 - a storm that can be repeated

    def _by_chance(self, method: str) -> Fault | None:
        if not self._weather.shares or method.lower() != "sendmessage":
            return None
        weather, fate = self._weather, self._chance.random()
        for kind, share in weather.shares.items():
            fate -= share
            if fate < 0:
                return Fault(kind, seconds=weather.seconds, retry_after=weather.retry_after)
        return None

    def begin(self, method: str, chat_id: int | None, text: str | None, at: datetime) -> Call:
        """Record that a call came in; the caller fills in its end."""
        self._count += 1
        call = Call(n=self._count, method=method, chat_id=chat_id, at=at, text=text)
        self._calls.append(call)
        return call

    def calls(self, after: int = 0) -> Iterator[Call]:
        """Yield the calls numbered above `after`, oldest first."""
        return (call for call in self._calls if call.n > after)

    def reset(self) -> None:
        """Forget every fault and every call; numbering starts again at 1."""
        self._armed.clear()
        self.change_weather(Weather())
        self._calls.clear()
        self._count = 0
