"""Following: who may follow an application by a claim, who does, and who no longer.

Redeem, stop and forget take the same lock on the application's row as the intake of events does, so a citizen
learns of a stage either from the answer to the redeem or from a notice, never from neither.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from uuid import uuid4

import asyncpg

from contracts.catalogue import Limits
from contracts.claims import claim_hash
from contracts.messages.ids import ApplicationKey, RecipientId, SubscriptionId
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
from runtime.clock import Clock
from runtime.database import sql
from runtime.database.outbox import Outbox, Row
from runtime.database.postgres import (
    Connection,
    Pool,
    retrying,
    transaction,
)
from services.tracker.domain.applications import Application
from services.tracker.domain.expected_dates import Rules
from services.tracker.following.claims import INVALID, LIMIT
from services.tracker.following.people import acting_for, lock_person
from services.tracker.following.typed_code_limits import TypedCodeLimits, typed
from services.tracker.following.views import view
from services.tracker.store.applications import followers, lock
from services.tracker.store.notices import follower_notice, insert_notices, withdrawals

SQL = sql.load("services.tracker.following", "subscriptions.sql")

TOO_MANY = Refused(reason="too_many")


class _OverLimitError(Exception):
    """A redeem goes over a limit of the agency's: it is rolled back and the claim is not used up."""

    def __init__(self, answer: Refused) -> None:
        super().__init__(answer.reason)
        self.answer = answer


@dataclass(frozen=True, slots=True)
class _Used:
    """A claim used by a recipient; `fresh` where they had not used it before."""

    application: Application
    claim: asyncpg.Record
    fresh: bool


