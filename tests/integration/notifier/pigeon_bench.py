"""A small messenger of the suite's own, which tells what became of messages: Telegram does not."""

from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID

from services.notifier.channels.base import Channel
from services.notifier.domain.incoming import (
    Blocked,
    Body,
    DeliveryReceipt,
    Incoming,
    Said,
    Started,
    Tapped,
    Unblocked,
)
from services.notifier.domain.messages import Message
from services.notifier.domain.results import (
    Accepted,
    AccountDown,
    Permanent,
    Result,
    Throttled,
    Unknown,
    Unreachable,
)
from tests.integration.notifier.channel_bench import WAIT_SECONDS, Bench, ReceiptStatus, Trouble
from tests.integration.notifier.quiet_channel import QuietChannel

# What goes wrong: the result, and whether the message arrives all the same.
TROUBLES: Mapping[Trouble, tuple[Result | None, bool]] = {
    "throttled": (Throttled(WAIT_SECONDS, "chat"), False),
    "blocked": (Unreachable("blocked"), False),
    "rejected": (Permanent("rejected", "no"), False),
    "unparseable": (Permanent("unparseable", "tag"), False),
    "stored_then_lost": (Unknown("reset"), True),
    "lost_before_stored": (Unknown("reset"), False),
    "no_answer": (Unknown("time-out"), True),
    "nonsense": (Unknown("nonsense"), False),
    "slow": (None, True),
    "account_refused": (AccountDown("token"), False),
}


@dataclass
class Home:
    """Where pigeons arrive: messages by reference, and whether the window is shut."""

    shown: dict[str, Message] = field(default_factory=dict)
    shut: bool = False


@dataclass
class Pigeons(QuietChannel):
    """The channel and its simulator in one."""

    homes: dict[str, Home] = field(default_factory=dict)
    troubles: list[Trouble] = field(default_factory=list)
    updates: list[Incoming] = field(default_factory=list)
    numbers: Counter[str] = field(default_factory=Counter)

    @property
    def name(self) -> str:
        """Return the channel's name."""
        return "pigeon"

    async def send(self, address: str, message: Message, key: UUID) -> Result:  # noqa: ARG002 - knows no copies
        """Fly, unless something is in the way."""
        home = self.homes.get(address)
        if home is None or home.shut:
            return Unreachable("not_found" if home is None else "blocked")
        result, arrives = TROUBLES[self.troubles.pop(0)] if self.troubles else (None, True)
        reference = message.replaces if message.replaces in home.shown else self.number("message")
        if arrives:
            home.shown[reference] = message
        return Accepted(reference) if result is None else result

    async def fetch(self, after: int | None, _: float) -> Sequence[Incoming]:
        """Return what came back."""
        return [one for one in self.updates if after is None or one.number > after]

    async def download(self, *_: object) -> bytes | None:
        """Pigeons carry no pictures."""
        return None

    async def acknowledge(self, tapped: Tapped) -> None:
        """Pigeons do not wait."""

    def number(self, what: str) -> str:
        """Return the next number of a kind."""
        self.numbers[what] += 1
        return str(self.numbers[what])

    def came(self, address: str, body: Body) -> None:
        """Let something come back from an address."""
        number, now = int(self.number("update")), datetime.now(UTC)
        self.updates.append(Incoming(str(number), address, private=True, language=None, at=now, body=body))


@dataclass(frozen=True)
class PigeonBench:
    """Pigeons, and the hands of the people at home."""

    pigeons: Pigeons = field(default_factory=Pigeons)

    @property
    def channel(self) -> Channel:
        """Return the pigeons."""
        return self.pigeons

    async def person(self) -> str:
        """Return a home."""
        address = self.pigeons.number("home")
        self.pigeons.homes[address] = Home()
        return address

    async def stranger(self) -> str:
        """Return no home."""
        return "nowhere"

    async def shown(self, address: str) -> list[str]:
        """Return what arrived."""
        messages = self.pigeons.homes[address].shown.values()
        return [one.shown for one in messages]

    async def protected(self, address: str) -> bool:
        """Look at the newest message."""
        return list(self.pigeons.homes[address].shown.values())[-1].private

    async def says(self, address: str, text: str) -> None:
        """Send a text back."""
        self.pigeons.came(address, Said(text))

    async def opens(self, address: str, payload: str) -> None:
        """Begin with a payload."""
        self.pigeons.came(address, Started(payload))

    async def taps(self, address: str, reference: str, data: str) -> None:
        """Tap a button."""
        self.pigeons.came(address, Tapped(data, reference, "q"))

    async def blocks(self, address: str, *, blocked: bool) -> None:
        """Shut or open the window."""
        self.pigeons.homes[address].shut = blocked
        self.pigeons.came(address, Blocked() if blocked else Unblocked())

    async def trouble(self, what: Trouble) -> None:
        """Put something in the way."""
        self.pigeons.troubles.append(what)

    async def tells(self, address: str, reference: str, status: ReceiptStatus) -> None:
        """Tell what became of a message."""
        self.pigeons.came(address, DeliveryReceipt(reference, status))


@asynccontextmanager
async def pigeon_bench() -> AsyncIterator[Bench]:
    """Open a loft of its own."""
    yield PigeonBench()
