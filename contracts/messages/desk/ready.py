"""What the desk and ingest ask the tracker about documents to be handed over, by names that say nothing."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, TypeAdapter

from contracts.messages.base import Code, Message
from contracts.messages.ids import Publisher, RecipientId, SubscriptionId
from contracts.messages.rpc import RPC_PREFIX, ReceiptId, Refused

READY = f"{RPC_PREFIX}.ready"
RECEIPTS = f"{RPC_PREFIX}.receipts"
MOST_ASKED = 200
"""How many one question may be about."""


class OneAsked(Message):
    """Somebody and what they say that they follow."""

    recipient_id: RecipientId
    subscription_id: SubscriptionId


class ReadyQuery(Message):
    """Ask which of these people follow a document that waits for its owner at an office."""

    asked: tuple[OneAsked, ...] = Field(max_length=MOST_ASKED)


class Ready(Message):
    """A document that is ready, and who follows it as they are called now.

    `application` is an opaque name of the application, always the same; only the tracker can tell what it
    stands for. `publisher` is who said where the document is.
    """

    application: UUID
    recipient_id: RecipientId
    subscription_id: SubscriptionId
    publisher: Publisher
    document_type: Code
    stage: Code
    office: Code


class ReadyAnswer(Message):
    """One entry for each that was asked, in order; None: they do not follow it, or it is not ready."""

    result: Literal["ready"] = "ready"
    ready: tuple[Ready | None, ...]


class ReceiptsQuery(Message):
    """Ask under which receipts a publisher knows applications."""

    publisher: Publisher
    applications: tuple[UUID, ...] = Field(max_length=1000)


class ReceiptsAnswer(Message):
    """The newest receipt of the publisher's for each application, in order; None: it has none."""

    result: Literal["receipts"] = "receipts"
    receipts: tuple[ReceiptId | None, ...]


ReadyReply = Annotated[ReadyAnswer | Refused, Field(discriminator="result")]
ReceiptsReply = Annotated[ReceiptsAnswer | Refused, Field(discriminator="result")]
READY_REPLY: TypeAdapter[ReadyAnswer | Refused] = TypeAdapter(ReadyReply)
RECEIPTS_REPLY: TypeAdapter[ReceiptsAnswer | Refused] = TypeAdapter(ReceiptsReply)
