"""Takes wishes to be forgotten: nothing says any more whose a time was, and what was booked is free."""

from collections.abc import Sequence
from uuid import UUID

from nats.aio.msg import Msg
from pydantic import ValidationError

from contracts.messages.dead import DeadLetter, dead_letter_id
from contracts.messages.forget import FORGET, Forget
from contracts.streams import DEAD_APPOINTMENTS_SUBJECT
from runtime.clock import Clock
from runtime.database.outbox import Outbox, Row
from runtime.database.postgres import Pool, transaction
from runtime.database.stream_batches import take_in
from runtime.logs import logger
from runtime.messaging.jetstream import sequence_of
from services.desk.appointments.upkeep import SQL

LOG = logger(__name__)
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
            return message, self._dead(message, "undecodable", f"{error.error_count()} errors")

    async def handle(self, batch: list[tuple[Msg, Forget | Row]]) -> None:
        """Carry a batch out, then ack it; one by one where the database refuses the data of one of them."""
        await take_in(batch, self._take, self._dead)

    async def _take(self, items: Sequence[Forget | Row]) -> None:
        people = [item.recipient_id for item in items if isinstance(item, Forget)]
        dead = [item for item in items if isinstance(item, Row)]
        async with transaction(self._pool) as connection:
            await connection.execute(SQL["forget"], people, self._clock.now())
            await connection.execute(SQL["forget_waiting"], people)
            await self._outbox.insert(connection, dead)
        self._outbox.committed(dead)

    def _dead(self, message: Msg, reason: str, detail: str) -> Row:
        LOG.error(
            "a wish to be forgotten is dead", sequence=sequence_of(message), reason=reason, detail=detail
        )
        letter = DeadLetter.of(message, reason, detail, self._clock.now())
        return Row(dead_letter_id(_DEAD, message), DEAD_APPOINTMENTS_SUBJECT, letter.encoded())
