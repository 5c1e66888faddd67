"""Questions to the tracker over core NATS; every answer is a union, so a refusal is never a time-out."""

from datetime import date
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field, StringConstraints, TypeAdapter

from contracts.ids import ApplicationKey, Publisher, RecipientId, SubscriptionId
from contracts.message import Code, Hex64, Message

RPC_PREFIX = "docwatch.rpc.tracker.v1"
ISSUE = f"{RPC_PREFIX}.issue"
REDEEM = f"{RPC_PREFIX}.redeem"
STATUS = f"{RPC_PREFIX}.status"
STOP = f"{RPC_PREFIX}.stop"

Token = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{22}$")]
"""128 bits in base64url without padding: what a deep link carries."""

TypedCode = Annotated[str, StringConstraints(pattern=r"^[0-9A-HJKMNP-TV-Z]{13}$")]
"""12 Crockford base32 characters and a check character (an alphabet character too)."""


class Refused(Message):
    """The uniform answer to what may not be done; `reason` is for logs and tests, never for citizens."""

    result: Literal["refused"] = "refused"
    reason: Literal["invalid", "limit", "unavailable"]


class IssueClaim(Message):
    """Give the holder of a receipt the right to follow one application; idempotent on the receipt.

    `document_type` and `masked` describe the application's row, which this creates where there is none.
    """

    publisher: Publisher
    receipt_id: Annotated[str, StringConstraints(min_length=1, max_length=128)]
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
    """Use a claim for a recipient who has consented; idempotent per claim and recipient."""

    token: Token | None = None
    code: TypedCode | None = None
    recipient_id: RecipientId
    consent_version: str
    consented_at: AwareDatetime


class Followed(Message):
    """One document that a recipient follows and where it is; `stage` is None before the first event."""

    subscription_id: SubscriptionId
    document_type: Code
    masked: str
    revision: int
    stage: Code | None = None
    office: Code | None = None
    occurred_at: AwareDatetime | None = None
    expected_at: date | None = None
    missing: tuple[Code, ...] = ()
    note: Code | None = None
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


IssueReply = Annotated[Issued | Refused, Field(discriminator="result")]
RedeemReply = Annotated[Redeemed | Refused, Field(discriminator="result")]
StatusReply = Annotated[StatusAnswer | Refused, Field(discriminator="result")]
StopReply = Annotated[Stopped | Refused, Field(discriminator="result")]

ISSUE_REPLY: TypeAdapter[Issued | Refused] = TypeAdapter(IssueReply)
REDEEM_REPLY: TypeAdapter[Redeemed | Refused] = TypeAdapter(RedeemReply)
STATUS_REPLY: TypeAdapter[StatusAnswer | Refused] = TypeAdapter(StatusReply)
STOP_REPLY: TypeAdapter[Stopped | Refused] = TypeAdapter(StopReply)
