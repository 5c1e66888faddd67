"""The tracker against the raw limit: `python -m tests.benchmarks.tracker [--profile]`.

Both take the same events in, each of which is told to one person, from a stream that holds them all at the
start: a backlog, as after an outage. Each has servers of its own.
"""

import argparse
import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

import asyncpg
import nats
from nats.aio.client import Client

from contracts.catalogue import load_catalogue
from contracts.streams import STAGE_SUBJECT, TRACKER_STAGES
from runtime.clock import SystemClock
from runtime.embedded import ports
from runtime.messaging import stream_writer
from runtime.messaging.stream_writer import Outgoing, Stored
from tests.benchmarks import town
from tests.benchmarks.comparing import compare
from tests.benchmarks.installation import LIFTED
from tests.benchmarks.kit import (
    CATALOGUE,
    ROUNDS,
    Sample,
    Servers,
    Timed,
    in_turns,
    measured,
    program,
    servers,
    service,
)
from tests.benchmarks.profiling import profiled
from tests.waiting import until

COMMAND = "python -m tests.benchmarks.tracker"
TAKEN = "SELECT count(*) FROM tracker.event"
WAITING = "SELECT count(*) FROM tracker.outbox"


@dataclass
class Side:
    """One side's servers, the applications of its town and how often each has been told of."""

    servers: Servers
    client: Client
    admin: "asyncpg.Connection[asyncpg.Record]"
    applications: list[tuple[str, str]]
    rounds: int = 0
    published: int = 0
    pids: dict[str, int] = field(default_factory=dict)

    async def fill(self) -> int:
        """Publish one stage of every application; return how many events there are."""
        stage = town.STAGES[self.rounds % len(town.STAGES)]
        self.rounds += 1
        messages = []
        for key, masked in self.applications:
            self.published += 1
            name = f"{self.published}"
            messages.append(
                Outgoing(STAGE_SUBJECT, name, town.stage_event(key, masked, name, stage).encoded())
            )
        for start in range(0, len(messages), 1000):
            results = await stream_writer.StreamWriter(self.client).publish(messages[start : start + 1000])
            assert all(isinstance(one, Stored) for one in results)
        return len(messages)

    async def taken(self) -> bool:
        """Tell whether everything published has had its effect, is said and is acknowledged."""
        if await self.admin.fetchval(TAKEN) < self.published or await self.admin.fetchval(WAITING):
            return False
        info = await self.client.jetstream().consumer_info(TRACKER_STAGES.stream, TRACKER_STAGES.durable)
        return not info.num_pending and not info.num_ack_pending


@asynccontextmanager
async def side(people: int) -> AsyncIterator[Side]:
    """Run servers with so many followed applications."""
    async with servers() as running:
        own = running.settings("tracker")
        here = town.people(people)
        keys = town.Keys(own["ENCRYPTION_KEYS"], own["PEPPER"])
        await town.settle(running.databases.admin, CATALOGUE, keys, here)
        admin = await asyncpg.connect(running.databases.admin)
        rows = await admin.fetch("SELECT application_key, masked FROM tracker.application")
        client = await nats.connect(running.nats_url)
        pids = {"nats": running.nats.pid, "postgres": running.postgres.pid}
        yield Side(running, client, admin, [tuple(row) for row in rows], pids=pids)
        await client.close()
        await admin.close()


async def main(chosen: argparse.Namespace) -> None:
    """Measure and print."""
    clock = SystemClock()
    load_catalogue(CATALOGUE)
    async with AsyncExitStack() as stack:
        limit = await stack.enter_async_context(side(chosen.people))
        found = await stack.enter_async_context(side(chosen.people))
        settings = {**found.servers.settings("tracker"), **LIFTED}
        running = service("tracker", settings, ports.pick("127.0.0.1"))
        found.pids["tracker"] = await stack.enter_async_context(running)

        async def raw(_: int) -> Sample:
            events = await limit.fill()

            async def work() -> Timed:
                took = await program(
                    "tracker_raw",
                    *(str(events), str(chosen.batch)),
                    BENCH_NATS_URL=limit.servers.nats_url,
                    BENCH_DATABASE_URL=limit.servers.databases.url("tracker"),
                )
                return Timed(took["seconds"], {"tracker": took["cpu"]})

            return await measured(work, events, limit.pids)

        async def ours(_: int) -> Sample:
            os.kill(found.pids["tracker"], signal.SIGSTOP)
            events = await found.fill()

            async def work() -> Timed:
                began = clock.monotonic()
                os.kill(found.pids["tracker"], signal.SIGCONT)
                await until(found.taken, within=300, every=0.02)
                return Timed(clock.monotonic() - began)

            return await measured(work, events, found.pids)

        if chosen.profile:
            await ours(0)
            async with profiled(found.pids["tracker"], 10, top=50):
                for number in range(1, 4):
                    await ours(number)
            return
        samples = await in_turns({"raw": raw, "tracker": ours}, chosen.rounds)
    print(compare("Tracker, full effect, a backlog", samples, command=COMMAND, bar=0.7).markdown())


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=10_000, help="events a round")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--batch", type=int, default=500, help="events a batch of the raw limit")
    parser.add_argument("--profile", action="store_true", help="print the share of CPU by function instead")
    asyncio.run(main(parser.parse_args()))
