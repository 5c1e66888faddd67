"""The script of a test: faults that wait for their call, and the record of every call that came.

A fault matches the calls of its method and chat, `cant_parse` only those with a parse mode.
"""

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, get_args

from sandbox.laid import Chance, Laid
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
        self._laid = Laid(_matches)
        self._calls: deque[Call] = deque(maxlen=REMEMBERED_CALLS)
        self._count = 0

    def lay(self, fault: Fault) -> None:
        """Arm a fault."""
        self._laid.lay(fault)

    def strike(self, method: str, chat_id: int | None, *, parse_mode: bool) -> Fault | None:
        """Count a call and return the fault that meets it, if any."""
        return self._laid.strike((method, chat_id, parse_mode)) or self._by_chance(method)

    def change_weather(self, weather: Weather) -> None:
        """Have things go wrong by chance from now on; an empty one ends that."""
        self._weather = weather
        self._chance = Chance(weather.shares, weather.seed)

    def _by_chance(self, method: str) -> Fault | None:
        if method.lower() != "sendmessage":
            return None
        kind, weather = self._chance.draw(), self._weather
        return None if kind is None else Fault(kind, seconds=weather.seconds, retry_after=weather.retry_after)

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
        self._laid.clear()
        self.change_weather(Weather())
        self._calls.clear()
        self._count = 0


def _matches(fault: Fault, call: tuple[str, int | None, bool]) -> bool:
    method, chat_id, parse_mode = call
    if fault.method.lower() != method.lower() or fault.chat_id not in (None, chat_id):
        return False
    return parse_mode or fault.kind != "cant_parse"
