"""How an account fares, for operators: when the messenger took something last, and why nothing goes out."""

import asyncio
from dataclasses import dataclass, replace
from datetime import datetime

from runtime.clock import pause
from runtime.database import sql
from runtime.database.postgres import TRANSIENT, Pool
from runtime.logs import logger

SQL = sql.load("services.notifier.delivery.sending", "health.sql")
LOG = logger(__name__)
WRITE_SECONDS = 5.0


@dataclass(frozen=True)
class _State:
    accepted_at: datetime | None = None
    down_since: datetime | None = None
    down_reason: str | None = None


class Health:
    """What is known of one account; it is written down now and then, so no call pays for it."""

    def __init__(self, pool: Pool, account: str) -> None:
        self._pool = pool
        self._account = account
        self._state = _State()

    def accepted(self, at: datetime) -> None:
        """Note that the messenger took a message."""
        self._state = _State(accepted_at=at)

    def down(self, at: datetime, reason: str) -> None:
        """Note why nothing goes out; the first instant of it stands. `reason` holds words of ours alone."""
        since = self._state.down_since or at
        self._state = replace(self._state, down_since=since, down_reason=reason)

    async def keep(self, stop: asyncio.Event) -> None:
        """Write it down at once, and again when it changed, until stopped or cancelled."""
        written: _State | None = None
        while not stop.is_set():
            state = self._state
            if state != written:
                try:
                    await self._pool.execute(
                        SQL["keep"], self._account, state.accepted_at, state.down_since, state.down_reason
                    )
                    written = state
                except TRANSIENT as error:
                    LOG.warning("the health of an account waits for the database", error=repr(error))
            await pause(stop, WRITE_SECONDS)
