"""The edge of the TALKS stream: acks what is committed; what cannot be read is kept as dead."""

import base64
from collections.abc import Sequence
from uuid import UUID, uuid5

from nats.aio.msg import Msg
from pydantic import ValidationError

from contracts.messages.dead import DeadLetter
from contracts.messages.desk.talk import TALK, AnyTalk
from contracts.streams import DEAD_TALKS_SUBJECT, TALKS
from runtime.clock import Clock
from runtime.database.outbox import Row
from runtime.database.postgres import TRANSIENT, refused_data
from runtime.logs import logger
from runtime.messaging.jetstream import acknowledge, postpone
from services.desk.conversations.intake import Intake
from services.desk.metrics import Metrics

LOG = logger(__name__)
POSTPONED_SECONDS = 2.0
YEARS = range(2020, 2200)
"""Outside of them no clock was right."""
_DEAD = UUID("0b1a6c0f-40d5-4d52-9f0e-6f6f5f0a1c77")
Item = AnyTalk | Row


class TalkConsumer:
    """Reads the stream and has it taken in."""

    def __init__(self, intake: Intake, clock: Clock, metrics: Metrics) -> None:
        self._intake = intake
        self._clock = clock
        self._metrics = metrics

    def read(self, message: Msg) -> tuple[Msg, Item]:
        """Read one message; one that cannot be read becomes a dead letter."""
        try:
            talk = TALK.validate_json(message.data)
        except ValidationError as error:
            return message, self._dead(message, "undecodable", f"{error.error_count()} errors")
        if talk.at.year not in YEARS:
            return message, self._dead(message, "undecodable", f"was said in the year {talk.at.year}")
        return message, talk

    async def handle(self, batch: list[tuple[Msg, Item]]) -> None:
        """Take a batch in, then ack it; one by one where the database refuses the data of one of them."""
        messages = [message for message, _ in batch]
        try:
            await self._take([item for _, item in batch])
        except Exception as error:
            if refused_data(error):
                await self._one_by_one(batch)
                return
            if not isinstance(error, TRANSIENT):
                raise
            LOG.warning("conversations wait for the database", count=len(batch), error=repr(error))
            self._metrics.postponed.inc(len(batch))
            await postpone(messages, POSTPONED_SECONDS)
        else:
            await acknowledge(messages)

    async def _one_by_one(self, batch: Sequence[tuple[Msg, Item]]) -> None:
        for message, item in batch:
            if len(batch) > 1:
                await self.handle([(message, item)])
            else:
                await self.handle([(message, self._dead(message, "unstorable", "refused by the database"))])

    async def _take(self, items: Sequence[Item]) -> None:
        dead = [item for item in items if isinstance(item, Row)]
        taken = await self._intake.take([item for item in items if not isinstance(item, Row)], dead)
        for kind, count in taken.talks.items():
            self._metrics.talks.labels(kind).inc(count)
        for content, count in taken.ratings.items():
            self._metrics.ratings.labels("content" if content else "discontent").inc(count)
        self._metrics.unreadable_talks.inc(len(dead))

    def _dead(self, message: Msg, reason: str, detail: str) -> Row:
        sequence = message.metadata.sequence.stream
        LOG.error("a message of a conversation is dead", sequence=sequence, reason=reason, detail=detail)
        letter = DeadLetter(
            stream=TALKS.name,
            stream_sequence=sequence,
            subject=message.subject,
            reason=reason,
            detail=detail,
            payload=base64.b64encode(message.data),
            at=self._clock.now(),
        )
        # The time tells apart the sequences of a stream that was made anew.
        identity = uuid5(_DEAD, f"{sequence}\x1f{message.metadata.timestamp.isoformat()}")
        return Row(identity, DEAD_TALKS_SUBJECT, letter.encoded())
