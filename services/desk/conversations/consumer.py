"""The edge of the TALKS stream: acks what is committed; what cannot be read is kept as dead."""

from collections.abc import Sequence
from uuid import UUID

from nats.aio.msg import Msg
from pydantic import ValidationError

from contracts.messages.dead import DeadLetter, dead_letter_id
from contracts.messages.desk.talk import TALK, AnyTalk
from contracts.streams import DEAD_TALKS_SUBJECT
from runtime.clock import Clock
from runtime.database.outbox import Row
from runtime.database.stream_batches import take_in
from runtime.logs import logger
from runtime.messaging.jetstream import sequence_of
from services.desk.conversations.intake import Intake
from services.desk.metrics import Metrics

LOG = logger(__name__)
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
        self._metrics.postponed.inc(await take_in(batch, self._take, self._dead))

    async def _take(self, items: Sequence[Item]) -> None:
        dead = [item for item in items if isinstance(item, Row)]
        taken = await self._intake.take([item for item in items if not isinstance(item, Row)], dead)
        for kind, count in taken.talks.items():
            self._metrics.talks.labels(kind).inc(count)
        for content, count in taken.ratings.items():
            self._metrics.ratings.labels("content" if content else "discontent").inc(count)
        self._metrics.unreadable_talks.inc(len(dead))

    def _dead(self, message: Msg, reason: str, detail: str) -> Row:
        LOG.error(
            "a message of a conversation is dead", sequence=sequence_of(message), reason=reason, detail=detail
        )
        letter = DeadLetter.of(message, reason, detail, self._clock.now())
        return Row(dead_letter_id(_DEAD, message), DEAD_TALKS_SUBJECT, letter.encoded())
