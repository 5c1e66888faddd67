"""Takes wishes to be forgotten: nothing says any more whose a time was, and what was booked is free."""

import base64
from collections.abc import Sequence
from uuid import UUID, uuid5

from nats.aio.msg import Msg
from pydantic import ValidationError

from contracts.messages.dead import DeadLetter
from contracts.messages.forget import FORGET, Forget
from contracts.streams import DEAD_APPOINTMENTS_SUBJECT, DELIVERIES
from runtime.clock import Clock
from runtime.database.outbox import Outbox, Row
from runtime.database.postgres import TRANSIENT, Pool, transaction
from runtime.logs import logger
from runtime.messaging.jetstream import acknowledge, postpone
from services.desk.appointments.upkeep import SQL

LOG = logger(__name__)
POSTPONED_SECONDS = 2.0
_DEAD = UUID("0c5b6f25-9d7e-4a35-8b0d-2a1d8c7e6f90")


class ForgetConsumer:
    """Reads wishes and acks what is committed; what cannot be read is kept as dead."""

    def __init__(self, pool: Pool, outbox: Outbox, clock: Clock) -> None:
        self._pool = pool
        self._outbox = outbox
        self._clock = clock

    def read(self, message: Msg) -> tuple[Msg, Forget | Row]:
        """Read one wish."""
        try:
            return message, FORGET.validate_json(message.data)
        except ValidationError as error:
            return message, self._dead(message, f"{error.error_count()} errors")

    async def handle(self, batch: list[tuple[Msg, Forget | Row]]) -> None:
        """Carry a batch out, then ack it; while the database is away ask for it again later."""
        messages = [message for message, _ in batch]
        try:
            await self._take([item for _, item in batch])
        except TRANSIENT as error:
            LOG.warning("wishes to be forgotten wait for the database", error=repr(error))
            await postpone(messages, POSTPONED_SECONDS)
        else:
            await acknowledge(messages)

    async def _take(self, items: Sequence[Forget | Row]) -> None:
        people = [item.recipient_id for item in items if isinstance(item, Forget)]
        dead = [item for item in items if isinstance(item, Row)]
        async with transaction(self._pool) as connection:
            await connection.execute(SQL["forget"], people, self._clock.now())
            await connection.execute(SQL["forget_waiting"], people)
            await self._outbox.insert(connection, dead)
        self._outbox.committed(dead)

    def _dead(self, message: Msg, detail: str) -> Row:
        sequence = message.metadata.sequence.stream
        LOG.error("a wish to be forgotten is dead", sequence=sequence, detail=detail)
        letter = DeadLetter(
            stream=DELIVERIES.name,
            stream_sequence=sequence,
            subject=message.subject,
            reason="undecodable",
            detail=detail,
            payload=base64.b64encode(message.data),
            at=self._clock.now(),
        )
        identity = uuid5(_DEAD, f"{sequence}\x1f{message.metadata.timestamp.isoformat()}")
        return Row(identity, DEAD_APPOINTMENTS_SUBJECT, letter.encoded())
