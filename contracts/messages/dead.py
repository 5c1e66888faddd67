"""A message that cannot be processed, kept whole with the reason why."""

import base64
from datetime import datetime
from typing import Literal, Protocol, Self
from uuid import UUID, uuid5

from pydantic import AwareDatetime, Base64Bytes, TypeAdapter

from contracts.messages.base import Message


class Place(Protocol):
    """A number in a stream."""

    @property
    def stream(self) -> int:
        """The message's number, which no other message of the stream has."""


class Metadata(Protocol):
    """What a stream says of a message."""

    @property
    def stream(self) -> str:
        """The stream's name."""

    @property
    def sequence(self) -> Place:
        """Where the message stands."""

    @property
    def timestamp(self) -> datetime:
        """When the stream took the message."""


class StreamMessage(Protocol):
    """A message as it came from a stream."""

    @property
    def subject(self) -> str:
        """Where it was published."""

    @property
    def data(self) -> bytes:
        """What it says."""

    @property
    def metadata(self) -> Metadata:
        """What the stream says of it."""


class DeadLetter(Message):
    """One undecodable or harmful message, subjects `docwatch.dead.v1.*`."""

    version: Literal[1] = 1
    stream: str
    stream_sequence: int
    subject: str
    reason: str
    detail: str
    payload: Base64Bytes
    at: AwareDatetime

    @classmethod
    def of(cls, message: StreamMessage, reason: str, detail: str, at: datetime) -> Self:
        """Return the letter about a message, which holds the message's bytes."""
        metadata = message.metadata
        return cls(
            stream=metadata.stream,
            stream_sequence=metadata.sequence.stream,
            subject=message.subject,
            reason=reason,
            detail=detail,
            payload=base64.b64encode(message.data),
            at=at,
        )


def dead_letter_id(namespace: UUID, message: StreamMessage) -> UUID:
    """Return the identity of the letter about a message: the same, however often the message comes."""
    metadata = message.metadata
    # The time tells apart the sequences of a stream that was made anew.
    return uuid5(namespace, f"{metadata.sequence.stream}\x1f{metadata.timestamp.isoformat()}")


DEAD_LETTER = TypeAdapter(DeadLetter)
