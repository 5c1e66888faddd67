"""Takes notices in: a batch is stored as deliveries, then acknowledged; the unreadable is kept as dead."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID, uuid5

import asyncpg
from nats.aio.client import Client
from nats.aio.msg import Msg
from pydantic import ValidationError

from contracts.catalogue import Catalogue
from contracts.dead import DeadLetter
from contracts.notice import NOTICE
from contracts.streams import DEAD_NOTICES_SUBJECT, NOTICES
from runtime.clock import Clock
from runtime.jetstream import acknowledge, postpone
from runtime.logs import logger
from runtime.outbox import Row
from runtime.postgres import TRANSIENT, retrying
from services.notifier import domain
from services.notifier.metrics import Metrics
from services.notifier.store import Arrival, Store

LOG = logger(__name__)
RETRY_SECONDS = 2.0
_DEAD = UUID("c3f0c7b6-0c0e-4a0e-9a51-6f1f5f2c7f11")


@dataclass(frozen=True)
class Intake:
    """Stores what arrives on the stream of notices."""

    client: Client
    store: Store
    catalogue: Catalogue
    clock: Clock
    metrics: Metrics

    async def handle(self, messages: list[Msg]) -> None:
        """Store one batch and acknowledge it; while the database is away ask for it again later."""
        try:
            await self._take(messages)
        except TRANSIENT as error:
            LOG.warning("notices wait for the database", count=len(messages), error=repr(error))
            await postpone(messages, RETRY_SECONDS)
        else:
            await acknowledge(self.client, messages)

    async def _take(self, messages: Sequence[Msg]) -> None:
        arrivals: list[Arrival] = []
        dead: list[Row] = []
        for message in messages:
            try:
                arrivals.append(self._arrival(message))
            except ValidationError as error:
                dead.append(self._dead(message, "undecodable", _problems(error)))
        try:
            await retrying(lambda: self._store(arrivals, dead), self.clock)
        except (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError) as error:
            if len(messages) > 1:
                LOG.warning("a batch is taken in one by one", count=len(messages), error=type(error).__name__)
                for message in messages:
                    await self._take([message])
            else:
                bad = [self._dead(messages[0], "unstorable", type(error).__name__)]
                await retrying(lambda: self._store([], bad), self.clock)

    def _arrival(self, message: Msg) -> Arrival:
        notice = NOTICE.validate_json(message.data)
        return Arrival(
            notice, domain.class_of(notice, self.catalogue), domain.expiry_of(notice, self.catalogue)
        )

    async def _store(self, arrivals: Sequence[Arrival], dead: Sequence[Row]) -> None:
        async with self.store.unit() as unit:
            unit.outgoing.extend(dead)
            if arrivals:
                await self.store.store_notices(unit, arrivals)

    def _dead(self, message: Msg, reason: str, detail: str) -> Row:
        self.metrics.dead.inc()
        sequence = message.metadata.sequence.stream
        LOG.error("a notice is dead", sequence=sequence, reason=reason, detail=detail)
        letter = DeadLetter(
            stream=NOTICES.name,
            stream_sequence=sequence,
            subject=message.subject,
            reason=reason,
            detail=detail,
            payload=base64.b64encode(message.data),
            at=self.clock.now(),
        )
        # The time tells apart the sequences of a stream that was made anew.
        identity = uuid5(_DEAD, f"{sequence}\x1f{message.metadata.timestamp.isoformat()}")
        return Row(identity, DEAD_NOTICES_SUBJECT, letter.encoded())


def _problems(error: ValidationError) -> str:
    found = error.errors(include_input=False, include_url=False, include_context=False)
    return "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in found[:5])
