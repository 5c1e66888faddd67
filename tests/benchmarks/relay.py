"""How soon a committed row of the outbox is in its stream: `python -m tests.benchmarks.relay`.

One row at a time with nothing else to do: from the commit's return to the acknowledgement, and beside it
nats-py's own `publish` of the same message. nats-server waits for the disk before it acknowledges, as on a
single machine.
"""

import argparse
import asyncio
import statistics
import time
from collections.abc import Sequence
from uuid import uuid4

import nats
import uvloop
from typing_extensions import override

from contracts.streams import OUTCOME_SUBJECT
from runtime.clock import SystemClock
from runtime.database.outbox import Outbox, Row
from runtime.database.postgres import open_pool, transaction
from runtime.messaging.stream_writer import (
    MESSAGE_ID,
    Outgoing,
    Stored,
    StreamWriter,
    Unknown,
)
from tests.benchmarks.kit import servers
from tests.benchmarks.latency import shown

WANTED_MS = 5.0
IDLE_SECONDS = 0.02
PAYLOAD = b"x" * 300


class Noting(StreamWriter):
    """Tells when the acknowledgements of a batch were there."""

    acknowledged: "asyncio.Future[float]"

    @override
    async def publish(self, messages: Sequence[Outgoing]) -> list[Stored | Unknown]:
        results = await super().publish(messages)
        assert all(isinstance(one, Stored) for one in results)
        if results:  # a sweep that found nothing publishes nothing
            self.acknowledged.set_result(time.perf_counter())
        return results


async def main(rows: int) -> None:
    """Measure and print."""
    clock, stop = SystemClock(), asyncio.Event()
    async with servers(sync_always=True) as running:
        client = await nats.connect(running.nats_url)
        js = client.jetstream()
        ours, raw = list[float](), list[float]()
        database = running.databases.url("tracker")
        async with open_pool(database, "tracker") as pool, asyncio.TaskGroup() as group:
            writer = Noting(client)
            outbox = Outbox(pool, writer, clock)
            group.create_task(outbox.run(stop))
            for _ in range(rows):
                writer.acknowledged = asyncio.get_running_loop().create_future()
                row = Row(uuid4(), OUTCOME_SUBJECT, PAYLOAD)
                async with transaction(pool) as connection:
                    await outbox.insert(connection, [row])
                committed = time.perf_counter()
                outbox.committed([row])
                ours.append(await writer.acknowledged - committed)
                await clock.sleep(IDLE_SECONDS)
                began = time.perf_counter()
                await js.publish(OUTCOME_SUBJECT, PAYLOAD, headers={MESSAGE_ID: str(uuid4())})
                raw.append(time.perf_counter() - began)
                await clock.sleep(IDLE_SECONDS)
            stop.set()
        await client.close()
    print("| | p50, ms | p99, ms | longest, ms |\n|---|---|---|---|")
    print(shown("commit to acknowledgement", sorted(ours)))
    print(shown("nats-py `publish`", sorted(raw)))
    ratio = statistics.median(ours) / statistics.median(raw)
    print(f"\n{ratio:.2f} times nats-py's own publish; at most {WANTED_MS:g} ms are wanted.")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=500)
    uvloop.run(main(parser.parse_args().rows))
