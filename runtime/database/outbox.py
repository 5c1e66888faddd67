"""The transactional outbox: messages commit with the work that caused them and are published after it.

Each process publishes the rows it just committed; a sweep publishes what a dead process left. A row's id is
its `Nats-Msg-Id`, so publishing twice is harmless. The table stands in the service's own schema:
`outbox (id uuid PRIMARY KEY, subject text, payload bytea, trace text,
created_at timestamptz DEFAULT now())`.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from runtime.clock import Clock
from runtime.database import sql
from runtime.database.postgres import (
    TRANSIENT,
    Connection,
    Pool,
    transaction,
)
from runtime.logs import logger
from runtime.messaging.stream_writer import Outgoing, Stored, StreamWriter
from runtime.tracing import joined

LOG = logger(__name__)
SQL = sql.load("runtime.database", "outbox.sql")
STALE_SECONDS = 2.0
SWEEP_ROWS = 500
QUEUE_BATCHES = 64
BATCHES_IN_FLIGHT = 8
RETRY_SECONDS = 0.5


@dataclass(frozen=True)
class Row:
    """One message to publish after the commit, and the span that caused it."""

    id: UUID
    subject: str
    payload: bytes
    trace: str | None = None


async def store(connection: Connection, rows: Sequence[Row]) -> None:
    """Store rows in the caller's transaction; where nobody publishes them at once, some sweep will."""
    if rows:
        await connection.execute(
            SQL["insert_rows"], *sql.columns_of(rows, ("id", "subject", "payload", "trace"))
        )


class Outbox:
    """Writes rows inside the caller's transaction and publishes them once that has committed."""

    def __init__(self, pool: Pool, writer: StreamWriter, clock: Clock) -> None:
        self._pool = pool
        self._writer = writer
        self._clock = clock
        self._fresh: asyncio.Queue[Sequence[Row]] = asyncio.Queue(QUEUE_BATCHES)
        self._places = asyncio.Semaphore(BATCHES_IN_FLIGHT)
        self._stored: list[UUID] = []
        self._tidy = asyncio.Event()

    async def insert(self, connection: Connection, rows: Sequence[Row]) -> None:
        """Store rows in the caller's transaction."""
        await store(connection, rows)

    def committed(self, rows: Sequence[Row]) -> None:
        """Publish rows soon; where the queue is full they wait for the sweep."""
        if rows:
            try:
                self._fresh.put_nowait(rows)
            except asyncio.QueueFull:
                LOG.info("outbox queue is full, rows wait for the sweep", rows=len(rows))

    async def run(self, stop: asyncio.Event) -> None:
        """Publish committed rows at once and stale ones every two seconds, until stopped and empty.

        A batch is sent while those before it wait for their acknowledgements, in the order of the commits.
        """
        async with asyncio.TaskGroup() as group:
            tidying = group.create_task(self._delete())
            sweeping = group.create_task(self._sweep())
            while not (stop.is_set() and self._fresh.empty()):
                rows = await self._next()
                if rows:
                    await self._places.acquire()
                    group.create_task(self._relay(rows))
            for _ in range(BATCHES_IN_FLIGHT):
                await self._places.acquire()
            sweeping.cancel()
            tidying.cancel()
        await self._forget()

    async def _next(self) -> list[Row]:
        try:
            rows = list(await asyncio.wait_for(self._fresh.get(), 0.5))
        except TimeoutError:
            return []
        while not self._fresh.empty() and len(rows) < SWEEP_ROWS:
            rows += self._fresh.get_nowait()
        return rows

    async def _relay(self, rows: Sequence[Row]) -> None:
        self._stored += await self._publish(rows)
        self._tidy.set()
        self._places.release()

    async def _delete(self) -> None:
        """Delete what is in its stream, all that is known by then at once."""
        while True:
            await self._tidy.wait()
            self._tidy.clear()
            if not await self._forget():
                self._tidy.set()
                await self._clock.sleep(RETRY_SECONDS)

    async def _forget(self) -> bool:
        stored = tuple(self._stored)
        try:
            if stored:
                await self._pool.execute(SQL["delete_rows"], stored)
        except TRANSIENT as error:
            LOG.warning("outbox waits for the database", error=repr(error))
            return False
        del self._stored[: len(stored)]
        return True

    async def _publish(self, rows: Sequence[Row]) -> list[UUID]:
        results = await self._writer.publish(
            [Outgoing(r.subject, str(r.id), r.payload, joined(r.trace)) for r in rows]
        )
        return [row.id for row, result in zip(rows, results, strict=True) if isinstance(result, Stored)]

    async def _sweep(self) -> None:
        while True:
            try:
                swept = await self.sweep()
            except TRANSIENT as error:
                LOG.warning("outbox waits for the database", error=repr(error))
                swept = 0
            if swept < SWEEP_ROWS:
                await self._clock.sleep(STALE_SECONDS)

    async def sweep(self) -> int:
        """Publish rows older than two seconds; return how many were published."""
        async with transaction(self._pool) as connection:
            records = await connection.fetch(SQL["take_stale"], STALE_SECONDS, SWEEP_ROWS)
            stored = await self._publish([Row(*record) for record in records])
            if stored:
                await connection.execute(SQL["delete_rows"], stored)
        return len(stored)
