"""A message centre and our transport to it, with a clock that does not let tests wait."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from uuid import uuid4

from runtime.clock import SystemClock
from sandbox.sms.smpp.centre import Centre, CentreSettings, run_centre
from services.notifier.channels.base import ChannelDownError
from services.notifier.channels.sms.smpp.options import SmppOptions, Timings
from services.notifier.channels.sms.smpp.transport import SmppTransport, open_smpp
from services.notifier.domain.incoming import Body, Incoming
from services.notifier.domain.results import Result

NUMBER, OTHER = "+380501112233", "+380672223344"
PASSWORD = CentreSettings().password
LONG = "Ваш документ готовий. " * 20
HASTE = 100.0
TIMINGS = Timings(connect=2.0, response=0.5, enquire=30.0, idle=60.0, poll=0.05)


class HastyClock(SystemClock):
    """A clock that runs a hundred times as fast: waits between tries are short."""

    def monotonic(self) -> float:
        """Return seconds that hurry."""
        return time.monotonic() * HASTE

    async def sleep(self, seconds: float) -> None:
        """Wait a hundredth."""
        await asyncio.sleep(seconds / HASTE)


@dataclass
class Smpp:
    """The centre and the transport."""

    centre: Centre
    transport: SmppTransport

    async def submit(self, text: str = "Готово", number: str = NUMBER) -> Result:
        """Submit a text."""
        return await self.transport.submit(number, text, uuid4())

    def shown(self, number: str = NUMBER) -> list[str]:
        """What a phone shows."""
        return [text.text for text in self.centre.texts.shown(number)]

    async def came(self, least: int = 1) -> list[Incoming]:
        """Take in what comes, and confirm it, until there is so much."""
        found: list[Incoming] = []
        async with asyncio.timeout(10):
            while len(found) < least:
                found += await self._polled()
                await self.transport.taken()
        return found

    async def came_unconfirmed(self) -> list[Incoming]:
        """Return all that was delivered by now, and confirm nothing."""
        # What was delivered before the answer to this is here before it.
        await self.submit(number=OTHER)
        return await self._polled()

    async def _polled(self) -> list[Incoming]:
        try:
            return list(await self.transport.poll())
        except ChannelDownError:
            return []


def bodies(incoming: Sequence[Incoming]) -> list[Body]:
    return [one.body for one in incoming]


def options_of(
    port: int, *, query: str = "", password: str = PASSWORD, timings: Timings = TIMINGS
) -> SmppOptions:
    options = SmppOptions.of(f"smpp://docwatch@127.0.0.1:{port}?{query}", password, "DOCS")
    return replace(options, timings=timings)


@asynccontextmanager
async def smpp(
    settings: CentreSettings | None = None,
    *,
    query: str = "",
    password: str = PASSWORD,
    timings: Timings = TIMINGS,
) -> AsyncIterator[Smpp]:
    """Open the transport to a centre of its own."""
    async with (
        run_centre(settings) as centre,
        open_smpp(
            options_of(centre.port, query=query, password=password, timings=timings), HastyClock()
        ) as one,
    ):
        yield Smpp(centre, one)
