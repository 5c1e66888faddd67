"""How many wrong typed codes are suffered in an hour, from one recipient and from all together.

A code is charged before it is looked at and refunded when it was right, so calls at once cannot slip through
between a look and a count. Tokens of 128 bits are never counted: nobody can be locked out of a QR code.
"""

from contracts.messages.ids import RecipientId
from runtime.clock import Clock
from runtime.database import sql
from runtime.database.postgres import Pool

SQL = sql.load("services.tracker.following", "claims.sql")
EVERYBODY = "everybody"


class Typing:
    """The counters of typed codes, shared by all trackers."""

    def __init__(self, pool: Pool, clock: Clock, *, each: int, all_together: int) -> None:
        self._pool = pool
        self._clock = clock
        self._limits = {True: each, False: all_together}

    async def charge(self, recipient: RecipientId) -> bool:
        """Count one code; False where it may not be looked at."""
        now = self._clock.now()
        for scope in (scope_of(recipient), EVERYBODY):
            limit = self._limits[scope != EVERYBODY]
            if await self._pool.fetchval(SQL["charge_typing"], scope, now, limit) is None:
                return False
        return True

    async def refund(self, recipient: RecipientId) -> None:
        """The code was right."""
        scopes = [scope_of(recipient), EVERYBODY]
        await self._pool.execute(SQL["refund_typing"], scopes, self._clock.now())


def scope_of(recipient: RecipientId) -> str:
    """Return under which name a recipient's codes are counted."""
    return str(recipient)