class Subscriptions:
    """The citizens' calls; each is idempotent and retried with bounds on passing database errors."""

    def __init__(
        self,
        pool: Pool,
        outbox: Outbox,
        clock: Clock,
        receipt_key: bytes,
        *,
        typing: TypedCodeLimits,
        limits: Limits,
        rules: Rules,
    ) -> None:
        self._pool = pool
        self._outbox = outbox
        self._clock = clock
        self._receipt_key = receipt_key
        self._typing = typing
        self._limits = limits
        self._rules = rules

    async def redeem(self, request: Redeem) -> Redeemed | Refused:
        """Use a claim for a recipient; answers where the document is, read under the application's lock.

        Those who follow it already are told of a new follower, once a person and claim. Only the limit of
        typed codes says when it goes on.
        """
        code = typed(request)
        if code is not None:
            again_at = await retrying(lambda: self._typing.charge(code), self._clock)
            if again_at is not None:
                return Refused(reason="limit", again_at=again_at)
        try:
            reply, rows = await acting_for(request.recipient_id, partial(self._redeem, request), self._clock)
        except _OverLimitError as error:
            reply, rows = error.answer, ()
        self._outbox.committed(rows)
        if code is not None and reply not in (INVALID, LIMIT):
            await retrying(lambda: self._typing.refund(code), self._clock)
        return reply

    async def _redeem(
        self, request: Redeem, recipient: RecipientId
    ) -> tuple[Redeemed | Refused, Sequence[Row]]:
        async with transaction(self._pool) as connection:
            used = await self._use(connection, request, recipient)
            if used is None:
                return INVALID, ()
            key, now = used.application.key, self._clock.now()
            consent = (request.consent_version, request.consented_at)
            wanted = (uuid4(), key, recipient, used.claim["claim_id"], *consent, now)
            created: SubscriptionId | None = await connection.fetchval(SQL["subscribe"], *wanted)
            if created is not None:
                await self._keep_limits(connection, recipient, key)
            tell = created is not None and used.fresh
            rows = await self._tell(connection, used.application, created) if tell else []
            row = await connection.fetchrow(SQL["followed_application"], recipient, key)
            if row is None:
                raise LookupError("a subscription vanished under its application's lock")
            [followed] = await view(connection, [row], self._rules, now)
            return Redeemed(created=created is not None, followed=followed), rows

    async def _keep_limits(self, connection: Connection, recipient: RecipientId, key: ApplicationKey) -> None:
        """Undo a redeem by which somebody follows too much, or too many follow one document."""
        counted = await connection.fetchrow(SQL["count_following"], recipient, key)
        if counted is not None and counted["documents"] > self._limits.documents_per_citizen:
            raise _OverLimitError(TOO_MANY)
        if counted is not None and counted["people"] > self._limits.followers_per_document:
            raise _OverLimitError(LIMIT)

    async def _use(self, connection: Connection, request: Redeem, recipient: RecipientId) -> _Used | None:
        """Spend a claim under its application's lock; None where it may not be used."""
        if await lock_person(connection, recipient):
            return None
        claim = await self._claim(connection, request)
        if claim is None:
            return None
        key = ApplicationKey(claim["application_key"])
        applications = await lock(connection, [key])
        used = (claim["claim_id"], claim["generation"], recipient, self._clock.now())
        if not await connection.fetchval(SQL["spend_claim"], *used):
            return None
        fresh = await connection.fetchval(SQL["note_redemption"], *used)
        return _Used(applications[key], claim, fresh is not None)

    async def _claim(self, connection: Connection, request: Redeem) -> asyncpg.Record | None:
        """Find the claim that a token, or else a typed code, opens."""
        if request.token is not None:
            hashed = claim_hash(self._receipt_key, "token", request.token)
            return await connection.fetchrow(SQL["claim_by_token"], hashed)
        if request.code is not None:
            hashed = claim_hash(self._receipt_key, "code", request.code)
            return await connection.fetchrow(SQL["claim_by_code"], hashed)
        return None

    async def _tell(
        self, connection: Connection, application: Application, new: SubscriptionId | None
    ) -> list[Row]:
        """Tell all others who follow an application of the new one."""
        if new is None:
            return []
        now = self._clock.now()
        following = (await followers(connection, [application.key])).get(application.key, [])
        others = [follower for follower in following if follower.subscription_id != new]
        if not others:
            return []
        notices = [follower_notice(application, follower, new, now) for follower in others]
        await insert_notices(connection, notices, now)
        await connection.execute(SQL["count_beside"], application.key, len(notices))
        rows = [notice.message for notice in notices]
        await self._outbox.insert(connection, rows)
        return rows

    async def stands(self, request: ClaimQuery) -> ClaimStands | Refused:
        """Say whether a token opens a claim that stands; whose document it is stays untold."""
        hashed = claim_hash(self._receipt_key, "token", request.token)
        asked = (SQL["claim_stands"], hashed, self._clock.now())
        stands = await retrying(lambda: self._pool.fetchval(*asked), self._clock)
        return ClaimStands() if stands else INVALID

    async def status(self, request: StatusQuery) -> StatusAnswer:
        """Say what a recipient follows."""
        return await retrying(lambda: self._status(request), self._clock)

    async def _status(self, request: StatusQuery) -> StatusAnswer:
        async with transaction(self._pool) as connection:
            rows = await connection.fetch(SQL["followed"], request.recipient_id)
            return StatusAnswer(followed=await view(connection, rows, self._rules, self._clock.now()))

    async def stop(self, request: Stop) -> Stopped:
        """End one subscription of a recipient, or all; no event that commits later tells them.

        What was not sent yet is taken back.
        """
        ended, rows = await acting_for(request.recipient_id, partial(self._stop, request), self._clock)
        self._outbox.committed(rows)
        return Stopped(ended=ended)

    async def _stop(self, request: Stop, recipient: RecipientId) -> tuple[int, Sequence[Row]]:
        now = self._clock.now()
        async with transaction(self._pool) as connection:
            await lock_person(connection, recipient)
            named = request.subscription_id
            meant = None if named is None else await connection.fetchval(SQL["meant"], recipient, named)
            which = (recipient, meant or named)
            rows = await connection.fetch(SQL["applications_to_leave"], *which)
            keys = [ApplicationKey(row["application_key"]) for row in rows]
            await lock(connection, keys)
            ended = await connection.fetch(SQL["unsubscribe"], *which, keys, now)
            left = [row["subscription_id"] for row in ended]
            pending = await connection.fetch(SQL["pending_of"], left) if left else []
            messages = withdrawals([row["notice_id"] for row in pending], "stopped", now)
            await self._outbox.insert(connection, messages)
        return len(ended), messages
