"""Claims: a receipt's right to follow one application is issued, issued again, and revoked."""

from uuid import uuid4

import asyncpg

from contracts.messages.rpc import (
    IssueClaim,
    Issued,
    Refused,
    RevokeClaim,
    Revoked,
)
from runtime.clock import Clock
from runtime.database import audit, sql
from runtime.database.postgres import Pool, retrying, transaction
from services.tracker.store import applications as store

SQL = sql.load("services.tracker.following", "claims.sql")
INVALID = Refused(reason="invalid")
"""The one answer for unknown, used up and revoked."""
FOREIGN = Refused(reason="invalid", problem="foreign")
LIMIT = Refused(reason="limit")


class Claims:
    """The publisher's calls about receipts; each is idempotent and retried with bounds."""

    def __init__(self, pool: Pool, clock: Clock, max_redemptions: int) -> None:
        self._pool = pool
        self._clock = clock
        self._max_redemptions = max_redemptions

    async def issue(self, request: IssueClaim) -> Issued | Refused:
        """Let a receipt's claim stand; a higher generation takes the place of the earlier one.

        Refused where the receipt stands for another application, or in a higher generation already, and where
        the application is another publisher's.
        """
        try:
            return await retrying(lambda: self._issue(request), self._clock)
        except asyncpg.UniqueViolationError:
            return INVALID

    async def _issue(self, request: IssueClaim) -> Issued | Refused:
        async with transaction(self._pool) as connection:
            row = (request.application_key, request.document_type, request.masked)
            await store.insert_applications(connection, [row])
            applications = await store.lock(connection, [request.application_key])
            named = applications[request.application_key]
            if not await store.may_name(connection, named, request.publisher):
                return FOREIGN
            claim = (request.publisher, request.receipt_id, request.generation, request.application_key)
            hashes = (request.token_hash, request.code_hash)
            limits = (self._max_redemptions, self._clock.now())
            if await connection.fetchval(SQL["issue_claim"], uuid4(), *claim, *hashes, *limits):
                return Issued(created=True)
            stands = await connection.fetchval(SQL["claim_stands"], *claim, *hashes)
            return Issued(created=False) if stands else INVALID

    async def revoke(self, request: RevokeClaim) -> Revoked | Refused:
        """Let nobody redeem a receipt any more, until it is issued in a higher generation."""
        return await retrying(lambda: self._revoke(request), self._clock)

    async def _revoke(self, request: RevokeClaim) -> Revoked | Refused:
        which = (request.publisher, request.receipt_id)
        async with transaction(self._pool) as connection:
            claim = await connection.fetchval(SQL["revoke_claim"], *which, self._clock.now())
            if claim is not None:
                await audit.note(connection, f"publisher {request.publisher}", "revoke", f"claim {claim}")
                return Revoked(changed=True)
            known = await connection.fetchval(SQL["claim_known"], *which)
            return Revoked(changed=False) if known else INVALID
