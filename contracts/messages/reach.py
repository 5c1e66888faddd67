"""What the tracker tells ingest: how many of the people that an event concerns were reached."""

from collections.abc import Mapping
from typing import Literal

from pydantic import AwareDatetime, TypeAdapter

from contracts.messages.base import Code, Message
from contracts.messages.delivery import DeliveryEnd
from contracts.messages.ids import EventId, Publisher


class Reach(Message):
    """The ends of all notices of one event, sent when the last has ended, subject `docwatch.reach.v1`.

    `ends` counts notices by end. Those accepted are the people reached, less `failed` of them, of whom the
    messenger told later that it did not reach them. Sent again when that changes: the latest `at` counts.
    `document_type` and `office` are the event's; a version before this one does not say them.
    """

    version: Literal[1] = 1
    publisher: Publisher
    event_id: EventId
    document_type: Code | None = None
    office: Code | None = None
    notices: int
    ends: Mapping[DeliveryEnd, int]
    failed: int = 0
    at: AwareDatetime


REACH = TypeAdapter(Reach)
