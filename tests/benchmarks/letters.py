"""Letters a second through the channel, and through aiosmtplib alone: `python -m tests.benchmarks.letters`.

Both hand letters over to the same server (aiosmtpd, a process of its own that keeps nothing), over as many
kept connections, in turns. aiosmtplib alone sends one letter that was made before, the channel makes each:
with subject, text, HTML, links and a name of its own, and with `--sign` signed by a key of RSA.
"""

import argparse
import asyncio
import statistics
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from uuid import UUID, uuid4

import uvloop
from aiosmtpd import smtp
from aiosmtplib import SMTP
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key

from runtime.clock import SystemClock
from runtime.embedded import ports
from services.notifier.channels.email.addresses import mailbox_of
from services.notifier.channels.email.channel import EmailChannel
from services.notifier.channels.email.connections import Connections
from services.notifier.channels.email.server import Server as Place
from services.notifier.channels.email.signing import Signer
from services.notifier.domain.messages import Button, Message
from services.notifier.domain.results import Accepted
from services.notifier.wording.markup import bold, literal
from tests.integration.notifier.email_bench import FROM, stationery
from tests.waiting import until

HOST = "127.0.0.1"
TO = "citizen.1@mail.example"
WANTED = 0.5
MESSAGE = Message(
    (*bold("Паспорт громадянина України для виїзду за кордон"), *literal("\nГотовий до видачі. " * 40)),
    ((Button("На карті", url="https://m.example/7"),), (Button("Відкрити", url="https://d.example/"),)),
    subject="Паспорт для виїзду за кордон: готовий до видачі",
    thread="0" * 32,
    unsubscribe="https://d.example/u/0123456789abcdefghijkl",
    language="uk",
)


class Sink:
    """Takes every letter and keeps none."""

    async def handle_DATA(self, server: smtp.SMTP, session: smtp.Session, envelope: smtp.Envelope) -> str:  # noqa: N802 - named by the library
        """Say that it was taken."""
        del server, session, envelope
        return "250 OK"


async def serve(port: int) -> None:
    """Take letters until killed."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: smtp.SMTP(Sink(), hostname="sink", loop=loop), HOST, port)
    await server.serve_forever()


async def _serves(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection(HOST, port)
    except OSError:
        return False
    writer.close()
    return True


@asynccontextmanager
async def sink() -> AsyncIterator[int]:
    """Run the server as a process of its own; hand out its port."""
    port = ports.pick(HOST)
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", __spec__.name, "--serve", str(port))
    try:
        await until(lambda: _serves(port), within=60)
        yield port
    finally:
        process.kill()
        await process.wait()


async def timed(count: int, at_once: int, send: Callable[[int], Awaitable[None]]) -> tuple[float, float]:
    """Send so many; return letters a second and the CPU of this process a letter, in microseconds."""
    left = iter(range(count))

    async def sender(number: int) -> None:
        for _ in left:
            await send(number)

    began, used = time.perf_counter(), time.process_time()
    await asyncio.gather(*(sender(number) for number in range(at_once)))
    spent = time.perf_counter() - began
    return count / spent, (time.process_time() - used) / count * 1e6


async def main(letters: int, at_once: int, rounds: int, *, sign: bool) -> bool:
    """Measure and print; return whether the bar is held."""
    clock, common, to = SystemClock(), stationery(), mailbox_of(TO)
    made = common.letter(MESSAGE, to, UUID(int=1), clock.now())
    signer = Signer("agency.example", "bench", generate_private_key(65537, 2048)) if sign else None
    raw, ours = list[tuple[float, float]](), list[tuple[float, float]]()
    async with sink() as port:
        clients = [SMTP(hostname=HOST, port=port, start_tls=False) for _ in range(at_once)]
        for client in clients:
            await client.connect()
        connections = Connections(Place(HOST, port, "none"), clock, most=at_once, most_letters=10**9)
        async with EmailChannel.open(
            connections, common, clock, public_url="https://d.example", domain_rate=1e6, signer=signer
        ) as channel:

            async def alone(number: int) -> None:
                await clients[number].sendmail(FROM, [TO], made)

            async def through(_: int) -> None:
                assert isinstance(await channel.send(TO, MESSAGE, uuid4()), Accepted)

            for _ in range(rounds):
                raw.append(await timed(letters, at_once, alone))
                ours.append(await timed(letters, at_once, through))
        for client in clients:
            client.close()
    ratios = [mine / theirs for (mine, _), (theirs, _) in zip(ours, raw, strict=True)]
    print(
        f"{letters} letters of {len(made)} bytes a round, {at_once} connections, {rounds} rounds in turns\n"
    )
    print("| | letters/s | CPU a letter, us |\n|---|---|---|")
    for name, found in (("aiosmtplib alone, one letter made before", raw), ("the channel", ours)):
        rate, cpu = (statistics.median(one[place] for one in found) for place in (0, 1))
        print(f"| {name} | {rate:,.0f} | {cpu:,.0f} |")
    held = statistics.median(ratios) >= WANTED
    print(
        f"\nratio {statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f}), wanted {WANTED}"
    )
    return held


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--letters", type=int, default=2000)
    parser.add_argument("--at-once", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--sign", action="store_true")
    parser.add_argument("--serve", type=int, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.serve is not None:
        uvloop.run(serve(chosen.serve))
    else:
        done = uvloop.run(main(chosen.letters, chosen.at_once, chosen.rounds, sign=chosen.sign))
        raise SystemExit(not done)
