"""A lease: one active owner per role, decided by the database's clock, fenced by a token that only grows.

The table stands in the service's own schema: `lease (role text PRIMARY KEY, holder text, token bigint,
expires_at timestamptz)`. Every claim and terminal write of the owner checks the token in its own statement.
"""

import asyncio
import os
import secrets
import socket
from collections.abc import Awaitable, Callable

from runtime.clock import Clock, pause
from runtime.database import sql
from runtime.database.postgres import TRANSIENT, Pool
from runtime.logs import logger

LOG = logger(__name__)
SQL = sql.load("runtime.database", "lease.sql")
TERM_SECONDS = 8.0
RENEW_SECONDS = 3.0
RETRY_SECONDS = 1.0


def holder_name() -> str:
    """Return the name under which this process holds leases: `host:pid:random`."""
    return f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"


class Lease:
    """One process's claim on one role."""

    def __init__(
        self, pool: Pool, clock: Clock, role: str, holder: str, *, term: float = TERM_SECONDS
    ) -> None:
        self._pool = pool
        self._clock = clock
        self._role = role
        self._holder = holder
        self._term = term
        self._token: int | None = None
        self._until = 0.0

    @property
    def token(self) -> int | None:
        """Return the fencing token while the lease is surely ours by the monotonic clock, else None."""
        return self._token if self._clock.monotonic() < self._until else None

    async def acquire(self) -> int | None:
        """Try to take the role once; return the token or None."""
        asked = self._clock.monotonic()
        token: int | None = await self._pool.fetchval(SQL["acquire"], self._role, self._holder, self._term)
        self._keep(token, asked)
        return token

    async def renew(self) -> bool:
        """Hold on; return whether the role is still ours."""
        asked = self._clock.monotonic()
        token: int | None = await self._pool.fetchval(SQL["renew"], self._role, self._token, self._term)
        self._keep(token, asked)
        return token is not None

    async def release(self) -> None:
        """Let go so that a standby can take over at once."""
        token, self._token = self._token, None
        if token is not None:
            await self._pool.execute(SQL["release"], self._role, token)

    def _keep(self, token: int | None, asked: float) -> None:
        self._token = token
        self._until = asked + self._term

    async def while_held(self, work: Callable[[], Awaitable[None]], stop: asyncio.Event) -> None:
        """Stand by for the role until stopped; while it is ours run `work`, cancelled when it is lost."""
        while not stop.is_set():
            try:
                token = await self.acquire()
            except TRANSIENT as error:
                LOG.warning("lease waits for the database", role=self._role, error=repr(error))
                token = None
            if token is None:
                await pause(stop, RETRY_SECONDS)
                continue
            LOG.info("lease taken", role=self._role, token=token)
            await self._work(work)
            LOG.info("lease let go", role=self._role, token=token)
            await pause(stop, RETRY_SECONDS)

    async def _work(self, work: Callable[[], Awaitable[None]]) -> None:
        task = asyncio.ensure_future(work())
        try:
            while not task.done():
                await asyncio.wait({task}, timeout=min(RENEW_SECONDS, self._term / 3))
                if not task.done() and not await self._still_ours():
                    LOG.warning("lease lost", role=self._role)
                    return
            task.result()
        finally:
            await _end(task)
            try:
                await self.release()
            except TRANSIENT as error:
                LOG.warning("lease not released, it will expire", role=self._role, error=repr(error))

    async def _still_ours(self) -> bool:
        while self.token is not None:
            try:
                return await self.renew()
            except TRANSIENT as error:
                LOG.warning("lease not renewed yet", role=self._role, error=repr(error))
                await self._clock.sleep(RETRY_SECONDS)
        return False


async def _end(task: asyncio.Future[None]) -> None:
    """Cancel until it takes: a fetch of nats-py may swallow one cancellation as a time-out of its own."""
    while not task.done():
        task.cancel()
        await asyncio.wait({task}, timeout=0.5)
