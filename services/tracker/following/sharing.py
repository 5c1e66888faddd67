"""Sharing: whoever follows a document lets one more person follow it, by a claim beside the receipt's own.

Only a receipt that stands gives a share, and only to who used it, or a share of it, as it stands: whoever
came by one that was revoked or issued again goes on following and shares nothing on. A share stands only
while its receipt's claim does: a receipt that is revoked, or issued again, takes its unused shares along. The
token is derived, so that asking again shows the same one and none is stored.
"""

from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from hmac import digest
from uuid import UUID, uuid5

from contracts.claims import claim_hash
from contracts.messages.following import Share, Shared
from contracts.messages.ids import ApplicationKey, RecipientId, SubscriptionId
from contracts.messages.rpc import Refused
from runtime.clock import Clock
from runtime.crypto import derive
from runtime.database import sql
from runtime.database.postgres import (
    Connection,
    Pool,
    transaction,
)
from services.tracker.following.claims import INVALID, LIMIT
from services.tracker.following.people import acting_for, lock_person
from services.tracker.store.applications import lock

SQL = sql.load("services.tracker.following", "sharing.sql")
TOKEN_BYTES = 16
LAPSED = Refused(reason="invalid", problem="lapsed")
_NAMESPACE = UUID("5d1f7b6a-0c0e-4f0c-9a3e-2b64c1c5e0d7")


@dataclass(frozen=True, slots=True)
class ShareLimits:
    """How many shares of a document a person may have open, for how long, and how many may follow it."""

    open: int
    life: timedelta
    followers: int


def share_id(subscription: SubscriptionId, named: UUID, receipt: UUID, generation: int) -> UUID:
    """Return a share's identity: a subscription, the name that its asker gave, the receipt as it stands."""
    return uuid5(_NAMESPACE, f"{subscription}/{named}/{receipt}/{generation}")


def share_token(receipt_key: bytes, share: UUID) -> str:
    """Return a share's token, 22 characters; derived for a purpose of its own, so never a receipt's."""
    token = digest(derive(receipt_key, "share"), share.bytes, "sha256")[:TOKEN_BYTES]
    return urlsafe_b64encode(token).rstrip(b"=").decode()


class Sharing:
    """The use case of somebody who lets one more person follow."""

    def __init__(self, pool: Pool, clock: Clock, receipt_key: bytes, limits: ShareLimits) -> None:
        self._pool = pool
        self._clock = clock
        self._receipt_key = receipt_key
        self._limits = limits

    async def share(self, request: Share) -> Shared | Refused:
        """Return the right to follow for one person; the same share asked for again is the same right."""
        return await acting_for(request.recipient_id, partial(self._share, request), self._clock)

    async def _share(self, request: Share, recipient: RecipientId) -> Shared | Refused:
        now = self._clock.now()
        async with transaction(self._pool) as connection:
            await lock_person(connection, recipient)
            which = (request.subscription_id, recipient)
            subscription = await connection.fetchrow(SQL["subscription_to_share"], *which)
            if subscription is None:
                return INVALID
            subscription_id = SubscriptionId(subscription["subscription_id"])
            key = ApplicationKey(subscription["application_key"])
            await lock(connection, [key])
            receipt = await connection.fetchrow(SQL["standing_receipt"], recipient, key)
            if receipt is None:
                return LAPSED
            standing = (receipt["claim_id"], receipt["generation"])
            share = share_id(subscription_id, request.share_id, *standing)
            token = share_token(self._receipt_key, share)
            known: datetime | None = await connection.fetchval(SQL["share_known"], share)
            if known is not None:
                return Shared(token=token, expires_at=known)
            if await self._too_many(connection, recipient, key, now):
                return LIMIT
            expires_at = now + self._limits.life
            # A share has no typed code: the hash is that of a text that nobody can type.
            code_hash = claim_hash(self._receipt_key, "code", f"share {share}")
            hashes = (claim_hash(self._receipt_key, "token", token), code_hash)
            claim = (receipt["publisher"], str(share), receipt["generation"], key)
            made = (now, receipt["claim_id"], subscription_id, expires_at)
            await connection.execute(SQL["issue_share"], share, *claim, *hashes, *made)
        return Shared(token=token, expires_at=expires_at)

    async def _too_many(
        self, connection: Connection, recipient: RecipientId, key: ApplicationKey, now: datetime
    ) -> bool:
        if await connection.fetchval(SQL["open_shares"], key, recipient, now) >= self._limits.open:
            return True
        following: int = await connection.fetchval(SQL["following"], key)
        return following >= self._limits.followers
