"""Texts handed over to a message centre: `python -m tests.benchmarks.smpp_raw SIDE PORT TEXTS WINDOW`.

SIDE is `smpp34`, the library's own client alone, or `transport`, ours. `centre` runs the simulated centre
instead, without receipts, until its standard input ends; the port is the first that it prints.
"""

import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from uuid import UUID

import smpp34
import structlog
import uvloop

from runtime.clock import SystemClock
from sandbox.sms.smpp.centre import CentreSettings, run_centre
from services.notifier.channels.sms.smpp.options import SmppOptions
from services.notifier.channels.sms.smpp.transport import open_smpp
from services.notifier.domain.results import Accepted

SETTINGS = CentreSettings(receipts=False)
TEXT = "Your document is ready: https://docs.agency.example/r/sms/AbCdEf"
NUMBER = "+380501112233"


async def centre() -> None:
    """Run the centre."""
    async with run_centre(SETTINGS) as opened:
        print(opened.port, flush=True)
        await asyncio.to_thread(sys.stdin.read)


async def in_window(count: int, window: int, submit: Callable[[int], Awaitable[None]]) -> dict[str, float]:
    """Hand over so many texts, so many at once; return the seconds and the CPU seconds that took."""

    async def some(numbers: Iterator[int]) -> None:
        for number in numbers:
            await submit(number)

    numbers = iter(range(count))
    started, used = time.perf_counter(), time.process_time()
    await asyncio.gather(*(some(numbers) for _ in range(window)))
    return {"seconds": time.perf_counter() - started, "cpu": time.process_time() - used}


async def by_library(port: int, count: int, window: int) -> dict[str, float]:
    """Use the library's client."""
    client = smpp34.Client("127.0.0.1", port, SETTINGS.system_id, SETTINGS.password, window_size=window)
    session = await client.connect()
    content = TEXT.encode()

    async def submit(_: int) -> None:
        answer = await session.submit_sm(
            NUMBER[1:], content, source_addr="DOCS", source_addr_ton=5, registered_delivery=1
        )
        assert answer.is_success

    took = await in_window(count, window, submit)
    await session.unbind()
    return took


async def by_transport(port: int, count: int, window: int) -> dict[str, float]:
    """Use our transport."""
    url = f"smpp://{SETTINGS.system_id}@127.0.0.1:{port}?window={window}"
    async with open_smpp(SmppOptions.of(url, SETTINGS.password, "DOCS"), SystemClock()) as transport:

        async def submit(number: int) -> None:
            assert isinstance(await transport.submit(NUMBER, TEXT, UUID(int=number)), Accepted)

        return await in_window(count, window, submit)


async def main(side: str, *arguments: str) -> None:
    """Do what is asked for and print what it took."""
    if side == "centre":
        await centre()
        return
    port, count, window = map(int, arguments)
    work = by_library if side == "smpp34" else by_transport
    print(json.dumps(await work(port, count, window)))


if __name__ == "__main__":
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    uvloop.run(main(*sys.argv[1:]))
