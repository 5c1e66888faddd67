"""How long an answer waits behind 100,000 pushes: `python -m tests.benchmarks.answer_latency`.

One sender at the public rates against a messenger that takes 50 ms. Everybody has four pushes, and those of
some people are held back until morning. Prints how long answers took from being stored to the call, and what
the claim costs the database.
"""

import argparse
import asyncio
import secrets
import statistics
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from uuid import UUID, uuid4

from nats.aio.client import Client

from cli.installation.provisioning import provision_database
from contracts.catalogue import load_catalogue
from contracts.messages.ids import RecipientId
from contracts.services import NOTIFIER, SERVICES
from runtime.clock import SystemClock
from runtime.database.outbox import Outbox
from runtime.database.postgres import open_pool
from runtime.embedded import EmbeddedPostgres
from runtime.keyring import KeyRing
from runtime.logs import configure
from runtime.messaging.stream_writer import StreamWriter
from services.notifier.delivery.sending.claiming import Pace
from services.notifier.delivery.sending.queue import SQL
from services.notifier.delivery.sending.sender import Sender
from services.notifier.domain.actions import Outbound
from services.notifier.domain.messages import Message
from services.notifier.domain.results import Accepted, Result
from services.notifier.recipients.addresses import PURPOSE, Place, Recipients
from services.notifier.wording.i18n import load_voice
from services.notifier.wording.markup import literal
from tests.benchmarks.kit import p99
from tests.integration.notifier.conftest import CATALOGUE
from tests.integration.notifier.world import ROLE, ScriptedChannel, World, make_world, notice
from tests.waiting import until

CALL_SECONDS = 0.05
ALL = 100
TOGETHER = 4
"""Pushes a person has."""

FILL = """
INSERT INTO delivery (id, channel, recipient_id, kind, class, subscription_id, revision, payload, created_at,
                      expires_at, due_at, held, state)
SELECT gen_random_uuid(), 'telegram', given.id, 'notice', 1 + (given.place % 3 > 0)::integer,
       gen_random_uuid(), push, $2, now(), now() + interval '7 days',
       CASE WHEN given.place % 100 < $4 THEN now() + interval '8 hours' ELSE now() END,
       given.place % 100 < $4,
       'pending'
FROM generate_series(1, $3) AS push, unnest($1::uuid[]) WITH ORDINALITY AS given (id, place)
ORDER BY push, given.place
"""
PEOPLE = """
INSERT INTO recipient (id, channel, lookup, address, key_id, language, consented_at, consented_by, heard_at)
SELECT given.id, 'telegram', sha256(given.address), given.address, 'k1', 'uk', now(), 1, now()
FROM unnest($1::uuid[], $2::bytea[]) AS given (id, address)
"""


@dataclass
class Watched(ScriptedChannel):
    """A messenger that notes when each answer's call came."""

    called: dict[str, float] = field(default_factory=dict)
    pushes: int = 0

    async def send(self, _: str, message: Message, __: UUID) -> Result:
        """Take the message after a while."""
        if message.shown.startswith("answer"):
            self.called[message.shown] = asyncio.get_running_loop().time()
        else:
            self.pushes += 1
            self.began.set()
        await asyncio.sleep(CALL_SECONDS)  # so long does a call take: the load, not a wait
        return Accepted("1")


@asynccontextmanager
async def queued(pushes: int, held: int) -> AsyncIterator[World]:
    """Make a notifier on a database of its own with so many pushes in its queue."""
    with tempfile.TemporaryDirectory(prefix="docwatch-bench-") as name:
        home, password = Path(name), secrets.token_hex(8)
        await asyncio.to_thread(home.chmod, 0o755)
        server = EmbeddedPostgres(home / "postgres", password=password)
        await server.start()
        try:
            await provision_database(server.url(), dict.fromkeys(SERVICES, password))
            async with open_pool(server.url(NOTIFIER.role, password), "notifier") as pool:
                recipients = Recipients("telegram", KeyRing([("k1", bytes(32))], PURPOSE))
                catalogue = load_catalogue(CATALOGUE)
                outbox = Outbox(pool, StreamWriter(Client()), SystemClock())
                world = make_world(pool, outbox, recipients, catalogue, load_voice(catalogue))
                await fill(world, pushes, held)
                yield world
        finally:
            await server.stop()


