"""A message that cannot be processed, kept whole with the reason why."""

from typing import Literal

from pydantic import AwareDatetime, Base64Bytes, TypeAdapter

from contracts.messages.base import Message


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


DEAD_LETTER = TypeAdapter(DeadLetter)
