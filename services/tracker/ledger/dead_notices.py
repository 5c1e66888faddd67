"""The tracker's own notices that the notifier could not process come back here, for an operator to look at.

They are put aside beside what the tracker itself could not process, each once however often its letter comes.
"""

from nats.aio.msg import Msg
from pydantic import ValidationError

from contracts.messages.dead import DEAD_LETTER
from contracts.messages.outcome import Effect
from contracts.streams import NOTICES
from runtime.clock import Clock
from runtime.database.postgres import (
    TRANSIENT,
    Pool,
    retrying,
    transaction,
)
from runtime.database.stream_batches import POSTPONED_SECONDS
from runtime.logs import logger
from runtime.messaging.jetstream import acknowledge, postpone
from services.tracker.domain.batch import Aside, Source
from services.tracker.store.set_aside import put_aside

LOG = logger(__name__)


class DeadNoticeConsumer:
    """Handles the notifier's letters in the DEAD stream."""

    def __init__(self, pool: Pool, clock: Clock) -> None:
        self._pool = pool
        self._clock = clock

    def read(self, message: Msg) -> Msg:
        """Leave a letter closed: few come, and one by one."""
        return message

    async def handle(self, messages: list[Msg]) -> None:
        """Put a batch aside, then ack it; while the database is away ask for it again later."""
        aside = [dead for message in messages if (dead := _aside(message)) is not None]
        try:
            await retrying(lambda: self._put_aside(aside), self._clock)
        except TRANSIENT as error:
            LOG.warning("letters wait for the database", count=len(messages), error=repr(error))
            await postpone(messages, POSTPONED_SECONDS)
        else:
            await acknowledge(messages)

    async def _put_aside(self, aside: list[Aside]) -> None:
        async with transaction(self._pool) as connection:
            await put_aside(connection, aside, self._clock.now())


def _aside(message: Msg) -> Aside | None:
    try:
        letter = DEAD_LETTER.validate_json(message.data)
    except ValidationError:
        LOG.exception("a dead letter cannot be read", sequence=message.metadata.sequence.stream)
        return None
    source = Source(NOTICES.name, letter.stream_sequence, letter.payload)
    reason = f"{letter.reason}: {letter.detail}".replace("\x00", "")
    return Aside(source, Effect.DEAD, reason, None)
