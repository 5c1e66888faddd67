"""LISTEN: a dedicated connection that tells of every notification, and survives outages.

A notification that comes while the connection is down is lost, so whoever waits also polls.
"""

import asyncio
from collections.abc import Callable

from runtime.clock import Clock
from runtime.database.connect import connect
from runtime.database.postgres import TRANSIENT, OwnConnection
from runtime.logs import logger
from runtime.retry import backoff

LOG = logger(__name__)
CHECK_SECONDS = 10.0


class Listener:
    """Calls `wake` with what each notification on a channel says, and with "" after every (re)connection."""

    def __init__(self, url: str, channel: str, wake: Callable[[str], None], clock: Clock) -> None:
        self._url = url
        self._channel = channel
        self._wake = wake
        self._clock = clock

    async def run(self, stop: asyncio.Event) -> None:
        """Listen until stopped."""
        failures = 0
        while not stop.is_set():
            try:
                connection = await connect(self._url, timeout=3, command_timeout=5)
                lost = asyncio.Event()
                connection.add_termination_listener(lambda _, lost=lost: lost.set())
                try:
                    await connection.add_listener(self._channel, self._notified)
                    failures = 0
                    self._wake("")
                    await self._watch(connection, stop, lost)
                finally:
                    await connection.close(timeout=2)
            except TRANSIENT as error:
                failures += 1
                LOG.warning("cannot listen to the database", channel=self._channel, error=repr(error))
                await self._clock.sleep(backoff(failures, first=0.2, cap=5.0))

    def _notified(self, _connection: object, _process: int, _channel: str, payload: object) -> None:
        self._wake(str(payload))

    async def _watch(self, connection: OwnConnection, stop: asyncio.Event, lost: asyncio.Event) -> None:
        """Return when told to stop; raise once the connection is lost, which a silent one is found to be."""
        while not stop.is_set():
            stopping, losing = asyncio.create_task(stop.wait()), asyncio.create_task(lost.wait())
            await asyncio.wait({stopping, losing}, timeout=CHECK_SECONDS, return_when=asyncio.FIRST_COMPLETED)
            stopping.cancel()
            losing.cancel()
            if not stop.is_set():
                await connection.execute("SELECT 1")