async def fill(world: World, pushes: int, held: int) -> None:
    """Put people on record and pushes in the queue."""
    people = [RecipientId(uuid4()) for _ in range(pushes // TOGETHER)]
    sealed = [world.recipients._seal(person, f"1{place}").box for place, person in enumerate(people)]
    await world.pool.execute(PEOPLE, people, sealed, timeout=300)
    payload = notice(people[0]).encoded().decode()
    await world.pool.execute(FILL, people, payload, TOGETHER, held, timeout=300)


async def answers(world: World, channel: Watched, count: int) -> list[float]:
    """Have an answer stored now and then while pushes go out; return how long each waited, in seconds."""
    loop, stored = asyncio.get_running_loop(), dict[str, float]()
    for number in range(count):
        person = await world.person(f"2{number}")
        stored[f"answer {number}"] = loop.time()
        await store(world, person, number)
        world.tools.wake.set()
        await asyncio.sleep(0.2)  # the pace of the load, not a wait
    await until(lambda: all_called(channel, count))
    return [channel.called[name] - at for name, at in stored.items()]


async def all_called(channel: Watched, count: int) -> bool:
    """Tell whether every answer went out."""
    return len(channel.called) == count


async def store(world: World, person: RecipientId, number: int) -> None:
    """Store one answer as the conversation does."""
    async with world.store.unit() as unit:
        answer, place = Outbound(Message(literal(f"answer {number}"))), Place(person, person)
        await world.store.store_answers(unit, world.recipients, place, str(number), [answer])


async def explain(world: World, resting: list[UUID]) -> str:
    """Return what the claim of 5 deliveries costs the database, and undo it."""
    lease = await world.lease("explain")
    statement = "EXPLAIN (ANALYZE, BUFFERS) " + SQL["claim"]
    async with world.pool.acquire() as connection:
        change = connection.transaction()
        await change.start()
        plan = await connection.fetch(statement, ROLE, lease.token, "telegram", 5, 2, resting)
        await change.rollback()
    await lease.release()
    return "\n".join(row["QUERY PLAN"] for row in plan)


async def measure(pushes: int, held: int, count: int, *, plan: bool) -> None:
    """Run it and print what was found."""
    async with queued(pushes, held) as world:
        if plan:
            print(await explain(world, []))
        channel = Watched()
        tools = replace(world.tools, channel=channel, pace=Pace())
        lease, stop = await world.lease(term=3600), asyncio.Event()
        assert lease.token is not None
        sending = asyncio.ensure_future(Sender(tools, lease, lease.token).run(stop))
        if held < ALL:
            await channel.began.wait()
        waits = sorted(await answers(world, channel, count))
        stop.set()
        tools.wake.set()
        await sending
        p50, slow = statistics.median(waits), p99(waits)
        print(
            f"{count} answers behind {pushes:,} waiting pushes, {held} % of them held back: "
            f"p50 {p50 * 1000:.0f} ms, p99 {slow * 1000:.0f} ms, longest {waits[-1] * 1000:.0f} ms"
        )


def main() -> None:
    """Read the arguments and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pushes", type=int, default=100_000)
    parser.add_argument("--held", type=int, default=50, metavar="PERCENT", help="of people in quiet hours")
    parser.add_argument("--answers", type=int, default=100)
    parser.add_argument("--plan", action="store_true", help="print the whole plan of the claim")
    chosen = parser.parse_args()
    configure("ERROR", "notifier")
    asyncio.run(measure(chosen.pushes, chosen.held, chosen.answers, plan=chosen.plan))


if __name__ == "__main__":
    main()
