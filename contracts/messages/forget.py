"""What the notifier tells the tracker when a person wants to be forgotten."""

from typing import Literal

from pydantic import AwareDatetime, TypeAdapter

from contracts.messages.base import Message
from contracts.messages.ids import RecipientId


class Forget(Message):
    """Erase every link between a recipient and anything else, subject `docwatch.forget.v1`; idempotent."""

    version: Literal[1] = 1
    recipient_id: RecipientId
    at: AwareDatetime


FORGET = TypeAdapter(Forget)
