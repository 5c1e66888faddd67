"""Claims and subscriptions: who may follow an application, and who does.

Redeem and stop take the same lock on the application's row as the intake of events does, so a citizen learns
of a stage either from the answer to the redeem or from a notice, never from neither.
"""

from uuid import uuid4

import asyncpg

from contracts.claims import claim_hash
from contracts.ids import ApplicationKey, SubscriptionId
from contracts.rpc import (
    Followed,
    IssueClaim,
    Issued,
    Redeem,
    Redeemed,
    Refused,
    StatusAnswer,
    StatusQuery,
    Stop,
    Stopped,
)
from runtime.clock import Clock
from runtime.postgres import Connection, Pool, retrying, transaction
from services.tracker import store
from services.tracker.store import SQL

INVALID = Refused(reason="invalid")
"""The one answer for unknown, used up and revoked."""


class Following:
    """The use cases of the calls; each is idempotent and retried with bounds on passing database errors."""

    def __init__(self, pool: Pool, clock: Clock, receipt_key: bytes, max_redemptions: int) -> None:
        self._pool = pool
        self._clock = clock
        self._receipt_key = receipt_key
        self._max_redemptions = max_redemptions

    async def issue(self, request: IssueClaim) -> Issued | Refused:
        """Let a receipt's claim stand; a higher generation takes the place of the earlier one.

        Refused where the receipt stands for another application, or in a higher generation already.
        """
        try:
            return await retrying(lambda: self._issue(request), self._clock)
        except asyncpg.UniqueViolationError:
            return INVALID

    async def _issue(self, request: IssueClaim) -> Issued | Refused:
        async with transaction(self._pool) as connection:
            row = (request.application_key, request.document_type, request.masked)
            await store.insert_applications(connection, [row])
            claim = (request.publisher, request.receipt_id, request.generation, request.application_key)
            hashes = (request.token_hash, request.code_hash)
            limits = (self._max_redemptions, self._clock.now())
            if await connection.fetchval(SQL["issue_claim"], uuid4(), *claim, *hashes, *limits):
                return Issued(created=True)
            stands = await connection.fetchval(SQL["claim_stands"], *claim, *hashes)
            return Issued(created=False) if stands else INVALID

    async def redeem(self, request: Redeem) -> Redeemed | Refused:
        """Use a claim for a recipient; answers where the document is, read under the application's lock."""
        return await retrying(lambda: self._redeem(request), self._clock)

    async def _redeem(self, request: Redeem) -> Redeemed | Refused:
        async with transaction(self._pool) as connection:
            claim = await self._claim(connection, request)
            if claim is None:
                return INVALID
            key = ApplicationKey(claim["application_key"])
            await store.lock(connection, [key])
            used = (claim["claim_id"], claim["generation"], request.recipient_id)
            if not await connection.fetchval(SQL["spend_claim"], *used):
                return INVALID
            now = self._clock.now()
            await connection.execute(SQL["note_redemption"], *used, now)
            consent = (request.consent_version, request.consented_at)
            wanted = (uuid4(), key, request.recipient_id, claim["claim_id"], *consent, now)
            created = await connection.fetchval(SQL["subscribe"], *wanted) is not None
            row = await connection.fetchrow(SQL["followed_application"], request.recipient_id, key)
            if row is None:
                raise LookupError("a subscription vanished under its application's lock")
            return Redeemed(created=created, followed=_followed(row))

    async def _claim(self, connection: Connection, request: Redeem) -> asyncpg.Record | None:
        """Find the claim that a token, or else a typed code, opens."""
        if request.token is not None:
            hashed = claim_hash(self._receipt_key, "token", request.token)
            return await connection.fetchrow(SQL["claim_by_token"], hashed)
        if request.code is not None:
            hashed = claim_hash(self._receipt_key, "code", request.code)
            return await connection.fetchrow(SQL["claim_by_code"], hashed)
        return None

    async def status(self, request: StatusQuery) -> StatusAnswer:
        """Say what a recipient follows."""
        rows = await retrying(lambda: self._pool.fetch(SQL["followed"], request.recipient_id), self._clock)
        return StatusAnswer(followed=tuple(_followed(row) for row in rows))

    async def stop(self, request: Stop) -> Stopped:
        """End one subscription of a recipient, or all; no event that commits later tells them."""
        return await retrying(lambda: self._stop(request), self._clock)

    async def _stop(self, request: Stop) -> Stopped:
        which = (request.recipient_id, request.subscription_id)
        async with transaction(self._pool) as connection:
            rows = await connection.fetch(SQL["applications_to_leave"], *which)
            keys = [ApplicationKey(row["application_key"]) for row in rows]
            await store.lock(connection, keys)
            ended = await connection.fetch(SQL["unsubscribe"], *which, keys, self._clock.now())
            return Stopped(ended=len(ended))


def _followed(row: asyncpg.Record) -> Followed:
    return Followed(
        subscription_id=SubscriptionId(row["subscription_id"]),
        document_type=row["document_type"],
        masked=row["masked"],
        revision=row["revision"],
        stage=row["stage"],
        office=row["office"],
        occurred_at=row["occurred_at"],
        expected_at=row["expected_at"],
        missing=tuple(row["missing"]),
        note=row["note"],
        since=row["since"],
    )
