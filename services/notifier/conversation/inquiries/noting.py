"""What became of questions, for who counts: a message for the desk, and a metric."""

from collections.abc import Container
from datetime import datetime
from uuid import uuid4

from contracts.knowledge import LABELS
from contracts.messages.desk.question import Question
from contracts.streams import QUESTION_SUBJECT
from runtime.database.outbox import Row
from services.notifier.domain.actions import Note
from services.notifier.metrics import AccountMetrics

OTHER = "other"
"""The topic in metrics of answers whose own one came up at run time: labels are of closed sets only."""


def row(note: Note, language: str, at: datetime) -> Row:
    """Return the message that tells the desk; its name is drawn, so that nothing leads back to who asked."""
    question = Question(
        question_id=uuid4(),
        kind=note.kind,
        language=language,
        answer=note.answer,
        topic=note.topic if note.answer is None and note.topic in LABELS else None,
        text=note.text,
        at=at,
    )
    return Row(question.question_id, QUESTION_SUBJECT, question.model_dump_json(exclude_none=True).encode())


def count(metrics: AccountMetrics, note: Note, language: str, topics: Container[str]) -> None:
    """Count it by what became of it, by language and by topic."""
    topic = note.topic if note.topic in topics else OTHER
    metrics.questions.labels(kind=note.kind.value, language=language, topic=topic).inc()
