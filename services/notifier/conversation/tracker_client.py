"""What the notifier asks the tracker; every answer is the tracker's own or `RpcUnavailableError`."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol, TypeVar
from uuid import UUID

from nats.aio.client import Client
from pydantic import BaseModel, TypeAdapter

from contracts.messages import following, rpc
from contracts.messages.following import (
    Exported,
    ExportQuery,
    History,
    HistoryQuery,
    Join,
    Joined,
    Share,
    Shared,
)
from contracts.messages.ids import RecipientId, SubscriptionId
from contracts.messages.rpc import (
    ClaimQuery,
    ClaimStands,
    Redeem,
    Redeemed,
    Refused,
    StatusAnswer,
    StatusQuery,
    Stop,
    Stopped,
)
from runtime.messaging.jetstream import RpcUnavailableError, call

T = TypeVar("T")


@dataclass(frozen=True)
class Claim:
    """A receipt's secret to use, for whom, and the identity of the call, the same when it is made again.

    `typist` names the chat to the tracker where the secret was typed.
    """

    kind: Literal["token", "code"]
    secret: str
    recipient: RecipientId
    consented_at: datetime
    redeem_id: UUID
    typist: str


class Tracker(Protocol):
    """The tracker as the conversation needs it.

    The handler calls it, for several chats at once, and cancels a call when the time of its batch is over.
    Every method may raise RpcUnavailableError: what was asked may have been done, and may be asked again.
    """

    async def redeem(self, claim: Claim) -> Redeemed | Refused:
        """Use a claim for a recipient who has consented; idempotent."""
        ...

    async def stands(self, token: str) -> bool:
        """Tell whether a receipt's or a share's token could be used; nothing is used up."""
        ...

    async def status(self, recipient: RecipientId) -> StatusAnswer | Refused:
        """Return what a recipient follows."""
        ...

    async def stop(self, recipient: RecipientId, subscription: UUID | None) -> Stopped | Refused:
        """End one subscription of a recipient, or all; idempotent."""
        ...

    async def history(self, recipient: RecipientId, subscription: UUID) -> History | Refused:
        """Return the way of one document that a recipient follows."""
        ...

    async def share(self, recipient: RecipientId, subscription: UUID, share: UUID) -> Shared | Refused:
        """Return the right to follow for one more person; idempotent on `share`."""
        ...

    async def export(self, recipient: RecipientId) -> Exported | Refused:
        """Return everything that is held about a recipient."""
        ...

    async def join(self, joining: RecipientId, into: RecipientId) -> Joined | Refused:
        """Let two recipients be one person, the answer's `into`; idempotent."""
        ...


@dataclass(frozen=True)
class RpcTracker:
    """The tracker over NATS."""

    client: Client
    consent_version: str

    async def redeem(self, claim: Claim) -> Redeemed | Refused:
        """Use a claim for a recipient who has consented; idempotent."""
        typed = claim.kind == "code"
        request = Redeem(
            token=None if typed else claim.secret,
            code=claim.secret if typed else None,
            recipient_id=claim.recipient,
            consent_version=self.consent_version,
            consented_at=claim.consented_at,
            redeem_id=claim.redeem_id,
            typist=claim.typist if typed else None,
        )
        return await self._ask(rpc.REDEEM, request, rpc.REDEEM_REPLY)

    async def stands(self, token: str) -> bool:
        """Tell whether a receipt's or a share's token could be used; nothing is used up."""
        answer = await self._ask(rpc.CLAIM, ClaimQuery(token=token), rpc.CLAIM_REPLY)
        return isinstance(answer, ClaimStands)

    async def status(self, recipient: RecipientId) -> StatusAnswer | Refused:
        """Return what a recipient follows."""
        return await self._ask(rpc.STATUS, StatusQuery(recipient_id=recipient), rpc.STATUS_REPLY)

    async def stop(self, recipient: RecipientId, subscription: UUID | None) -> Stopped | Refused:
        """End one subscription of a recipient, or all; idempotent."""
        named = None if subscription is None else SubscriptionId(subscription)
        request = Stop(recipient_id=recipient, subscription_id=named)
        return await self._ask(rpc.STOP, request, rpc.STOP_REPLY)

    async def history(self, recipient: RecipientId, subscription: UUID) -> History | Refused:
        """Return the way of one document that a recipient follows."""
        request = HistoryQuery(recipient_id=recipient, subscription_id=SubscriptionId(subscription))
        return await self._ask(following.HISTORY, request, following.HISTORY_REPLY)

    async def share(self, recipient: RecipientId, subscription: UUID, share: UUID) -> Shared | Refused:
        """Return the right to follow for one more person; idempotent on `share`."""
        request = Share(recipient_id=recipient, subscription_id=SubscriptionId(subscription), share_id=share)
        return await self._ask(following.SHARE, request, following.SHARE_REPLY)

    async def export(self, recipient: RecipientId) -> Exported | Refused:
        """Return everything that is held about a recipient."""
        request = ExportQuery(recipient_id=recipient)
        return await self._ask(following.EXPORT, request, following.EXPORT_REPLY)

    async def join(self, joining: RecipientId, into: RecipientId) -> Joined | Refused:
        """Let two recipients be one person, the answer's `into`; idempotent."""
        return await self._ask(following.JOIN, Join(joining=joining, into=into), following.JOIN_REPLY)

    async def _ask(self, subject: str, request: BaseModel, reply: TypeAdapter[T]) -> T:
        """Return the answer; "unavailable" says as little about what was done as no answer does."""
        answer = await call(self.client, subject, request, reply)
        if isinstance(answer, Refused) and answer.reason == "unavailable":
            raise RpcUnavailableError(f"{subject}: the tracker cannot tell what became of it")
        return answer
