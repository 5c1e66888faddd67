"""Forgetting: the link between a recipient and everything else goes, at once and for good.

What happened stays, and how notices ended; whose they were does not. A redeem for the same recipient waits,
and is refused afterwards, so nothing grows back from a call that was on its way.
"""

from contracts.messages.forget import Forget
from contracts.messages.ids import ApplicationKey, RecipientId
from contracts.streams import NOTICE_SUBJECT
from runtime.clock import Clock
from runtime.database import audit, outbox, sql
from runtime.database.outbox import Row
from runtime.database.postgres import Pool, transaction
from services.tracker.following.people import acting_for, all_of, lock_person
from services.tracker.following.typed_code_limits import scope_of
from services.tracker.store.applications import lock

SQL = sql.load("services.tracker.following", "erasure.sql")


class Erasure:
    """The use case of a citizen who wants to be forgotten."""

    def __init__(self, pool: Pool, clock: Clock) -> None:
        self._pool = pool
        self._clock = clock

    async def forget(self, request: Forget) -> int:
        """Erase every link to a person, whichever recipient of theirs asks for it; idempotent.

        Return how many subscriptions lost their name.
        """
        return await acting_for(request.recipient_id, self._forget, self._clock)

    async def _forget(self, person: RecipientId) -> int:
        now = self._clock.now()
        async with transaction(self._pool) as connection:
            before = await lock_person(connection, person)
            everyone = await all_of(connection, person)
            await connection.execute(SQL["stay_forgotten"], everyone, now)
            await connection.execute(SQL["part"], person)
            followed = await connection.fetch(SQL["followed_by"], everyone)
            await lock(connection, [ApplicationKey(row["application_key"]) for row in followed])
            rows = await connection.fetch(SQL["forget_subscriptions"], everyone, now)
            subscriptions = [row["subscription_id"] for row in rows]
            await connection.execute(SQL["lock_notices_of"], subscriptions)
            await connection.execute(SQL["forget_notices"], subscriptions)
            # What is held back names the recipient; the notifier, who forgot them before, ends it.
            held = await connection.fetch(SQL["let_go"], subscriptions)
            gone = [Row(row["notice_id"], NOTICE_SUBJECT, row["payload"]) for row in held]
            await outbox.store(connection, gone)
            await connection.execute(SQL["forget_redemptions"], everyone)
            await connection.execute(SQL["forget_attempts"], [scope_of(one) for one in everyone])
            if subscriptions or not before:
                await audit.note(connection, "a citizen", "forget", f"{len(subscriptions)} subscriptions")
        return len(subscriptions)
