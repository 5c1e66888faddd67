"""What one event touches as the agency grows: `python -m tests.benchmarks.scale [--sizes 10000,100000]`.

The tables are filled for each size: two events and one and a half subscriptions for an application, a notice
for each of both. Then batches of events for applications taken at random go through the tracker's intake with
its full effect, one size after the other in each round. Prints blocks and rows that the database touched for
an event, and the time, by size and as a ratio to the smallest; then the seconds that it takes to count who
follows and to look whether the books balance.
"""

import argparse
import asyncio
import random
import secrets
import statistics
import sys
import tempfile
from collections.abc import Awaitable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import asyncpg

from cli.installation.provisioning import provision_database
from contracts.catalogue import load_catalogue
from contracts.messages.ids import EventId, Publisher
from contracts.messages.stage import StageEvent
from contracts.services import SERVICES, TRACKER
from runtime.clock import SystemClock
from runtime.database.outbox import Outbox
from runtime.database.postgres import Pool, open_pool
from runtime.embedded import EmbeddedPostgres
from runtime.messaging.stream_writer import (
    Outgoing,
    Stored,
    StreamWriter,
    Unknown,
)
from services.tracker.domain.batch import Source
from services.tracker.domain.working_days import rules_of
from services.tracker.intake.decoding import arrival
from services.tracker.intake.events import Intake
from services.tracker.ledger.gauges import count_following, reconcile
from services.tracker.metrics import Metrics
from tests.benchmarks.plots import Plot, keep
from tests.integration.tracker.conftest import SAMPLE, key

BATCH = 200
ROUNDS = 9
TOUCHED = """
SELECT blks_hit + blks_read AS blocks, tup_fetched + tup_inserted + tup_updated + tup_deleted AS rows
FROM pg_stat_database WHERE datname = current_database()
"""
FILL = """
INSERT INTO application (application_key, document_type, masked, revision, cycle, stage, rank, detour,
    occurred_at, head_publisher, head_event_id, last_occurred_at, last_rank, last_publisher, last_event_id,
    look_at)
SELECT lpad(to_hex(n), 64, '0'), 'id_card', '...42', 2, 0, 'verification', 20, false, at, 'office',
    format('e%s-2', n), at, 20, 'office', format('e%s-2', n), now() + interval '5 days'
FROM generate_series(1, $1) AS n, LATERAL (SELECT now() - interval '9 days' AS at) AS given;

INSERT INTO event (publisher, event_id, digest, application_key, document_type, stage, rank, detour,
    occurred_at, missing, correction, restart, notify, effect, notices, stream_sequence, accepted_at,
    taken_at)
SELECT 'office', format('e%s-%s', n, m), repeat('0', 64), lpad(to_hex(n), 64, '0'), 'id_card',
    (ARRAY['accepted', 'verification'])[m], 10 * m, false, now() - interval '9 days', '{}', false, false,
    true, 'advance', 1 + n % 2, 2 * n + m, now() - interval '9 days', now() - interval '9 days'
FROM generate_series(1, $1) AS n, generate_series(1, 2) AS m;

INSERT INTO claim (claim_id, publisher, receipt_id, generation, application_key, token_hash, code_hash,
    max_redemptions, issued_at)
SELECT lpad(to_hex(n), 32, '0')::uuid, 'office', n, 1, lpad(to_hex(n), 64, '0'), lpad(to_hex(n), 64, '0'),
    lpad(to_hex(n), 64, '0'), 5, now()
FROM generate_series(1, $1) AS n;

INSERT INTO subscription (subscription_id, application_key, recipient_id, claim_id, consent_version,
    consented_at, created_at)
SELECT gen_random_uuid(), c.application_key, gen_random_uuid(), c.claim_id, '1', now(), now()
FROM claim c, generate_series(1, 2) AS m
WHERE m <= 1 + c.receipt_id::int % 2;

INSERT INTO notice (notice_id, subscription_id, recipient_id, application_key, publisher, event_id, kind,
    revision, created_at, ended_as, ended_at)
SELECT gen_random_uuid(), s.subscription_id, s.recipient_id, e.application_key, e.publisher, e.event_id,
    'advance', 1, now(), 'accepted', now()
FROM event e JOIN subscription s USING (application_key);
"""


class Swallows(StreamWriter):
    """Stands where the stream would be: what is published is stored at once."""

    def __init__(self) -> None:
        """Need no connection."""

    async def publish(self, messages: Sequence[Outgoing]) -> list[Stored | Unknown]:
        """Return an acknowledgement for each."""
        return [Stored(number, duplicate=False) for number, _ in enumerate(messages, start=1)]


