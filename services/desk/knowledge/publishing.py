"""Keeps the bucket what the database says: after each change at once, and whatever became of the bucket.

The database alone decides. Nothing is noted as published: what differs is found by comparing, so a crash, a
lost message, an emptied bucket or one made anew are one and the same case.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import nats.errors
import nats.js.errors

from runtime.clock import Clock
from runtime.database.lease import Lease
from runtime.database.postgres import TRANSIENT
from runtime.logs import logger
from runtime.messaging.buckets import ConflictError, Held, Mark
from services.desk.knowledge.answers import Answers
from services.desk.metrics import Metrics

LOG = logger(__name__)
ROLE = "knowledge"
SWEEP_SECONDS = 5.0
_AWAY: tuple[type[BaseException], ...] = (*TRANSIENT, nats.errors.Error, nats.js.errors.Error)


class Bucket(Protocol):
    """What is kept true."""

    async def mark(self) -> Mark:
        """Return what the bucket's state is known by."""
        ...

    async def read(self) -> Mapping[str, Held]:
        """Return all keys."""
        ...

    async def write(self, key: str, value: bytes | None, revision: int) -> None:
        """Put or delete where the revision is still this one; ConflictError where it is not."""
        ...


@dataclass(frozen=True, slots=True)
class _State:
    """What both sides were when they were last found equal."""

    revision: int
    mark: Mark


class Publishing:
    """Publishes the answers that stand above the agency's own."""

    def __init__(self, answers: Answers, bucket: Bucket, clock: Clock, metrics: Metrics) -> None:
        self._answers = answers
        self._bucket = bucket
        self._clock = clock
        self._metrics = metrics
        self._equal: _State | None = None
        self.wake = asyncio.Event()

    async def run(self, lease: Lease, stop: asyncio.Event) -> None:
        """Publish while the lease is ours: after every change, and every few seconds what else differs."""

        async def work() -> None:
            self._equal = None
            while not stop.is_set():
                self.wake.clear()
                try:
                    await self.once()
                except _AWAY as error:
                    LOG.warning("answers are not published yet", error=repr(error))
                except ConflictError as error:
                    LOG.warning("somebody else writes into the bucket", key=str(error))
                await self._wait(stop)

        await lease.while_held(work, stop)

    async def once(self) -> int:
        """Compare both sides and write what differs; return how many keys that were."""
        revision, mark = await self._answers.revision(), await self._bucket.mark()
        if self._equal == _State(revision, mark):
            return 0
        looked = await self._answers.look()
        held = await self._bucket.read()
        wanted = {id_: one.content for id_, one in looked.standing.items()}
        written = 0
        for key in sorted(wanted.keys() | held.keys()):
            has = held.get(key, Held(None, 0))
            if has.value != wanted.get(key):
                await self._bucket.write(key, wanted.get(key), has.revision)
                written += 1
        if written:
            LOG.info("answers published", keys=written, revision=looked.revision)
            self._metrics.bucket_writes.inc(written)
        else:
            # Nobody wrote between the mark and the reading, or this would not be known to be equal.
            self._equal = _State(looked.revision, mark)
        self._metrics.published.set(looked.revision)
        return written

    async def _wait(self, stop: asyncio.Event) -> None:
        waiting = [asyncio.create_task(one.wait()) for one in (stop, self.wake)]
        await asyncio.wait(waiting, timeout=SWEEP_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        for one in waiting:
            one.cancel()
