"""How many wrong typed codes are suffered in an hour, from one chat and from all together.

A code is charged before it is looked at and refunded when it was right, so calls at once cannot slip through
between a look and a count. Tokens of 128 bits are never counted: nobody can be locked out of a QR code.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from contracts.messages.ids import RecipientId
from contracts.messages.rpc import Redeem
from runtime.clock import Clock
from runtime.database import sql
from runtime.database.postgres import Connection, Pool, transaction

SQL = sql.load("services.tracker.following", "typed_code_limits.sql")
EVERYBODY = "everybody"
HOUR = timedelta(hours=1)


class _FullError(Exception):
    """A limit is reached: what the code was charged to before it is taken back."""


@dataclass(frozen=True, slots=True)
class Typed:
    """One typed code: the call that brought it, and under which name it is counted."""

    redeem_id: UUID
    scope: str


def typed(request: Redeem) -> Typed | None:
    """Return what is to be counted of a request; None for a token, which is not.

    A recipient's id is what a caller sends that knows no better: a stranger has another one each time.
    """
    if request.token is not None:
        return None
    return Typed(request.redeem_id or uuid4(), request.typist or scope_of(request.recipient_id))


class TypedCodeLimits:
    """The counters of typed codes, shared by all trackers."""

    def __init__(self, pool: Pool, clock: Clock, *, each: int, all_together: int) -> None:
        self._pool = pool
        self._clock = clock
        self._each = each
        self._all_together = all_together

    async def charge(self, code: Typed) -> datetime | None:
        """Count one code; where it may not be looked at count nothing and return when it may.

        Idempotent: a call made again was counted before.
        """
        now = self._clock.now()
        try:
            async with transaction(self._pool) as connection:
                if await connection.fetchval(SQL["note_typed"], code.redeem_id, code.scope, now) is not None:
                    await self._count(connection, code.scope, self._each, now)
                    await self._count(connection, EVERYBODY, self._all_together, now)
        except _FullError:
            return next_hour(now)
        return None

    async def _count(self, connection: Connection, scope: str, limit: int, now: datetime) -> None:
        if await connection.fetchval(SQL["charge_typing"], scope, now, limit) is None:
            raise _FullError

    async def refund(self, code: Typed) -> None:
        """The code was right: it was not counted. Idempotent."""
        async with transaction(self._pool) as connection:
            row = await connection.fetchrow(SQL["note_right"], code.redeem_id)
            if row is not None:
                # In the order in which they are charged, so that nobody waits in a circle.
                for scope in (row["scope"], EVERYBODY):
                    await connection.execute(SQL["refund_typing"], scope, row["hour"])


def next_hour(now: datetime) -> datetime:
    """Return when the counts begin anew."""
    return now.replace(minute=0, second=0, microsecond=0) + HOUR


def scope_of(recipient: RecipientId) -> str:
    """Return under which name a recipient's codes are counted where the chat is not told."""
    return str(recipient)
