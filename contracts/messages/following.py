"""What a recipient may ask the tracker: of a document they follow, of all it holds, and to be one person."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field, TypeAdapter

from contracts.messages.base import Code, Message
from contracts.messages.ids import RecipientId, SubscriptionId
from contracts.messages.rpc import (
    RPC_PREFIX,
    Followed,
    Refused,
    Token,
)

HISTORY = f"{RPC_PREFIX}.history"
SHARE = f"{RPC_PREFIX}.share"
EXPORT = f"{RPC_PREFIX}.export"
JOIN = f"{RPC_PREFIX}.join"


class HistoryQuery(Message):
    """Ask for the way of one document; refused as invalid where the recipient does not follow it."""

    recipient_id: RecipientId
    subscription_id: SubscriptionId


class Moment(Message):
    """One stage that the document reached, as the fold tells it."""

    stage: Code
    office: Code | None = None
    occurred_at: AwareDatetime


class History(Message):
    """The way of one document, oldest first, and since when each person follows it.

    `followers` includes the one who asks, oldest first; nothing in it says who the others are.
    """

    result: Literal["history"] = "history"
    followed: Followed
    moments: tuple[Moment, ...]
    followers: tuple[AwareDatetime, ...]


class Share(Message):
    """Let one more person follow; idempotent on `share_id`, which the asker makes up.

    Refused with `limit` where too many shares are open or too many people follow already, with the problem
    `lapsed` where the receipt that the asker follows by was revoked or issued again.
    """

    recipient_id: RecipientId
    subscription_id: SubscriptionId
    share_id: UUID


class Shared(Message):
    """The right to follow, for one person, until `expires_at`; the token is redeemed like a receipt's."""

    result: Literal["shared"] = "shared"
    token: Token
    expires_at: AwareDatetime


class ExportQuery(Message):
    """Ask for everything that is held about a recipient."""

    recipient_id: RecipientId


class Holding(Message):
    """One subscription, past or present: what was consented to, what the document did, what was told."""

    subscription_id: SubscriptionId
    document_type: Code
    masked: str
    consent_version: str
    consented_at: AwareDatetime
    since: AwareDatetime
    ended_at: AwareDatetime | None = None
    ended_by: str | None = None
    moments: tuple[Moment, ...] = ()
    notices: int = 0


class Exported(Message):
    """Everything held about a recipient, oldest subscription first."""

    result: Literal["exported"] = "exported"
    holdings: tuple[Holding, ...]


class Join(Message):
    """Two recipients are one person: all that `joining` follows is followed by `into`. Idempotent.

    Of two joins of the same pair in both directions one wins. Refused as invalid where one of them is
    forgotten.
    """

    joining: RecipientId
    into: RecipientId


class FollowedTwice(Message):
    """A document that both followed: one subscription stays, and what names the ended one means it."""

    ended: SubscriptionId
    stays: SubscriptionId


class Joined(Message):
    """The two are one person, `into`: for ever, unless that one joins somebody in turn.

    `into` is who they are now, whichever direction was asked for. `moved` and `already_followed` are of the
    moment when they became one, however often it is asked: subscriptions that went over, and documents that
    both followed.
    """

    result: Literal["joined"] = "joined"
    into: RecipientId
    moved: int
    already_followed: tuple[FollowedTwice, ...] = ()


HistoryReply = Annotated[History | Refused, Field(discriminator="result")]
ShareReply = Annotated[Shared | Refused, Field(discriminator="result")]
ExportReply = Annotated[Exported | Refused, Field(discriminator="result")]
JoinReply = Annotated[Joined | Refused, Field(discriminator="result")]

HISTORY_REPLY: TypeAdapter[History | Refused] = TypeAdapter(HistoryReply)
SHARE_REPLY: TypeAdapter[Shared | Refused] = TypeAdapter(ShareReply)
EXPORT_REPLY: TypeAdapter[Exported | Refused] = TypeAdapter(ExportReply)
JOIN_REPLY: TypeAdapter[Joined | Refused] = TypeAdapter(JoinReply)
