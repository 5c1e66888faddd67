"""Questions to the tracker over core NATS; every answer is a union, so a refusal is never a time-out."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field, StringConstraints, TypeAdapter

from contracts.messages.base import Code, Hex64, Message
from contracts.messages.delivery import DeliveryEnd, Receipt
from contracts.messages.ids import (
    ApplicationKey,
    EventId,
    Publisher,
    RecipientId,
    SubscriptionId,
)
from contracts.messages.outcome import Problem, SaidEffect
from contracts.messages.stage import StageFields

RPC_PREFIX = "docwatch.rpc.tracker.v1"
ISSUE = f"{RPC_PREFIX}.issue"
REDEEM = f"{RPC_PREFIX}.redeem"
CLAIM = f"{RPC_PREFIX}.claim"
STATUS = f"{RPC_PREFIX}.status"
STOP = f"{RPC_PREFIX}.stop"
REVOKE = f"{RPC_PREFIX}.revoke"
EVENT = f"{RPC_PREFIX}.event"
UNREACHED = f"{RPC_PREFIX}.unreached"

Token = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{22}$")]
"""128 bits in base64url without padding: what a deep link carries."""

TypedCode = Annotated[str, StringConstraints(pattern=r"^[0-9A-HJKMNP-TV-Z]{13}$")]
"""12 Crockford base32 characters and a check character (an alphabet character too)."""

ReceiptId = Annotated[str, StringConstraints(min_length=1, max_length=128)]
"""The publisher's own name for a receipt."""


class Refused(Message):
    """The uniform answer to what may not be done; `reason` is for logs and tests, never for citizens.

    Two may be told: `too_many`, that the recipient follows as many documents as the agency allows, and
    `limit` with `again_at`, that typed codes are not looked at before this instant. `problem` says more of
    `invalid` to whom it concerns: to a publisher that the application is another's (`foreign`), to who
    follows a document that the receipt they came by does not stand any more (`lapsed`).
    """

    result: Literal["refused"] = "refused"
    reason: Literal["invalid", "limit", "too_many", "unavailable"]
    again_at: AwareDatetime | None = None
    problem: Literal["foreign", "lapsed"] | None = None


