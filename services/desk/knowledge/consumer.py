"""The edge of the QUESTIONS stream: acks what is committed; what cannot be read is kept as dead."""

from collections.abc import Sequence
from uuid import UUID

from nats.aio.msg import Msg
from pydantic import ValidationError

from contracts.messages.dead import DeadLetter, dead_letter_id
from contracts.messages.desk.question import QUESTION, Question
from contracts.streams import DEAD_QUESTIONS_SUBJECT
from runtime.clock import Clock
from runtime.database.outbox import Row
from runtime.database.stream_batches import take_in
from runtime.logs import logger
from runtime.messaging.jetstream import sequence_of
from services.desk.knowledge.questions import OTHER, Questions
from services.desk.metrics import Metrics

LOG = logger(__name__)
NONE = "none"
MOST_TOPICS = 50
YEARS = range(2020, 2200)
"""Outside of them no clock was right, and no time zone may have a day."""
_DEAD = UUID("5a0d6f0e-8d57-4f0b-9d4e-2f3e6a0c41b7")
Item = Question | Row


class QuestionConsumer:
    """Reads the stream and has it counted."""

    def __init__(self, questions: Questions, clock: Clock, metrics: Metrics) -> None:
        self._questions = questions
        self._topics: set[str] = set()
        self._clock = clock
        self._metrics = metrics

    def read(self, message: Msg) -> tuple[Msg, Item]:
        """Read one message; one that cannot be read becomes a dead letter."""
        try:
            question = QUESTION.validate_json(message.data)
        except ValidationError as error:
            return message, self._dead(message, "undecodable", f"{error.error_count()} errors")
        if question.at.year not in YEARS:
            return message, self._dead(message, "undecodable", f"was asked in the year {question.at.year}")
        return message, question

    async def handle(self, batch: list[tuple[Msg, Item]]) -> None:
        """Take a batch in, then ack it; one by one where the database refuses the data of one of them."""
        self._metrics.postponed.inc(await take_in(batch, self._take, self._dead))

    async def _take(self, items: Sequence[Item]) -> None:
        dead = [item for item in items if isinstance(item, Row)]
        taken = await self._questions.take([item for item in items if isinstance(item, Question)], dead)
        for one in taken.counted:
            self._metrics.questions.labels(one.kind, one.language, self._topic(one.topic)).inc(one.count)
        self._metrics.unkept.inc(taken.unkept)
        self._metrics.unreadable.inc(len(dead))

    def _topic(self, topic: str) -> str:
        """Return a topic as metrics name it: editors make topics up, and there may be only so many."""
        if len(self._topics) < MOST_TOPICS:
            self._topics.add(topic)
        return (topic or NONE) if topic in self._topics else OTHER

    def _dead(self, message: Msg, reason: str, detail: str) -> Row:
        LOG.error("a question is dead", sequence=sequence_of(message), reason=reason, detail=detail)
        letter = DeadLetter.of(message, reason, detail, self._clock.now())
        return Row(dead_letter_id(_DEAD, message), DEAD_QUESTIONS_SUBJECT, letter.encoded())