@dataclass
class Measured:
    """The rounds of one size: per event blocks, rows and milliseconds."""

    size: int
    pool: Pool
    intake: Intake
    next: int = 0
    blocks: list[float] = field(default_factory=list)
    rows: list[float] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    following: float = 0.0
    books: float = 0.0

    async def round(self, chance: random.Random) -> None:
        """Take a batch in and note what it touched."""
        catalogue = load_catalogue(SAMPLE)
        picked = chance.sample(range(1, self.size + 1), BATCH)
        arrivals = []
        for number in picked:
            self.next += 1
            body = _event(f"scale-{self.next}", number)
            arrivals.append(arrival(Source("STAGES", 10**8 + self.next, body.encoded()), catalogue))
        before = await self._touched()
        started = SystemClock().monotonic()
        result = await self.intake.take(arrivals)
        seconds = SystemClock().monotonic() - started
        after = await self._touched()
        if sum(result.effects.values()) != BATCH or result.notices < BATCH:
            raise SystemExit(f"the batch did not have its full effect: {result}")
        self.times.append(seconds * 1000 / BATCH)
        self.blocks.append((after[0] - before[0]) / BATCH)
        self.rows.append((after[1] - before[1]) / BATCH)

    async def _touched(self) -> tuple[int, int]:
        # A session reports what it did when it is idle, and at once when it is told to.
        async with self.pool.acquire() as connection:
            await connection.execute("SELECT pg_stat_force_next_flush()")
            await connection.execute("SELECT pg_stat_clear_snapshot()")
            row = await connection.fetchrow(TOUCHED)
        if row is None:
            raise LookupError("the database keeps no statistics")
        return row["blocks"], row["rows"]


def _event(event_id: str, application: int) -> StageEvent:
    now = datetime.now(UTC)
    return StageEvent(
        publisher=Publisher("office"),
        event_id=EventId(event_id),
        digest="1" * 64,
        application_key=key(application),
        masked="...42",
        document_type="id_card",
        stage="verification",
        office="kyiv-1",
        expected_at=None,
        note=None,
        sequence=None,
        occurred_at=now,
        accepted_at=now,
        missing=(("photo",), ("old_passport",), ())[secrets.randbelow(3)],
    )


async def measure(sizes: Sequence[int], home: Path) -> list[Measured]:
    """Fill a database for each size and measure them in turns."""
    password = secrets.token_hex(8)
    server = EmbeddedPostgres(
        home / "postgres", password=secrets.token_hex(8), settings={"max_wal_size": "4GB"}
    )
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(server)
        stack.push_async_callback(server.remove)
        measured = []
        for size in sizes:
            name = f"scale_{size}"
            admin = await asyncpg.connect(server.url())
            await admin.execute(f"CREATE DATABASE {name}")
            await admin.close()
            await provision_database(server.url(database=name), dict.fromkeys(SERVICES, password))
            sys.stderr.write(f"filling {size} applications\n")
            await _fill(server.url(database=name), size)
            url = server.url(TRACKER.role, password, name)
            pool = await stack.enter_async_context(open_pool(url, "tracker", size=2))
            outbox = Outbox(pool, Swallows(), SystemClock())
            rules = rules_of(load_catalogue(SAMPLE))
            measured.append(Measured(size, pool, Intake(pool, outbox, SystemClock(), rules=rules)))
        chance = random.Random(1)  # noqa: S311 - a measurement that can be repeated
        for number in range(ROUNDS + 2):
            for one in chance.sample(measured, len(measured)):
                await one.round(chance)
                if number == 1:
                    # The first two rounds warm plans and caches up.
                    one.times.clear()
                    one.blocks.clear()
                    one.rows.clear()
        for one in measured:
            one.following = await _timed(count_following(one.pool, Metrics()))
            one.books = await _timed(reconcile(one.pool, Metrics()))
    return measured


async def _timed(look: Awaitable[object]) -> float:
    started = SystemClock().monotonic()
    await look
    return SystemClock().monotonic() - started


async def _fill(url: str, size: int) -> None:
    connection = await asyncpg.connect(url, server_settings={"search_path": "tracker"})
    try:
        for statement in FILL.split(";\n\n"):
            await connection.execute(statement.replace("$1", str(size)))
        await connection.execute("VACUUM ANALYZE")
    finally:
        await connection.close()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", default="10000,100000,1000000")
    parser.add_argument("--keep", action="store_true", help="keep the curve for the plots")
    chosen = parser.parse_args()
    sizes = [int(one) for one in chosen.sizes.split(",")]
    with tempfile.TemporaryDirectory(prefix="docwatch-scale-") as folder:
        home = Path(folder)
        home.chmod(0o755)
        found = asyncio.run(measure(sizes, home))
    columns = "| applications | blocks/event | rows/event | ms/event (median, min-max) | time ratio "
    print(f"{columns}| s to count who follows | s for the books |")
    print("|---|---|---|---|---|---|---|")
    base = statistics.median(found[0].times)
    for one in found:
        middle = statistics.median(one.times)
        print(
            f"| {one.size:,} | {statistics.median(one.blocks):.1f} | {statistics.median(one.rows):.1f} "
            f"| {middle:.3f} ({min(one.times):.3f}-{max(one.times):.3f}) | {middle / base:.2f} "
            f"| {one.following:.2f} | {one.books:.2f} |"
        )
    if chosen.keep:
        lines = {"time": [(float(one.size), statistics.median(one.times)) for one in found]}
        keep("size", Plot("An event's full effect by the size of the tables", "applications", "ms", lines))


if __name__ == "__main__":
    main()