class IssueClaim(Message):
    """Give the holder of a receipt the right to follow one application; idempotent on the receipt.

    `document_type` and `masked` describe the application's row, which this creates where there is none.
    """

    publisher: Publisher
    receipt_id: ReceiptId
    generation: int = Field(ge=1)
    application_key: Annotated[ApplicationKey, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
    masked: Annotated[str, StringConstraints(max_length=16)]
    document_type: Code
    token_hash: Hex64
    code_hash: Hex64


class Issued(Message):
    """The claim stands; `created` tells a first issue from a repeated one."""

    result: Literal["issued"] = "issued"
    created: bool


class Redeem(Message):
    """Use a claim for a recipient who has consented; idempotent per claim and recipient.

    `redeem_id` is the same in a call that is made again. `typist` comes with a typed code: a keyed hash of
    the chat, by which wrong codes are counted whoever its recipient is; no address can be told from it.
    """

    token: Token | None = None
    code: TypedCode | None = None
    recipient_id: RecipientId
    consent_version: str
    consented_at: AwareDatetime
    redeem_id: UUID | None = None
    typist: Hex64 | None = None


class ClaimQuery(Message):
    """Ask whether a token is one that may be used; nothing is used up by it."""

    token: Token


class ClaimStands(Message):
    """The token's claim stands: neither unknown nor revoked nor expired."""

    result: Literal["stands"] = "stands"


class Followed(StageFields):
    """One document that a recipient follows and where it is; `stage` is None before the first event.

    `expected_at` is the publisher's date, or else the calendar's of business days; `expected_before` is the
    date that it took the place of, where it moved. `overdue`: the date has passed without the next stage.
    """

    subscription_id: SubscriptionId
    document_type: Code
    masked: str
    revision: int
    stage: Code | None = None
    occurred_at: AwareDatetime | None = None
    expected_from: Literal["publisher", "calendar"] | None = None
    expected_before: date | None = None
    overdue: bool = False
    since: AwareDatetime


class Redeemed(Message):
    """The recipient follows the document; `created` is False where they already did."""

    result: Literal["redeemed"] = "redeemed"
    created: bool
    followed: Followed


class StatusQuery(Message):
    """Ask for everything a recipient follows."""

    recipient_id: RecipientId


class StatusAnswer(Message):
    """What the recipient follows, oldest subscription first."""

    result: Literal["status"] = "status"
    followed: tuple[Followed, ...]


class Stop(Message):
    """End one subscription of a recipient, or all where none is named; idempotent."""

    recipient_id: RecipientId
    subscription_id: SubscriptionId | None = None


class Stopped(Message):
    """How many subscriptions this call ended."""

    result: Literal["stopped"] = "stopped"
    ended: int


class RevokeClaim(Message):
    """End a receipt's right to be redeemed; who follows already keeps following. Idempotent."""

    publisher: Publisher
    receipt_id: ReceiptId


class Revoked(Message):
    """The claim is revoked; `changed` tells the first revocation from a repeated one."""

    result: Literal["revoked"] = "revoked"
    changed: bool


class EventQuery(Message):
    """Ask what became of one event of the publisher's."""

    publisher: Publisher
    event_id: EventId


class EndCount(Message):
    """How many notices of an event came to one end for one reason.

    Accepted for the reason `failed` are those of which the messenger told later that it reached nobody.
    """

    end: DeliveryEnd
    reason: str | None = None
    notices: int

    @property
    def reached(self) -> bool:
        """Tell whether these people were told, as far as anybody knows."""
        return self.end is DeliveryEnd.ACCEPTED and self.reason != Receipt.FAILED


class EventAnswer(Message):
    """What an event did and how its notices ended: `notices` is the sum of `ends` and `pending`.

    For an event that took no effect `reason` says why; the first body under an identity that stands speaks
    before all that came later under it. `contracts.messages.outcome.meant` reads `effect` and `problem`.
    """

    result: Literal["event"] = "event"
    effect: SaidEffect
    problem: Problem | None = None
    document_type: Code | None = None
    stage: Code | None = None
    office: Code | None = None
    reason: str | None = None
    notices: int = 0
    pending: int = 0
    ends: tuple[EndCount, ...] = ()
    at: AwareDatetime


class UnreachedQuery(Message):
    """Ask for people who were not told, in the order of their ends; `after` is a cursor from an answer.

    With `office` or `stage` only those whose event names it, with `documents` or `offices` only those of one
    of these.
    """

    publisher: Publisher
    office: Code | None = None
    stage: Code | None = None
    documents: tuple[str, ...] | None = None
    offices: tuple[str, ...] | None = None
    after: int = Field(default=0, ge=0)
    limit: int = Field(default=100, ge=1, le=1000)


class Unreached(Message):
    """One notice that reached nobody, by the publisher's own ids.

    `receipt_id` is None where the receipt is another publisher's; `cursor` orders the rows of a publisher.
    `end` and `reason` are as in `EndCount`.
    """

    cursor: int
    event_id: EventId
    receipt_id: str | None = None
    document_type: Code
    stage: Code
    office: Code | None = None
    end: DeliveryEnd
    reason: str | None = None
    at: AwareDatetime


class UnreachedAnswer(Message):
    """A page; `after` asks for the next one, and stays what it was where there are no rows."""

    result: Literal["unreached"] = "unreached"
    rows: tuple[Unreached, ...]
    after: int


IssueReply = Annotated[Issued | Refused, Field(discriminator="result")]
RedeemReply = Annotated[Redeemed | Refused, Field(discriminator="result")]
ClaimReply = Annotated[ClaimStands | Refused, Field(discriminator="result")]
StatusReply = Annotated[StatusAnswer | Refused, Field(discriminator="result")]
StopReply = Annotated[Stopped | Refused, Field(discriminator="result")]
RevokeReply = Annotated[Revoked | Refused, Field(discriminator="result")]
EventReply = Annotated[EventAnswer | Refused, Field(discriminator="result")]
UnreachedReply = Annotated[UnreachedAnswer | Refused, Field(discriminator="result")]

ISSUE_REPLY: TypeAdapter[Issued | Refused] = TypeAdapter(IssueReply)
REDEEM_REPLY: TypeAdapter[Redeemed | Refused] = TypeAdapter(RedeemReply)
CLAIM_REPLY: TypeAdapter[ClaimStands | Refused] = TypeAdapter(ClaimReply)
STATUS_REPLY: TypeAdapter[StatusAnswer | Refused] = TypeAdapter(StatusReply)
STOP_REPLY: TypeAdapter[Stopped | Refused] = TypeAdapter(StopReply)
REVOKE_REPLY: TypeAdapter[Revoked | Refused] = TypeAdapter(RevokeReply)
EVENT_REPLY: TypeAdapter[EventAnswer | Refused] = TypeAdapter(EventReply)
UNREACHED_REPLY: TypeAdapter[UnreachedAnswer | Refused] = TypeAdapter(UnreachedReply)
