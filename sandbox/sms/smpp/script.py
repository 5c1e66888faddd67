"""The script of a test: what goes wrong with requests and with receipts, and the record of every request."""

import asyncio
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, get_args

from sandbox.laid import Chance, Laid

FaultKind = Literal[
    "status",
    "nack",
    "silent",
    "stored_silent",
    "store_then_drop",
    "drop_before_store",
    "unbind",
    "slow",
    "receipt_first",
    "no_id",
    "garbage",
]
KINDS: tuple[FaultKind, ...] = get_args(FaultKind)
ReceiptFaultKind = Literal["duplicate", "lose", "delay"]
Command = Literal["bind", "submit", "enquire"]
REMEMBERED = 500_000


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong with a request, whose, when and how often; `status` is the answer of that kind."""

    kind: FaultKind
    number: str | None = None
    nth: int = 1
    times: int = 1
    command: Command = "submit"
    status: int = 0x58
    seconds: float = 0.1


@dataclass(frozen=True, slots=True)
class ReceiptFault:
    """What happens to a receipt: of one number where it is given."""

    kind: ReceiptFaultKind
    number: str | None = None
    nth: int = 1
    times: int = 1
    seconds: float = 0.1


@dataclass(slots=True)
class Call:
    """One request, without the password; `status` is None while there is no answer, or none was sent.

    `beside` is how many others waited for their answers when it came.
    """

    n: int
    command: Command
    at: datetime
    number: str | None = None
    content: bytes = b""
    status: int | None = None
    message_id: str | None = None
    fault: FaultKind | None = None
    beside: int = 0


@dataclass(frozen=True, slots=True)
class Weather:
    """What goes wrong by chance: the share of texts for each kind of fault, the same for the same seed."""

    shares: Mapping[FaultKind, float] = field(default_factory=dict)
    seed: int = 0
    seconds: float = 0.1
    status: int = 0x58


class Script:
    """Faults that are laid, and requests that came, in order."""

    def __init__(self) -> None:
        self.fates: dict[str, str] = {}
        """What the receipts of a number say, where that is not DELIVRD."""
        self.refused: dict[str, int] = {}
        """The status by which texts to a number are refused, for as long as it stands here."""
        self.counts: Counter[str] = Counter()
        self._faults = Laid(_matches)
        self._receipt_faults = Laid(_matches_receipt)
        self._calls: deque[Call] = deque(maxlen=REMEMBERED)
        self._news = asyncio.Event()
        self._begun = 0
        self._open = 0
        self.change_weather(Weather())

    def count(self, what: str) -> None:
        """Count something that happened."""
        self.counts[what] += 1
        self._news.set()

    async def until(self, condition: Callable[[], bool], within: float = 10.0) -> None:
        """Wait until a condition holds, looked at whenever something happened; TimeoutError."""
        async with asyncio.timeout(within):
            while not condition():
                self._news.clear()
                await self._news.wait()

    def lay(self, fault: Fault | ReceiptFault) -> None:
        """Lay a fault."""
        if isinstance(fault, Fault):
            self._faults.lay(fault)
        else:
            self._receipt_faults.lay(fault)

    def change_weather(self, weather: Weather) -> None:
        """Have things go wrong by chance from now on; an empty one ends that."""
        self._weather = weather
        self._chance = Chance(weather.shares, weather.seed)

    def strike(self, command: Command, number: str | None = None) -> Fault | None:
        """Count a request and return the fault that meets it, if any."""
        struck = self._faults.strike((command, number))
        if struck is not None or command != "submit":
            return struck
        kind, weather = self._chance.draw(), self._weather
        return None if kind is None else Fault(kind, status=weather.status, seconds=weather.seconds)

    def strike_receipt(self, number: str) -> ReceiptFault | None:
        """Count a receipt and return the fault that meets it, if any."""
        return self._receipt_faults.strike(number)

    def begin(self, command: Command, at: datetime) -> Call:
        """Record that a request came; the caller fills in the rest."""
        self._begun += 1
        self.count(command)
        call = Call(self._begun, command, at, beside=self._open)
        self._open += 1
        self._calls.append(call)
        return call

    def end(self, call: Call, status: int) -> None:
        """Record the answer to a request."""
        self._open -= 1
        call.status = status

    def calls(self, command: Command | None = None) -> Iterator[Call]:
        """Yield the requests, oldest first."""
        return (call for call in self._calls if command in {None, call.command})


def _matches(fault: Fault, request: tuple[Command, str | None]) -> bool:
    command, number = request
    return fault.command == command and fault.number in {None, number}


def _matches_receipt(fault: ReceiptFault, number: str) -> bool:
    return fault.number in {None, number}
