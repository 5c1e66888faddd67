"""What the tracker tells the notifier about notices that must not be sent any more."""

from typing import Annotated, Literal

from pydantic import AwareDatetime, Field, TypeAdapter

from contracts.messages.base import Message
from contracts.messages.ids import NoticeId


class Withdrawal(Message):
    """Notices that end as withdrawn unless they have ended already, subject `docwatch.withdrawal.v1`.

    It may overtake the notices themselves: one that comes later ends as withdrawn, too.
    """

    version: Literal[1] = 1
    notice_ids: Annotated[tuple[NoticeId, ...], Field(min_length=1, max_length=1000)]
    reason: Literal["publisher", "stopped"]
    at: AwareDatetime


WITHDRAWAL = TypeAdapter(Withdrawal)
