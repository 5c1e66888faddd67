"""People to call by phone: the desk asks the tracker whom, and tells it how each call went.

Nothing here names a person: a call is known by the subscription of who was not reached.
"""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field, StringConstraints, TypeAdapter

from contracts.messages.base import Code, Message
from contracts.messages.delivery import DeliveryEnd
from contracts.messages.ids import EventId, Publisher, SubscriptionId
from contracts.messages.rpc import RPC_PREFIX, Refused

CALLS = f"{RPC_PREFIX}.calls"
CALLS_OVER = f"{RPC_PREFIX}.calls_over"
AT_ONCE = 500
"""So many calls go into one question."""

CallResult = Literal["reached", "no_answer", "wrong_number", "later", "wants"]
"""How a call went: told; nobody answered; another's number; asked for another time, for something."""
Wish = Literal["representative", "new_receipt", "person", "no_calls"]
"""What somebody wants: that another collects it; a new receipt; to speak to the agency; no calls."""
Settled = Literal["reached", "moved", "finished", "withdrawn", "stopped", "called", "unknown"]
"""Why nobody is to be called any more.

A message arrived after all; the document is at another stage, or at its end; the event was withdrawn; the
person follows it no more; they were called; the tracker knows nothing of it.
"""
Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}$")]


class CallsQuery(Message):
    """Ask for people to call, in the order in which they were not reached; `after` comes from an answer.

    `since`: only those who were not reached later than this.
    """

    after: int = Field(default=0, ge=0)
    since: AwareDatetime
    limit: int = Field(default=AT_ONCE, ge=1, le=AT_ONCE)


class CallEntry(Message):
    """Somebody whom no message about the present state of their document reached.

    `number` orders all entries and grows when a later message reaches the same person as little; a restored
    tracker gives others, so that nothing but the order is read from it. `event_id`
    and `receipt_id` are the publisher's own names, by which its system finds the number to call; the receipt
    is None where another publisher issued it. `end` and `reason` say why no message arrived, `at` when that
    was known. `missing` papers and the `note` are codes of the catalogue. `language` is the person's, where
    the notifier knew it.
    """

    call_id: SubscriptionId
    number: int = Field(ge=1)
    publisher: Publisher
    event_id: EventId
    receipt_id: str | None = None
    document_type: Code
    stage: Code
    office: Code | None = None
    missing: tuple[Code, ...] = ()
    note: Code | None = None
    language: Language | None = None
    end: DeliveryEnd
    reason: str | None = None
    at: AwareDatetime


class CallsAnswer(Message):
    """A page; `after` asks for what comes later, and `more` tells that there is more now."""

    result: Literal["calls"] = "calls"
    rows: tuple[CallEntry, ...]
    after: int
    more: bool = False


class CallAsked(Message):
    """One entry that the desk holds: who was not told of which event."""

    call_id: SubscriptionId
    publisher: Publisher
    event_id: EventId


class CallsOverQuery(Message):
    """Ask which of these need no call any more."""

    calls: Annotated[tuple[CallAsked, ...], Field(max_length=AT_ONCE)]


class CallOver(CallAsked):
    """One entry about which nobody is to be called, and why."""

    why: Settled


class CallsOverAnswer(Message):
    """Those that are over; all others of the question stand."""

    result: Literal["calls_over"] = "calls_over"
    over: tuple[CallOver, ...]


class CallMade(Message):
    """How one call went, subject `docwatch.call.v1`; `made_id` tells calls apart, however often it is told.

    `tries` counts the calls to this person until now. `wants` stands with the result of that name, `again_at`
    with one after which they are to be called again. `over`: nobody calls them about this any more.
    """

    version: Literal[1] = 1
    made_id: UUID
    call_id: SubscriptionId
    publisher: Publisher
    event_id: EventId
    result: CallResult
    wants: Wish | None = None
    again_at: AwareDatetime | None = None
    tries: int = Field(ge=1)
    over: bool
    at: AwareDatetime


class Called(Message):
    """How one call about an event of a publisher's went, subject `docwatch.called.v1`; as in `CallMade`.

    Several people may follow one document, each by a receipt of their own or of another's.
    """

    version: Literal[1] = 1
    publisher: Publisher
    event_id: EventId
    receipt_id: str | None = None
    document_type: Code
    stage: Code
    office: Code | None = None
    result: CallResult
    wants: Wish | None = None
    again_at: AwareDatetime | None = None
    tries: int
    over: bool
    at: AwareDatetime


CallsReply = Annotated[CallsAnswer | Refused, Field(discriminator="result")]
CallsOverReply = Annotated[CallsOverAnswer | Refused, Field(discriminator="result")]

CALL_MADE = TypeAdapter(CallMade)
CALLED = TypeAdapter(Called)
CALLS_REPLY: TypeAdapter[CallsAnswer | Refused] = TypeAdapter(CallsReply)
CALLS_OVER_REPLY: TypeAdapter[CallsOverAnswer | Refused] = TypeAdapter(CallsOverReply)
