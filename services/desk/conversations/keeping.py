"""What goes on by itself: leases run out, promises become urgent, silence ends, what is old is removed."""

import asyncio
from datetime import timedelta

from contracts.streams import TALKS
from runtime.clock import pause
from runtime.database import sql
from runtime.database.postgres import TRANSIENT
from runtime.logs import logger
from services.desk.conversations.ground import Ground
from services.desk.conversations.queue import SQL as QUEUE
from services.desk.conversations.replying import Replying
from services.desk.conversations.watching import Watching

LOG = logger(__name__)
SQL = sql.load("services.desk.conversations", "keeping.sql")
BATCH = 500
LOOKS_SECONDS = 2.0
ROLE = "conversations-purge"
SEEN = TALKS.max_age + timedelta(days=1)
"""How long a message is known as taken in: no longer than its stream can bring it again."""

STAFF = timedelta(days=90)
"""For how long somebody who does not come any more counts as one of their group."""


class Keeping:
    """Looks after conversations; any number of processes may do it at once."""

    def __init__(self, ground: Ground, replying: Replying, watching: Watching) -> None:
        self._ground = ground
        self._replying = replying
        self._watching = watching

    async def run(self, stop: asyncio.Event) -> None:
        """Look every two seconds until stopped."""
        while not stop.is_set():
            try:
                await self.once()
            except TRANSIENT as error:
                LOG.warning("leases wait for the database", error=repr(error))
            await pause(stop, LOOKS_SECONDS)

    async def once(self) -> None:
        """Give back what nobody holds on to, make urgent what is at risk, end what is silent."""
        pool, clock = self._ground.pool, self._ground.clock
        lapsed = await pool.fetch(QUEUE["lapse"], BATCH)
        self._ground.metrics.lapsed.inc(sum(row["waits"] for row in lapsed))
        await pool.execute(QUEUE["urge"], self._watching.risk(clock.now()), BATCH)
        silent = timedelta(hours=self._ground.terms.desk.silent_hours)
        await self._replying.close_silent(clock.now() - silent)

    async def purge(self) -> int:
        """Remove at most BATCH of each kind; return how many of the largest part."""
        now, pool = self._ground.clock.now(), self._ground.pool
        keep = timedelta(days=self._ground.terms.desk.keep_days)
        done = [
            await pool.execute(SQL["purge"], now - keep, BATCH),
            await pool.execute(SQL["purge_unopened"], now - SEEN, BATCH),
            await pool.execute(SQL["purge_seen"], now - SEEN, BATCH),
            await pool.execute(SQL["purge_citizens"], now - SEEN, BATCH),
            await pool.execute(SQL["purge_presence"], now - STAFF, BATCH),
        ]
        return max(int(one.rpartition(" ")[2]) for one in done)
