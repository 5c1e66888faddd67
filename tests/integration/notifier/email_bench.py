"""E-mail and a real server of mail as the suite of channels needs them."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from runtime.keyring import KeyRing
from sandbox.app import run_sandbox
from sandbox.clients.email import EmailClient, email_client
from sandbox.clients.telegram import SandboxClient, sandbox_client
from sandbox.settings import SandboxSettings
from services.notifier.channels.base import Channel
from services.notifier.channels.email.addresses import mailbox_of
from services.notifier.channels.email.channel import EmailChannel
from services.notifier.channels.email.connections import Connections, Timeouts
from services.notifier.channels.email.letter import Names, Stationery
from services.notifier.channels.email.marks import PURPOSE, Marks
from services.notifier.channels.email.server import Server
from services.notifier.channels.email.statuses import LATER_SECONDS
from services.notifier.channels.email.webhook import BouncePosts
from services.notifier.domain.incoming import Incoming
from tests.integration.notifier.channel_bench import Bench, ReceiptStatus, Shown, Trouble
from tests.integration.notifier.world import CLOCK

FROM = "documents@agency.example"
FAULTS: Mapping[Trouble, Mapping[str, Any]] = {
    "throttled": {"fault": "refuse", "command": "rcpt", "code": 450, "text": "4.2.0 greylisted"},
    "blocked": {"fault": "refuse", "command": "rcpt", "code": 550, "text": "5.2.1 mailbox disabled"},
    "rejected": {"fault": "refuse", "code": 554, "text": "5.7.1 refused by policy"},
    "unparseable": {"fault": "refuse", "code": 554, "text": "5.6.0 not a letter that can be read"},
    "stored_then_lost": {"fault": "store_then_drop"},
    "lost_before_stored": {"fault": "drop"},
    "no_answer": {"fault": "store_then_hang", "seconds": 5.0},
    "nonsense": {"fault": "nonsense"},
    "slow": {"fault": "slow", "seconds": 0.1},
    "account_refused": {"fault": "refuse", "command": "mail", "code": 530, "text": "5.7.0 log in first"},
}


def marks_of(bounces: str | None = "bounces@agency.example", key: bytes = b"k" * 32) -> Marks:
    """Return marks under a key of the tests."""
    return Marks(KeyRing([("a", key)], PURPOSE), "agency.example", bounces)


def stationery(marks: Marks | None = None) -> Stationery:
    """Return what all letters of the tests have in common."""
    names = {
        "uk": Names("Державна служба", "Більше не надсилати"),
        "en": Names("The Agency", "Stop these letters"),
    }
    return Stationery(mailbox_of(FROM), names, "uk", marks or marks_of())


@dataclass
class EmailBench:
    """The provider of mail with an account's channel."""

    channel: Channel
    phones: SandboxClient
    app: EmailClient
    posts: BouncePosts
    citizens: dict[str, int] = field(default_factory=dict)
    came: list[Incoming] = field(default_factory=list)
    pause: float = LATER_SECONDS
    markup: bool = True
    spared: frozenset[Trouble] = frozenset()

    async def person(self) -> str:
        """Return somebody with a mailbox."""
        citizen = await self.phones.create_citizen("Olena", "uk")
        address = await self.app.address(citizen)
        self.citizens[address] = citizen
        return address

    async def stranger(self) -> str:
        """Return nobody."""
        return "nobody@mail.example"

    async def shown(self, address: str) -> list[Shown]:
        """Look into the mailbox."""
        letters = await self.app.messages(self.citizens[address])
        return [
            Shown(one["said"], file=next((file["text"] for file in one["files"]), None)) for one in letters
        ]

    async def says(self, address: str, text: str) -> None:
        """Nobody answers letters."""
        raise NotImplementedError

    async def opens(self, address: str, payload: str) -> None:
        """People begin on our page."""
        raise NotImplementedError

    async def taps(self, address: str, reference: str, data: str) -> None:
        """There are no buttons."""
        raise NotImplementedError

    async def blocks(self, address: str, *, blocked: bool) -> None:
        """Close the mailbox, or open it."""
        await self.app.close(self.citizens[address], closed=blocked)

    async def trouble(self, what: Trouble) -> None:
        """Lay the fault that stands for it."""
        await self.app.lay_fault(**FAULTS[what])

    async def tells(self, address: str, reference: str, status: ReceiptStatus) -> None:
        """Have the server report that the letter could not be delivered."""
        assert status == "failed"
        (letter,) = [
            one
            for one in await self.app.messages(self.citizens[address])
            if one["head"]["message-id"] == reference
        ]
        self.came += self.posts.read(await self.app.report(letter["message_id"]))

    async def arrived(self) -> list[Incoming]:
        """Return what came back."""
        found, self.came = self.came, []
        return found


@asynccontextmanager
async def email_bench() -> AsyncIterator[Bench]:
    """Open the channel against a provider of its own."""
    marks = marks_of()
    posts = BouncePosts("http://127.0.0.1/email/bounces", "secret", marks, CLOCK)
    async with (
        run_sandbox(SandboxSettings(port=0)) as base,
        sandbox_client(base) as phones,
        email_client(base) as app,
    ):
        server = Server("127.0.0.1", await app.port(), "none")
        connections = Connections(server, CLOCK, most=4, timeouts=Timeouts(2.0, 2.0, 0.5))
        async with EmailChannel.open(
            connections,
            stationery(marks),
            CLOCK,
            public_url="http://127.0.0.1",
            domain_rate=1000.0,
            posted=True,
        ) as channel:
            yield EmailBench(channel, phones, app, posts)
