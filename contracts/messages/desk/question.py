"""What the notifier tells the desk: how a question was answered, and what nobody could answer."""

from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, StringConstraints, TypeAdapter

from contracts.messages.base import AnswerId, Code, Message

LONGEST_MISS = 200
"""Letters of a missed question that are kept."""


class QuestionKind(StrEnum):
    """What became of a question: told at once, offered among near ones, or nothing was found.

    `confirmed` and `denied`: what the person said to "was this it?".
    """

    UNDERSTOOD = "understood"
    NEAR = "near"
    MISSED = "missed"
    CONFIRMED = "confirmed"
    DENIED = "denied"


class Question(Message):
    """One question of a citizen, subject `docwatch.question.v1`; nothing in it says whose.

    `question_id` is made up by the sender and is the same in a message that is sent again; it counts once.
    `answer` is the one told, confirmed or denied, or the nearest one. `topic` is what the question is counted
    under where there is none: the label of what the bot did itself, or knows and has no answer for. `text`
    comes with `missed` alone, without numbers and names of documents.
    """

    version: Literal[1] = 1
    question_id: UUID
    kind: QuestionKind
    language: Code
    answer: AnswerId | None = None
    topic: Code | None = None
    text: Annotated[str, StringConstraints(max_length=LONGEST_MISS)] | None = None
    at: AwareDatetime


QUESTION: TypeAdapter[Question] = TypeAdapter(Question)
