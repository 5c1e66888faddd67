"""The suite's own messenger as the suite of channels needs it, with capabilities of every kind."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from services.notifier.channels.base import Capabilities, Channel
from services.notifier.domain.incoming import Incoming
from tests.integration.notifier.channel_bench import WAIT_SECONDS, Bench, ReceiptStatus, Shown, Trouble
from tests.integration.notifier.fake_channel import SIGNATURE, FakeChannel, FakePosts, signature
from tests.integration.notifier.fake_messenger import FakeMessenger, Fault, Phone
from tests.integration.notifier.quiet_channel import EVERYTHING

PROFILES: Mapping[str, Capabilities] = {
    "everything": EVERYTHING,
    "no buttons": replace(EVERYTHING, buttons=False, receipts=frozenset()),
    "no edits": replace(EVERYTHING, edits=False, updates=frozenset({"webhook"}), paid=True),
    "tiny": replace(EVERYTHING, longest=60, caption=0, private=False, receipts=frozenset({"failed"})),
    "bare": replace(
        EVERYTHING,
        longest=160,
        caption=0,
        buttons=False,
        edits=False,
        pictures=False,
        private=False,
        receipts=frozenset({"delivered", "failed"}),
        updates=frozenset({"webhook"}),
        paid=True,
    ),
    "only tells": replace(
        EVERYTHING,
        caption=0,
        buttons=False,
        edits=False,
        pictures=False,
        receipts=frozenset(),
        converses=False,
        updates=frozenset(),
        paid=True,
    ),
}
FAULTS: Mapping[Trouble, Fault] = {
    "throttled": "too fast",
    "blocked": "no entry",
    "rejected": "refused",
    "unparseable": "bad emphasis",
    "stored_then_lost": "stored, then reset",
    "lost_before_stored": "reset",
    "no_answer": "stored, then silent",
    "nonsense": "garbage",
    "slow": "none",
    "account_refused": "wrong key",
}


@dataclass
class FakeBench:
    """The messenger, and the hands of its people."""

    fake: FakeChannel
    number: int = 0
    taken: int = 0
    pause: float = WAIT_SECONDS
    markup: bool = True
    spared: frozenset[Trouble] = frozenset()

    @property
    def channel(self) -> Channel:
        """Return the channel."""
        return self.fake

    async def person(self) -> str:
        """Return somebody with a phone."""
        address = f"p{len(self.fake.messenger.phones)}"
        self.fake.messenger.phones[address] = Phone()
        return address

    async def stranger(self) -> str:
        """Return nobody."""
        return "nowhere"

    async def shown(self, address: str) -> list[Shown]:
        """Look at the phone."""
        return [
            Shown(
                "".join(text for text, _ in one["text"]),
                tuple(data for _, data in one["buttons"]),
                one["file"],
                protected=one["private"],
            )
            for one in self.fake.messenger.phones[address].messages.values()
        ]

    async def says(self, address: str, text: str) -> None:
        """Write."""
        self._came(address, "said", text)

    async def opens(self, address: str, payload: str) -> None:
        """Open a link."""
        self._came(address, "opened", payload)

    async def taps(self, address: str, reference: str, data: str) -> None:
        """Tap a button."""
        self._came(address, "tapped", data, reference)

    async def blocks(self, address: str, *, blocked: bool) -> None:
        """Shut us out or let us in."""
        self.fake.messenger.phones[address].shut = blocked
        self._came(address, "shut" if blocked else "let in")

    async def trouble(self, what: Trouble) -> None:
        """Lay what stands for it."""
        self.fake.messenger.faults.append(FAULTS[what])

    async def tells(self, address: str, reference: str, status: ReceiptStatus) -> None:
        """Tell what became of a message."""
        self._came(address, status, reference)

    async def arrived(self) -> list[Incoming]:
        """Take in what came, fetched or posted."""
        if "polling" in self.fake.capabilities.updates:
            found = list(await self.fake.fetch(self.taken, 0))
            self.taken = max((one.number for one in found), default=self.taken)
            return found
        posts, bodies = FakePosts(), list(self.fake.posted)
        self.fake.posted.clear()
        assert all(posts.signed({SIGNATURE: signature(body)}, body) for body in bodies)
        return [one for body in bodies for one in posts.read(body)]

    def _came(self, address: str, kind: str, *details: str) -> None:
        self.number += 1
        self.fake.came(self.number, address, kind, *details)


@asynccontextmanager
async def fake_bench(able: Capabilities) -> AsyncIterator[Bench]:
    """Open the channel to a messenger with these capabilities."""
    yield FakeBench(FakeChannel(FakeMessenger(able)))
