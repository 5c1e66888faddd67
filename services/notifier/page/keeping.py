"""What is kept of the page, and for how long; and who opens it no more, so that it reaches nobody."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta

from runtime.database import sql
from runtime.database.lease import Lease
from runtime.database.postgres import Pool
from runtime.database.purge import purging
from services.notifier.channels.web.sessions import Session
from services.notifier.page.chat import Chat

SQL = sql.load("services.notifier.page", "keeping.sql")
ROLE = "page"
BATCH = 500
MESSAGES_KEPT = timedelta(days=90)
ABSENCE = timedelta(days=14)
"""A message that nobody came to see for so long has not reached anybody."""


@dataclass(frozen=True)
class Keeping:
    """Purges and gives up while its lease holds."""

    pool: Pool
    lease: Lease
    chat: Chat

    async def run(self, stop: asyncio.Event) -> None:
        """Stand by for the role, and look every hour while it is ours, until told to stop."""
        await purging(self.lease, self.once, BATCH, stop)

    async def once(self) -> int:
        """Forget one batch of what is old, give up one of those who are absent; return how many at most."""
        done = [
            _count(await self.pool.execute(SQL["guests"], BATCH)),
            _count(await self.pool.execute(SQL["old_messages"], BATCH, MESSAGES_KEPT)),
        ]
        await self.pool.execute(SQL["old_passes"])
        await self.pool.execute(SQL["old_uploads"])
        absent = await self.pool.fetch(SQL["absent"], BATCH, ABSENCE)
        for row in absent:
            session = Session(row["id"], row["id"], row["digest"].hex(), None, None)
            # First the address, so that what failed goes on to another one.
            await self.chat.left(session, "absent")
            for message in row["messages"]:
                await self.chat.missed(session, str(message))
            await self.pool.execute(SQL["give_up"], row["id"])
        return max(*done, len(absent))


def _count(done: str) -> int:
    return int(done.rpartition(" ")[2])
