"""One stream or several for the same messages: `python -m tests.benchmarks.streams`.

The same messages go by four of the outbox's own writers into one stream, into two and into four, on one
server that waits for the disk and on a cluster of three. Rates and CPU of the servers a message: what a
partition of STAGES by application would gain.
"""

import argparse
import asyncio
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import nats
import nats.errors
import nats.js.errors
from nats.aio.client import Client
from nats.js.api import DiscardPolicy, StorageType, StreamConfig

from runtime.embedded import EmbeddedNats, NatsUser
from runtime.messaging.stream_writer import Outgoing, Stored, StreamWriter
from tests.benchmarks.kit import cpu_seconds
from tests.faults.cluster import cluster
from tests.waiting import until

MESSAGES, AT_ONCE, WRITERS = 10_000, 500, 4
BODY = b"x" * 600


@asynccontextmanager
async def servers(nodes: int) -> AsyncIterator[tuple[Client, Sequence[int]]]:
    """Run one server that waits for the disk, or a cluster; yield a connection and the process ids."""
    with tempfile.TemporaryDirectory(prefix="docwatch-bench-") as folder:
        if nodes == 1:
            user = NatsUser("bench", "bench")
            async with EmbeddedNats(Path(folder), users=[user]) as server:
                client = await nats.connect(server.url("bench"))
                yield client, [server.pid]
                await client.close()
            return
        async with cluster(Path(folder), nodes) as found:
            client = await until(lambda: _led(found.url, nodes), within=60, every=0.5)
            yield client, found.pids
            await client.close()


async def _led(url: str, nodes: int) -> Client | None:
    client = await nats.connect(url.split(","))
    with suppress(TimeoutError, nats.errors.Error, nats.js.errors.Error):
        await client.jetstream(timeout=2).add_stream(_config("TRY", nodes))
        await client.jetstream().delete_stream("TRY")
        return client
    await client.close()
    return None


def _config(name: str, nodes: int) -> StreamConfig:
    return StreamConfig(
        name=name,
        subjects=[f"bench.{name}"],
        storage=StorageType.FILE,
        discard=DiscardPolicy.NEW,
        num_replicas=nodes,
        allow_atomic=True,
    )


async def _round(
    client: Client, pids: Sequence[int], parts: int, nodes: int, turn: int
) -> tuple[float, float]:
    """Publish all into so many streams; return messages a second and CPU microseconds of the servers."""
    names = [f"PART_{turn}_{one}" for one in range(parts)]
    for name in names:
        await client.jetstream(timeout=20).add_stream(_config(name, nodes))
    writer = StreamWriter(client)

    async def publish(one: int) -> None:
        name = names[one % parts]
        for start in range(0, MESSAGES // WRITERS, AT_ONCE):
            batch = [
                Outgoing(f"bench.{name}", f"{one}-{number}", BODY) for number in range(start, start + AT_ONCE)
            ]
            while batch:  # on a busy machine an answer may not come in time: it is asked for again
                results = await writer.publish(batch)
                batch = [
                    sent for sent, told in zip(batch, results, strict=True) if not isinstance(told, Stored)
                ]

    before, started = sum(map(cpu_seconds, pids)), time.monotonic()
    await asyncio.gather(*(publish(one) for one in range(WRITERS)))
    seconds, used = time.monotonic() - started, sum(map(cpu_seconds, pids)) - before
    for name in names:
        await client.jetstream(timeout=20).delete_stream(name)
    return MESSAGES / seconds, used / MESSAGES * 1e6


async def streamed(nodes: int, rounds: int = 3) -> float:
    """Return how many messages a second one stream of so many copies takes, the median of some rounds."""
    async with servers(nodes) as (client, pids):
        return statistics.median(
            [(await _round(client, pids, 1, nodes, turn))[0] for turn in range(rounds + 1)][1:]
        )


async def main(rounds: int) -> None:
    """Measure and print."""
    print("| servers | streams | messages/s | ratio | CPU of the servers a message, us |")
    print("|---|---|---|---|---|")
    for nodes in (1, 3):
        found: dict[int, list[tuple[float, float]]] = {1: [], 2: [], 4: []}
        async with servers(nodes) as (client, pids):
            for turn in range(rounds + 1):
                for parts, taken in found.items():
                    one = await _round(client, pids, parts, nodes, turn)
                    if turn:
                        taken.append(one)
        base = statistics.median(rate for rate, _ in found[1])
        for parts, taken in found.items():
            rate, micros = (statistics.median(values) for values in zip(*taken, strict=True))
            print(f"| {nodes} | {parts} | {rate:,.0f} | {rate / base:.2f} | {micros:.0f} |")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=4)
    asyncio.run(main(parser.parse_args().rounds))
