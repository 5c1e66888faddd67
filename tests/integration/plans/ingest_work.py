"""Ingest's batches: keys are looked up, and outcomes copied from their stream."""

from datetime import UTC, datetime

from contracts.messages.ids import Publisher
from runtime.clock import SystemClock
from runtime.database.lease import Lease
from runtime.database.postgres import Pool
from services.ingest.domain.cursors import Place
from services.ingest.feed.store import Checkpoint, FeedStore, NewOutcome
from services.ingest.keys.api_keys import find_key

FILL = """
INSERT INTO outcome (epoch, sequence, message_id, publisher, event_id, kind, body)
SELECT 0, 1000000 + n, format('m%s', n), format('p%s', n % 20), n, 'effect', '{}'
FROM generate_series($1, $2) AS n;

INSERT INTO api_key (key_id, key_hash, publisher, name, scopes, created_at)
SELECT gen_random_uuid(), sha256(format('k%s', n)::bytea), format('p%s', n), 'key', '{events:write}', now()
FROM generate_series($1, $2) AS n;
"""


class IngestWork:
    """What ingest asks of its database while it takes events."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._feed = FeedStore(pool)
        self._lease = Lease(pool, SystemClock(), "feed", "one", term=600.0)

    async def batch(self, stage: int, first: int, events: int) -> None:
        """Copy the outcomes of a batch, and let its publishers in."""
        token = self._lease.token or await self._lease.acquire()
        assert token is not None
        before = (await self._feed.checkpoint()).place
        numbers = range(before.sequence + 1, before.sequence + events + 1)
        new = [
            NewOutcome(n, f"{stage}/{first}/{n}", Publisher("p1"), f"e{n}", "effect", "{}") for n in numbers
        ]
        after = Checkpoint(Place(before.epoch, numbers[-1]), None)
        await self._feed.copy(before, after, new, role="feed", token=token)
        await self._feed.after(Publisher("p1"), before, events)
        for n in range(first, first + events):
            await find_key(self._pool, bytes([n % 256]) * 32, datetime.now(UTC))
