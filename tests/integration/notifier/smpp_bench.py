"""SMS by the simulated message centre of SMPP as the suite of channels needs it."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from runtime.clock import SystemClock
from sandbox.sms.smpp.centre import Centre, CentreSettings, run_centre
from sandbox.sms.smpp.script import Fault
from services.notifier.channels.base import Channel
from services.notifier.channels.sms.opening import open_by_smpp
from services.notifier.channels.sms.smpp.transport import FIRST_WAIT
from services.notifier.domain.incoming import Incoming
from tests.integration.notifier.channel_bench import Bench, ReceiptStatus, Shown, Trouble
from tests.integration.notifier.smpp import TIMINGS, options_of

BAD_NUMBER = 0x0B
FAULTS: Mapping[Trouble, Fault] = {
    "throttled": Fault("status", status=0x58),
    "blocked": Fault("status", status=BAD_NUMBER),
    "rejected": Fault("status", status=0x66),
    # There is no markup that could be broken, only data.
    "unparseable": Fault("status", status=0x66),
    "stored_then_lost": Fault("store_then_drop"),
    "lost_before_stored": Fault("drop_before_store"),
    "no_answer": Fault("stored_silent"),
    "nonsense": Fault("garbage"),
    "slow": Fault("slow", seconds=0.1),
    "account_refused": Fault("status", status=0x0A),
}


@dataclass
class SmppBench:
    """The simulated centre with an account's channel."""

    channel: Channel
    centre: Centre
    people: int = 0
    told: int = 0
    pause: float = FIRST_WAIT
    markup: bool = False
    spared: frozenset[Trouble] = frozenset()

    async def person(self) -> str:
        """Return the number of somebody with a phone."""
        self.people += 1
        return f"+3806712300{self.people:02d}"

    async def stranger(self) -> str:
        """Return a number that nobody has."""
        self.centre.script.refused["+380679999999"] = BAD_NUMBER
        return "+380679999999"

    async def shown(self, address: str) -> list[Shown]:
        """Look at the phone."""
        return [Shown(one.text) for one in self.centre.texts.shown(address)]

    async def says(self, address: str, text: str) -> None:
        """Write a text."""
        await self.centre.say(address, text, wait=False)

    async def opens(self, address: str, payload: str) -> None:
        """Raise NotImplementedError: a link opens a page of ours."""
        raise NotImplementedError

    async def taps(self, address: str, reference: str, data: str) -> None:
        """Raise NotImplementedError: there are no buttons."""
        raise NotImplementedError

    async def blocks(self, address: str, *, blocked: bool) -> None:
        """Bar the sender at the operator, or let it in again."""
        if blocked:
            self.centre.script.refused[address] = BAD_NUMBER
        else:
            self.centre.script.refused.pop(address, None)

    async def trouble(self, what: Trouble) -> None:
        """Lay the fault that stands for it."""
        self.centre.script.lay(FAULTS[what])

    async def tells(self, address: str, reference: str, status: ReceiptStatus) -> None:
        """Deliver what became of a text."""
        (part,) = [one for one in self.centre.texts.parts if one.message_id == reference]
        assert address == part.number
        self.centre.tell(part, {"delivered": "DELIVRD", "failed": "UNDELIV"}[status])
        self.told += 1

    async def arrived(self) -> list[Incoming]:
        """Fetch what was told, and confirm it."""
        found: list[Incoming] = []
        after = None
        async with asyncio.timeout(10):
            while len(found) < self.told:
                found += await self.channel.fetch(after, 1.0)
                after = found[-1].number if found else None
            await self.channel.fetch(after, 1.0)
        self.told = 0
        return found


@asynccontextmanager
async def smpp_bench() -> AsyncIterator[Bench]:
    """Open the channel against a centre of its own."""
    async with run_centre(replace(CentreSettings(), receipts=False)) as centre:
        options = replace(options_of(centre.port), timings=TIMINGS)
        async with open_by_smpp(options, public_url="https://docs.example", clock=SystemClock()) as opened:
            yield SmppBench(opened.channel, centre)
