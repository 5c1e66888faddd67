"""The script of a test: faults of the gateway's calls that wait, and the record of every call."""

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, get_args

from sandbox.laid import Chance, Laid
from sandbox.sms.model import Json

FaultKind = Literal[
    "refused",
    "throttled",
    "failed_later",
    "lost_receipt",
    "doubled_receipt",
    "server_error",
    "bad_gateway_html",
    "store_then_drop",
    "drop_before_store",
    "hang",
    "slow",
    "truncated_json",
    "endless",
]
KINDS: tuple[FaultKind, ...] = get_args(FaultKind)
REMEMBERED_CALLS = 100_000


@dataclass(frozen=True, slots=True)
class Fault:
    """What shall go wrong with a call, when and how often; `http` and `code` are those of a refusal."""

    kind: FaultKind
    citizen_id: int | None = None
    nth: int = 1
    times: int = 1
    http: int = 400
    code: str = "bad_text"
    seconds: float = 1.0


@dataclass(slots=True)
class Call:
    """One request, without its key; `http` is None where no reply was sent."""

    n: int
    at: datetime
    to: str | None = None
    text: str | None = None
    unicode: bool | None = None
    reference: str | None = None
    http: int | None = None
    fault: FaultKind | None = None

    def as_json(self) -> Json:
        """Return the call as the script's API shows it."""
        fields = ("n", "to", "text", "unicode", "reference", "http", "fault")
        return {name: getattr(self, name) for name in fields}


@dataclass(frozen=True, slots=True)
class Weather:
    """What goes wrong by chance: the share of texts for each kind of fault, the same for the same seed."""

    shares: Mapping[FaultKind, float] = field(default_factory=dict)
    seed: int = 0
    seconds: float = 1.0


class Script:
    """Faults that are laid, and calls that came, in order."""

    def __init__(self) -> None:
        self.change_weather(Weather())
        self._faults = Laid(_matches)
        self._calls: deque[Call] = deque(maxlen=REMEMBERED_CALLS)
        self._count = 0

    def lay(self, fault: Fault) -> None:
        """Lay a fault."""
        self._faults.lay(fault)

    def strike(self, citizen_id: int | None) -> Fault | None:
        """Count a call and return the fault that meets it, if any."""
        return self._faults.strike(citizen_id) or self._by_chance()

    def change_weather(self, weather: Weather) -> None:
        """Have things go wrong by chance from now on; an empty one ends that."""
        self._weather = weather
        self._chance = Chance(weather.shares, weather.seed)

    def _by_chance(self) -> Fault | None:
        kind = self._chance.draw()
        return None if kind is None else Fault(kind, seconds=self._weather.seconds)

    def begin(self, at: datetime) -> Call:
        """Record that a call came in; the caller fills in the rest."""
        self._count += 1
        call = Call(self._count, at)
        self._calls.append(call)
        return call

    def calls(self, after: int = 0) -> Iterator[Call]:
        """Yield the calls numbered above `after`, oldest first."""
        return (call for call in self._calls if call.n > after)

    def reset(self) -> None:
        """Forget every fault and every call; numbering starts again at 1."""
        self._faults.clear()
        self.change_weather(Weather())
        self._calls.clear()
        self._count = 0


def _matches(fault: Fault, citizen_id: int | None) -> bool:
    return fault.citizen_id in {None, citizen_id}
