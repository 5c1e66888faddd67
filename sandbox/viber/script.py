"""The script of a test: faults of calls and of callbacks that wait, and the record of every call."""

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, get_args

from sandbox.laid import Chance, Laid
from sandbox.viber.world.model import EventName, Json

FaultKind = Literal[
    "status",
    "failed_later",
    "server_error",
    "stored_server_error",
    "bad_gateway_html",
    "store_then_drop",
    "drop_before_store",
    "reset",
    "hang",
    "slow",
    "truncated_json",
]
KINDS: tuple[FaultKind, ...] = get_args(FaultKind)
CallbackFaultKind = Literal["duplicate", "delay", "swap", "lose"]
CALLBACK_KINDS: tuple[CallbackFaultKind, ...] = get_args(CallbackFaultKind)
REMEMBERED_CALLS = 500_000


@dataclass(frozen=True, slots=True)
class Fault:
    """What shall go wrong with a call, where, when and how often; `status` is the answer of that kind."""

    kind: FaultKind
    citizen_id: int | None = None
    nth: int = 1
    times: int = 1
    method: str = "send_message"
    status: int = 12
    seconds: float = 1.0


@dataclass(frozen=True, slots=True)
class CallbackFault:
    """What shall happen to a callback: of one event and one citizen where they are given."""

    kind: CallbackFaultKind
    event: EventName | None = None
    citizen_id: int | None = None
    nth: int = 1
    times: int = 1
    seconds: float = 1.0


@dataclass(slots=True)
class Call:
    """One request, without its token.

    `status` is the REST API's own number, `http` the HTTP status; both None while it runs and where no
    reply was sent. `token` and `billing` are those of the message that was stored.
    """

    n: int
    method: str
    at: datetime
    receiver: str | None = None
    citizen_id: int | None = None
    text: str | None = None
    status: int | None = None
    http: int | None = None
    token: int | None = None
    billing: int | None = None
    fault: FaultKind | None = None

    def as_json(self) -> Json:
        """Return the call as the script API shows it; optional parts only where they exist."""
        shown: Json = {
            "n": self.n,
            "method": self.method,
            "at": self.at.isoformat(),
            "citizen_id": self.citizen_id,
            "status": self.status,
            "http": self.http,
        }
        optional = {
            "receiver": self.receiver,
            "text": self.text,
            "message_token": self.token,
            "billing_status": self.billing,
            "fault": self.fault,
        }
        return shown | {name: value for name, value in optional.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Weather:
    """What goes wrong by chance: the share of messages for each kind of fault, the same for the same seed."""

    shares: Mapping[FaultKind, float] = field(default_factory=dict)
    seed: int = 0
    seconds: float = 1.0
    status: int = 12


class Script:
    """Faults that are laid, and calls that came, in order."""

    def __init__(self) -> None:
        self.change_weather(Weather())
        self._faults = Laid(_matches)
        self._callback_faults = Laid(_matches_callback)
        self._calls: deque[Call] = deque(maxlen=REMEMBERED_CALLS)
        self._count = 0

    def lay(self, fault: Fault) -> None:
        """Lay a fault of a call."""
        self._faults.lay(fault)

    def lay_callback(self, fault: CallbackFault) -> None:
        """Lay a fault of a callback."""
        self._callback_faults.lay(fault)

    def strike(self, method: str, citizen_id: int | None) -> Fault | None:
        """Count a call and return the fault that meets it, if any."""
        return self._faults.strike((method, citizen_id)) or self._by_chance(method)

    def strike_callback(self, event: EventName, citizen_id: int) -> CallbackFault | None:
        """Count a callback and return the fault that meets it, if any."""
        return self._callback_faults.strike((event, citizen_id))

    def change_weather(self, weather: Weather) -> None:
        """Have things go wrong by chance from now on; an empty one ends that."""
        self._weather = weather
        self._chance = Chance(weather.shares, weather.seed)

    def _by_chance(self, method: str) -> Fault | None:
        if method != "send_message":
            return None
        kind, weather = self._chance.draw(), self._weather
        return None if kind is None else Fault(kind, status=weather.status, seconds=weather.seconds)

    def begin(self, method: str, at: datetime) -> Call:
        """Record that a call came in; the caller fills in the rest."""
        self._count += 1
        call = Call(self._count, method, at)
        self._calls.append(call)
        return call

    def calls(self, after: int = 0) -> Iterator[Call]:
        """Yield the calls numbered above `after`, oldest first."""
        return (call for call in self._calls if call.n > after)

    def reset(self) -> None:
        """Forget every fault and every call; numbering starts again at 1."""
        self._faults.clear()
        self._callback_faults.clear()
        self.change_weather(Weather())
        self._calls.clear()
        self._count = 0


def _matches(fault: Fault, call: tuple[str, int | None]) -> bool:
    method, citizen_id = call
    return fault.method == method and fault.citizen_id in {None, citizen_id}


def _matches_callback(fault: CallbackFault, callback: tuple[EventName, int]) -> bool:
    event, citizen_id = callback
    return fault.event in {None, event} and fault.citizen_id in {None, citizen_id}
