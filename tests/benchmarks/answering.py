"""A desk with 10,000 open conversations and 50 staff: `python -m tests.benchmarks.answering`.

Prints how long a page of the queue, the first that fits, a whole conversation, a search and the wall take,
and how long after the call an answer is in its stream, at so many answers a second.
"""

import argparse
import asyncio
import statistics
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from random import Random
from uuid import UUID, uuid4

import nats
from nats.aio.msg import Msg

from contracts.messages.desk.talk import DESK_REPLY, AnyTalk
from contracts.streams import REPLY_SUBJECT
from runtime.clock import SystemClock
from runtime.database.outbox import Outbox
from runtime.database.postgres import open_pool
from runtime.logs import configure
from runtime.messaging.stream_writer import StreamWriter
from services.desk.conversations.views import Held
from services.desk.domain.viewers import Viewer
from tests.benchmarks.kit import servers
from tests.integration.desk.people import Desk

STAFF, BATCH, CALLS, PAGE = 50, 200, 300, 50
SKILLS: Sequence[dict[str, object]] = (
    {},
    {"languages": {"uk"}},
    {"languages": {"en"}, "topics": {"id_card"}},
)
LANGUAGES, DOCUMENTS = ("uk", "ru", "en"), ("foreign_passport", "id_card", None)


async def fill(desk: Desk, count: int, random: Random) -> None:
    """Have so many conversations wait."""
    for first in range(0, count, BATCH):
        messages: list[AnyTalk] = []
        for _ in range(min(BATCH, count - first)):
            desk.clock.go(timedelta(milliseconds=100))
            talks = desk.talks()
            about = {"language": random.choice(LANGUAGES), "document": random.choice(DOCUMENTS)}
            messages += [
                talks.opened("Де мій паспорт?", actionable=random.random() < 0.1, **about),
                talks.said("Подавала документи у вересні, і досі нічого."),
            ]
        await desk.take(*messages)


async def timed(call: Callable[[], Awaitable[object]]) -> float:
    """Return how many milliseconds a call takes."""
    clock = SystemClock()
    started = clock.monotonic()
    await call()
    return (clock.monotonic() - started) * 1000


def row(what: str, took: Sequence[float]) -> str:
    """Return one row of the table."""
    shares = statistics.quantiles(took, n=100, method="inclusive")
    return f"| {what} | {statistics.median(took):.1f} | {shares[98]:.1f} | {max(took):.1f} |"


async def answers(
    desk: Desk, staff: Sequence[Viewer], rate: float, count: int, arrived: dict[UUID, float]
) -> list[float]:
    """Answer at a rate; return how long after each call the answer was in its stream."""
    clock = SystemClock()
    begun: dict[UUID, float] = {}

    async def one(viewer: Viewer) -> None:
        held = await desk.conversations.take(viewer, None)
        if isinstance(held, Held):
            started = clock.monotonic()
            told = await desk.conversations.answer(
                viewer, held.about.conversation_id, "Так, готовий.", uuid4()
            )
            begun[told.reply_id] = started  # type: ignore[union-attr]  # whoever holds it answers it

    tasks = []
    for number in range(count):
        tasks.append(asyncio.create_task(one(staff[number % len(staff)])))
        await clock.sleep(1 / rate)
    await asyncio.gather(*tasks)
    await clock.sleep(1)
    return [(arrived[id_] - started) * 1000 for id_, started in begun.items()]


async def measure(conversations: int, rate: float, seconds: float) -> None:
    """Measure and print."""
    random, clock = Random(1), SystemClock()  # noqa: S311 - chance for a benchmark
    async with servers() as found, open_pool(found.databases.url("desk"), "desk") as pool:
        client = await nats.connect(found.nats_url)
        outbox, stop = Outbox(pool, StreamWriter(client), clock), asyncio.Event()
        desk = Desk(pool, outbox)
        publishing = asyncio.create_task(outbox.run(stop))
        started = clock.monotonic()
        await fill(desk, conversations, random)
        filled = clock.monotonic() - started
        await pool.execute("ANALYZE conversation")
        staff = [await desk.staff(f"S{number}", **SKILLS[number % 3]) for number in range(STAFF)]
        for viewer in staff:
            await desk.conversations.present(viewer)
        arrived: dict[UUID, float] = {}

        async def heard(message: Msg) -> None:
            arrived[DESK_REPLY.validate_json(message.data).reply_id] = clock.monotonic()

        await client.subscribe(REPLY_SUBJECT, cb=heard)
        queue = desk.conversations
        page = [await timed(lambda: queue.waiting(random.choice(staff), PAGE)) for _ in range(CALLS)]
        take = [await timed(lambda: queue.take(random.choice(staff), None)) for _ in range(CALLS)]
        held = [one for viewer in staff for one in await desk.conversations.mine(viewer)]
        read = [
            await timed(lambda: desk.conversations.read(staff[0], random.choice(held).about.conversation_id))
            for _ in range(CALLS)
        ]
        wall = [await timed(desk.conversations.wall) for _ in range(20)]
        search = [await timed(lambda: desk.conversations.search(staff[0], "закордонний")) for _ in range(3)]
        answered = await answers(desk, staff, rate, int(rate * seconds), arrived)
        stop.set()
        await publishing
        await client.close()
    print(f"{conversations:,} open conversations taken in within {filled:.1f} s, {STAFF} staff\n")
    print("| what | median, ms | p99, ms | longest, ms |\n|---|---|---|---|")
    print(row(f"a page of {PAGE} of the queue", page))
    print(row("the first that fits is taken", take))
    print(row("a conversation is opened", read))
    print(row("the wall", wall))
    print(row("a search in all", search))
    print(row(f"an answer is in its stream, at {rate:g} a second", answered))


def main() -> None:
    """Run it."""
    configure("WARNING", "benchmark")
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--conversations", type=int, default=10_000)
    parser.add_argument("--rate", type=float, default=20.0)
    parser.add_argument("--seconds", type=float, default=20.0)
    given = parser.parse_args()
    asyncio.run(measure(given.conversations, given.rate, given.seconds))


if __name__ == "__main__":
    main()
